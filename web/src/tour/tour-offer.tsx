import { useKeys } from '../keys/use-keys.ts'
import { Failed } from '../parts/answer.tsx'
import { Notice } from '../parts/notice.tsx'
import styles from './tour.module.css'
import { useTour } from './use-tour.ts'

/** One click or one key plays the tour. */
export function TourOffer() {
  const { tour, play, starting, error } = useTour()
  useKeys({ t: play }, { active: tour !== undefined })
  if (tour === undefined) return null
  return (
    <div className={styles.offer}>
      <button type="button" className="primary" onClick={play} disabled={starting}>
        {starting ? 'Starting…' : 'Play the tour'} <kbd>t</kbd>
      </button>
      <span className="quiet">Recorded attacks through the real engine, apart from your data.</span>
      {error === null ? null : <Failed cause={error} />}
      {tour.state === 'failed' ? <Notice kind="bad">{tour.message ?? 'The tour failed.'}</Notice> : null}
    </div>
  )
}

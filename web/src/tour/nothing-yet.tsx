import { useBase } from '../api/base.ts'
import type { Status } from '../api/types.ts'
import { useAnswer } from '../api/use-answer.ts'
import { useKeys } from '../keys/use-keys.ts'
import { Failed } from '../parts/answer.tsx'
import { Notice } from '../parts/notice.tsx'
import { Discovered } from './discovered.tsx'
import styles from './tour.module.css'
import { useTour } from './use-tour.ts'

/** What an empty queue means: what is being read, what could be, and a tour. */
export function NothingYet() {
  const onTour = useBase() === '/tour/api'
  const status = useAnswer<Status>('/status', { every: 5_000 })
  const records = (status.data?.inputs ?? []).reduce((sum, input) => sum + input.records, 0)
  return (
    // Scrolls, so that the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.nothing} tabIndex={0} role="region" aria-label="Nothing in the queue">
      <h2>{records === 0 ? 'Nothing was read yet' : 'No open incidents'}</h2>
      <p className="quiet">
        {records === 0
          ? 'Incidents appear here as soon as something that is read matches a strategy.'
          : `${records.toLocaleString('en')} records were read since the start, and nothing open matches a strategy.`}
      </p>
      {onTour ? <Playing /> : <Offer />}
      {onTour ? null : <Discovered />}
    </div>
  )
}

function Offer() {
  const { tour, play, error } = useTour()
  useKeys({ t: play })
  return (
    <div className={styles.offer}>
      <button type="button" className="primary" onClick={play} disabled={tour?.state === 'playing'}>
        {tour?.state === 'playing' ? 'Playing…' : 'Play the tour'} <kbd>t</kbd>
      </button>
      <span className="quiet">Recorded attacks, through the real engine, apart from your data.</span>
      {error === null ? null : <Failed cause={error} />}
      {tour?.state === 'failed' ? <Notice kind="bad">{tour.message ?? 'The tour failed.'}</Notice> : null}
    </div>
  )
}

function Playing() {
  const { tour } = useTour()
  if (tour === undefined) return null
  return (
    <p role="status">
      {tour.records.toLocaleString('en')} of {tour.total.toLocaleString('en')} recorded records were played.
    </p>
  )
}

import { Link } from 'wouter'
import { useBase } from '../api/base.ts'
import styles from './tour.module.css'
import { useTour } from './use-tour.ts'

/** Says on every page of the tour that nothing of it happened here. */
export function TourBanner() {
  return useBase() === '/tour/api' ? <Banner /> : null
}

function Banner() {
  const { tour, play, starting } = useTour()
  return (
    <div className={styles.banner} role="note">
      <strong>Recorded telemetry.</strong>
      <span>None of this happened on this machine.</span>
      {tour?.state === 'playing' ? (
        <progress value={tour.records} max={tour.total} aria-label="Records played" />
      ) : (
        <button type="button" onClick={play} disabled={starting}>
          Play again
        </button>
      )}
      <Link href="~/">Leave the tour</Link>
    </div>
  )
}

import { useBase } from '../api/base.ts'
import styles from './tour.module.css'

/** Says on every page of the tour that nothing of it happened here. */
export function TourBanner() {
  if (useBase() !== '/tour/api') return null
  return (
    <div className={styles.banner} role="note">
      <strong>Recorded telemetry.</strong> None of this happened on this machine.
      {/* Out of the tour's own part of the addresses. */}
      <a href="/">Leave the tour</a>
    </div>
  )
}

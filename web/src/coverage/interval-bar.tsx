import type { StrategyCoverage } from '../api/types.ts'
import { useNow } from '../text/now.tsx'
import { exactly } from '../text/time.ts'
import { visibleText } from '../text/visible.ts'
import styles from './coverage-page.module.css'
import { placeIntervals } from './intervals.ts'

const DAY = 86_400_000

/** The last day of a strategy: a line, and a stretch wherever what it assumes did not hold. */
export function IntervalBar({ intervals }: { readonly intervals: StrategyCoverage['intervals'] }) {
  const now = useNow()
  const placed = placeIntervals(intervals, now - DAY, now)
  const said = placed.length === 0 ? 'nothing missing' : `${placed.length} missing`
  return (
    <figure className={styles.bar}>
      <svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label={`last 24 hours: ${said}`}>
        <rect className={styles.ground} x="0" y="3" width="1000" height="4" />
        {placed.map(({ interval, from, to }) => (
          <rect
            key={`${interval.assumption} ${interval.place} ${interval.since}`}
            data-state={interval.state}
            className={styles.gap}
            x={from * 1000}
            y={interval.state === 'blind' ? 0 : 2}
            width={(to - from) * 1000}
            height={interval.state === 'blind' ? 10 : 6}
          >
            <title>{`${interval.state}, ${exactly(Date.parse(interval.since))} to ${interval.until === undefined ? 'now' : exactly(Date.parse(interval.until))}\n${visibleText(interval.why)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption>
        <span>24 h ago</span>
        <span>{said}</span>
        <span>now</span>
      </figcaption>
    </figure>
  )
}

import type { Finding } from '../api/types.ts'
import { useNow } from '../text/now.tsx'
import { exactly, utc } from '../text/time.ts'
import { visibleText } from '../text/visible.ts'
import styles from './gap-bar.module.css'
import { placeGaps } from './gaps.ts'

const DAY = 86_400_000

/** The last day of something that is watched: a line, and a hatched stretch wherever nothing was seen. */
export function GapBar({
  gaps,
  since,
}: {
  readonly gaps: readonly Finding[]
  /** Since when it is watched; before, nothing is claimed. ISO 8601. */
  readonly since: string
}) {
  const now = useNow()
  const from = Math.min(Math.max(0, (Date.parse(since) - (now - DAY)) / DAY), 1)
  const placed = placeGaps(gaps, now - DAY, now)
  return (
    <figure className={styles.bar}>
      <svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label={said(placed.length)}>
        <rect className={styles.ground} x={from * 1000} y="3" width={(1 - from) * 1000} height="4" />
        {placed.map(({ finding, from, to }) => (
          <rect
            key={finding.id}
            className={styles.gap}
            x={from * 1000}
            y="0"
            width={(to - from) * 1000}
            height="10"
          >
            <title>{`${exactly(Date.parse(finding.since))} to ${exactly(Date.parse(finding.until))}\n${visibleText(finding.message)}`}</title>
          </rect>
        ))}
      </svg>
      <figcaption>
        <span>24 h ago</span>
        <span>
          {placed.length === 0 ? 'no gaps' : said(placed.length)}
          {from > 0 ? ` · watched since ${utc(Date.parse(since)).slice(0, 16)}Z` : ''}
        </span>
        <span>now</span>
      </figcaption>
    </figure>
  )
}

function said(n: number): string {
  return n === 1 ? '1 gap in 24 h' : `${n} gaps in 24 h`
}

import type { Finding } from '../api/types.ts'
import { useNow } from '../text/now.tsx'
import { exactly, utc } from '../text/time.ts'
import { visibleText } from '../text/visible.ts'
import styles from './gap-bar.module.css'
import { placeGaps } from './gaps.ts'

const [MINUTE, DAY] = [60_000, 86_400_000]

/** The last day of something that is watched, or as long as it is: a line, and a hatched stretch wherever nothing was seen. */
export function GapBar({
  gaps,
  since,
}: {
  readonly gaps: readonly Finding[]
  /** Since when it is watched; before, nothing is claimed. ISO 8601. */
  readonly since: string
}) {
  const now = useNow()
  const watched = Date.parse(since)
  const begin = Math.max(now - DAY, Math.min(watched, now - MINUTE))
  const placed = placeGaps(gaps, begin, now)
  return (
    <figure className={styles.bar}>
      <svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label={said(placed.length)}>
        <rect className={styles.ground} x="0" y="3" width="1000" height="4" />
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
        <span>{watched > now - DAY ? `watched since ${utc(watched).slice(0, 16)}Z` : '24 h ago'}</span>
        <span>{placed.length === 0 ? 'no gaps' : said(placed.length)}</span>
        <span>now</span>
      </figcaption>
    </figure>
  )
}

function said(n: number): string {
  return n === 1 ? '1 gap' : `${n} gaps`
}

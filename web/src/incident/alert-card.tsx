import { useState } from 'react'
import { Link } from 'wouter'
import type { Alert, Rule } from '../api/types.ts'
import { LevelMark } from '../level/level-mark.tsx'
import { Span } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import styles from './alert-card.module.css'
import { Evidence } from './evidence.tsx'
import { asText } from './fields.ts'

/** What one rule saw: how serious and why, and its events. */
export function AlertCard({ alert, rule }: { readonly alert: Alert; readonly rule: Rule | undefined }) {
  const [more, setMore] = useState(false)
  const [first, ...others] = alert.evidence
  const read = rule?.fields ?? []
  return (
    <article className={styles.card} data-closed={alert.status === 'closed'}>
      <header className={styles.head}>
        <LevelMark level={alert.level} quiet={alert.status === 'closed'} />
        <h3>
          <Text value={alert.rule.title} />
        </h3>
        <span className={styles.facts}>
          {alert.count.toLocaleString('en')} {alert.count === 1 ? 'match' : 'matches'} ·{' '}
          <Span first={alert.first} last={alert.last} />
        </span>
      </header>
      <p className={styles.why}>
        <Link href={`/strategies/${encodeURIComponent(alert.strategy.id)}`}>
          <Text value={alert.strategy.id} />
        </Link>
        {alert.attack.length === 0 ? null : <Text value={alert.attack.join(' ')} />}
        {alert.rating === undefined ? null : <Rating level={alert.level} rating={alert.rating} />}
        {alert.verdict === undefined ? null : <strong>{alert.verdict.replace('-', ' ')}</strong>}
      </p>
      {first === undefined ? null : <Evidence evidence={first} read={read} known={alert.entity} />}
      {more
        ? others.map((each) => <Evidence key={each.event} evidence={each} read={read} known={alert.entity} />)
        : null}
      {others.length === 0 ? null : (
        <button type="button" className={styles.more} aria-expanded={more} onClick={() => setMore(!more)}>
          {more ? 'only the first event' : `${others.length} more events`}
          {!more && alert.count > alert.evidence.length ? ` kept, of ${alert.count - 1}` : ''}
        </button>
      )}
    </article>
  )
}

/** Why the level is not the rule's own. */
function Rating({
  level,
  rating,
}: {
  readonly level: string
  readonly rating: NonNullable<Alert['rating']>
}) {
  const why =
    rating.by === 'site'
      ? 'by the site’s setting'
      : `because Priority says so${rating.condition === undefined ? '' : `: ${conditionText(rating.condition)}`}`
  return (
    <span>
      <Text value={`${level} instead of ${rating.rule} ${why}`} limit={160} />
    </span>
  )
}

function conditionText(condition: Readonly<Record<string, unknown>>): string {
  return Object.entries(condition)
    .map(([field, value]) => `${field} is ${asText(value)}`)
    .join(' and ')
}

import { useState } from 'react'
import { Link } from 'wouter'
import type { Alert, Rule } from '../api/types.ts'
import { LevelMark } from '../level/level-mark.tsx'
import { matchText } from '../silences/match-lines.ts'
import { Span } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import styles from './alert-card.module.css'
import { AlertPictures } from './alert-pictures.tsx'
import type { Act } from './by-event.ts'
import { Evidence } from './evidence.tsx'

/** The processes are drawn as a tree below. */
const DRAWN = 'process.ancestors'

/** Begins to judge or to silence one alert. */
export type Begin = (what: 'verdict' | 'silence', about: Alert) => void

/** What one act raised: each rule that it hit, how serious and why, and then the events, once. */
export function AlertCard({
  act: { alerts, evidence },
  rules,
  begin,
}: {
  readonly act: Act
  readonly rules: ReadonlyMap<string, Rule>
  /** Begins to judge or to silence an alert. */
  readonly begin: Begin
}) {
  const [more, setMore] = useState(false)
  const [first, ...others] = evidence
  const concerned = alerts.flatMap(({ rule }) => rules.get(rule.id) ?? [])
  const read = [
    ...concerned.flatMap(({ shows }) => shows),
    ...concerned.flatMap(({ fields }) => fields),
  ].filter((name) => name !== DRAWN)
  const known = alerts[0].entity
  const matches = Math.max(...alerts.map(({ count }) => count))
  return (
    <article className={styles.card}>
      {alerts.map((alert) => (
        <Head key={alert.id} alert={alert} rule={rules.get(alert.rule.id)} begin={begin} />
      ))}
      {alerts.map((alert) => (
        <AlertPictures key={alert.id} alert={alert} rule={rules.get(alert.rule.id)} read={read} />
      ))}
      {first === undefined ? null : <Evidence evidence={first} read={read} known={known} />}
      {more
        ? others.map((each) => <Evidence key={each.event} evidence={each} read={read} known={known} />)
        : null}
      {others.length === 0 ? null : (
        <button type="button" className={styles.more} aria-expanded={more} onClick={() => setMore(!more)}>
          {more ? 'only the first event' : `${others.length} more events`}
          {!more && matches > evidence.length ? ` kept, of ${matches - 1}` : ''}
        </button>
      )}
    </article>
  )
}

/** One alert: its rule, how serious it is and why, and what became of it. */
function Head({
  alert,
  rule,
  begin,
}: {
  readonly alert: Alert
  /** Undefined where no strategy's document has it. */
  readonly rule: Rule | undefined
  readonly begin: Begin
}) {
  return (
    <div className={styles.alert} data-closed={alert.status === 'closed'}>
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
        {rule === undefined ? (
          <Text value={alert.strategy.id} />
        ) : (
          <Link href={`/strategies/${encodeURIComponent(alert.strategy.id)}`}>
            <Text value={alert.strategy.id} />
          </Link>
        )}
        {alert.attack.length === 0 ? null : <Text value={alert.attack.join(' ')} />}
        {alert.rating === undefined ? null : <Rating level={alert.level} rating={alert.rating} />}
        {alert.verdict === undefined ? null : <strong>{alert.verdict.replace('-', ' ')}</strong>}
        <span className={styles.tools}>
          {alert.status === 'open' ? (
            <button type="button" onClick={() => begin('verdict', alert)}>
              Verdict…<span className="unseen"> on {alert.rule.title}</span>
            </button>
          ) : null}
          <button type="button" onClick={() => begin('silence', alert)}>
            Silence…<span className="unseen"> {alert.rule.title}</span>
          </button>
        </span>
      </p>
    </div>
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
      : `because the strategy’s Priority says so${rating.condition === undefined ? '' : `: ${matchText(rating.condition)}`}`
  return (
    <span>
      <Text value={`${level} instead of ${rating.rule} ${why}`} limit={160} />
    </span>
  )
}

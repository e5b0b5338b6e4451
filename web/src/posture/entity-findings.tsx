import { useState } from 'react'
import { entityLabel } from '../../../src/domain/entity-label.ts'
import type { Alert } from '../api/types.ts'
import { Evidence } from '../incident/evidence.tsx'
import { LevelMark } from '../level/level-mark.tsx'
import { imageLabel, placeLabel } from '../queue/entity-parts.ts'
import { Text } from '../text/text.tsx'
import type { PostureEntity } from './group.ts'
import styles from './posture-page.module.css'

/** What was found on one entity, each finding to be chosen. */
export function EntityFindings({
  found: { entity, alerts },
  picked,
  choose,
}: {
  readonly found: PostureEntity
  readonly picked: ReadonlySet<string>
  readonly choose: (ids: readonly string[], on: boolean) => void
}) {
  const open = alerts.filter(({ status }) => status === 'open').map(({ id }) => id)
  const all = open.length > 0 && open.every((id) => picked.has(id))
  const name = entityLabel(entity)
  return (
    <section className={styles.entity}>
      <h2>
        <input
          type="checkbox"
          aria-label={`All of ${name}`}
          disabled={open.length === 0}
          checked={all}
          onChange={() => choose(open, !all)}
        />
        <Text value={name} limit={100} fixed />
        <span className={styles.what}>
          <Text
            value={[imageLabel(entity), placeLabel(entity)].filter(Boolean).join(' · ')}
            limit={160}
            fixed
          />
        </span>
      </h2>
      <ul>
        {alerts.map((alert) => (
          <Finding
            key={alert.id}
            alert={alert}
            picked={picked.has(alert.id)}
            choose={(on) => choose([alert.id], on)}
          />
        ))}
      </ul>
    </section>
  )
}

function Finding({
  alert,
  picked,
  choose,
}: {
  readonly alert: Alert
  readonly picked: boolean
  readonly choose: (on: boolean) => void
}) {
  const [shown, setShown] = useState(false)
  const [evidence] = alert.evidence
  const open = alert.status === 'open'
  return (
    <li>
      <div className={styles.finding}>
        <input
          type="checkbox"
          aria-label={`Choose ${alert.rule.title}`}
          disabled={!open}
          checked={open && picked}
          onChange={({ target }) => choose(target.checked)}
        />
        <button type="button" className={styles.rule} aria-expanded={shown} onClick={() => setShown(!shown)}>
          <LevelMark level={alert.level} quiet={!open} />
          <Text value={alert.rule.title} limit={160} fixed />
          <span className={styles.status}>{open ? '' : (alert.verdict ?? alert.status)}</span>
        </button>
      </div>
      {shown && evidence !== undefined ? (
        <Evidence evidence={evidence} read={[]} known={alert.entity} />
      ) : null}
    </li>
  )
}

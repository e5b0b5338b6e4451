import { useState } from 'react'
import { Link } from 'wouter'
import type { Alert, Incident } from '../api/types.ts'
import { aboutPlace } from '../baselines/key-place.ts'
import { LevelMark } from '../level/level-mark.tsx'
import { creatorLabel, imageLabel, placeLabel } from '../queue/entity-parts.ts'
import { Copy } from '../text/copy.tsx'
import { Span } from '../text/now.tsx'
import { Text } from '../text/text.tsx'
import { Attributes } from './attributes.tsx'
import styles from './incident-head.module.css'

/** Whom it happened to, how serious it is, when, and what became of it. */
export function IncidentHead({
  incident,
  alerts,
  close,
  respond,
  judge,
  silence,
}: {
  readonly incident: Incident
  readonly alerts: readonly Alert[]
  readonly close: () => void
  /** Leads to what is to be done. */
  readonly respond: () => void
  /** Where a verdict can be given. */
  readonly judge: (() => void) | undefined
  /** Where something of it can be held back. */
  readonly silence: (() => void) | undefined
}) {
  const [attributes, setAttributes] = useState(false)
  const { entity, level, status, first, last, id } = incident
  const verdicts = [...new Set(alerts.flatMap(({ verdict }) => verdict ?? []))]
  const [image, place, creator] = [imageLabel(entity), placeLabel(entity), creatorLabel(entity)]
  return (
    <header className={styles.head}>
      <div className={styles.title}>
        <button type="button" className={styles.back} onClick={close} title="Back to the queue (Esc)">
          <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
            <path d="M8 1.5 3.5 6 8 10.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
          </svg>
          <span className="unseen">Back to the queue</span>
        </button>
        <LevelMark level={level} quiet={status === 'closed'} />
        <h2>
          <Text value={incident.label} limit={100} />
        </h2>
        {silence === undefined ? null : (
          <button type="button" className={styles.silence} onClick={silence}>
            Silence… <kbd>m</kbd>
          </button>
        )}
        {judge === undefined ? (
          <span className={styles.verdict}>
            {status}
            {verdicts.length === 0 ? '' : `: ${verdicts.map((each) => each.replace('-', ' ')).join(', ')}`}
          </span>
        ) : (
          <button type="button" className="primary" onClick={judge}>
            Verdict <kbd>v</kbd>
          </button>
        )}
      </div>
      <p className={styles.facts}>
        {image === '' ? null : <Text value={image} limit={160} />}
        {place === '' ? null : <Text value={place} limit={160} />}
        {creator === '' ? null : <Text value={creator} limit={160} />}
        <span>
          {incident.count.toLocaleString('en')} {incident.count === 1 ? 'match' : 'matches'} ·{' '}
          <Span first={first} last={last} />
        </span>
        <span className={styles.id}>
          <span className="mono">{id.slice(0, 8)}</span>
          <Copy value={id} what="the incident’s id" />
        </span>
        <button
          type="button"
          className={styles.more}
          aria-expanded={attributes}
          onClick={() => setAttributes(!attributes)}
        >
          {Object.keys(entity).length} attributes
        </button>
        <Link href={aboutPlace({ incident: id })}>What was learned</Link>
        <button type="button" className={styles.more} onClick={respond}>
          Response <kbd>r</kbd>
        </button>
      </p>
      {attributes ? <Attributes entity={entity} /> : null}
    </header>
  )
}

import { useState } from 'react'
import { eventWords } from '../../../src/domain/event-words.ts'
import type { Evidence as EvidenceView, Resource } from '../api/types.ts'
import { Copy } from '../text/copy.tsx'
import { Text } from '../text/text.tsx'
import { exactly, utc } from '../text/time.ts'
import styles from './evidence.module.css'
import { groupFields } from './fields.ts'
import { Value } from './value.tsx'

/** One event behind an alert: what the rule reads, and on demand all of it. */
export function Evidence({
  evidence,
  read,
  known = {},
}: {
  readonly evidence: EvidenceView
  readonly read: readonly string[]
  /** Attributes that stand in the incident's head. */
  readonly known?: Resource
}) {
  const [all, setAll] = useState(false)
  const matched = new Set(evidence.matched?.map(({ field }) => field))
  // a rule of no strategy's document is known by what made it hold
  const groups = groupFields(evidence, read.length === 0 ? [...matched] : read, known)
  const nothingRead = groups.read.length === 0
  return (
    <div className={styles.evidence}>
      <header>
        <time dateTime={evidence.time} title={exactly(Date.parse(evidence.time))}>
          {utc(Date.parse(evidence.time))}
        </time>
        <span className="quiet">
          <Text value={`${evidence.source} · ${evidence.logsource}`} />
        </span>
        <span className={styles.tools}>
          <Copy value={JSON.stringify(evidence, null, 2)} what="the event as JSON" />
        </span>
      </header>
      <p className={styles.summary}>
        <Text mono value={eventWords(evidence) || evidence.logsource} limit={300} />
      </p>
      <Fields fields={nothingRead ? groups.rest : groups.read} matched={matched} />
      {nothingRead || groups.rest.length === 0 ? null : (
        <>
          {all ? <Fields fields={groups.rest} matched={matched} quiet /> : null}
          <button type="button" className={styles.all} aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'fewer fields' : `all fields (${groups.rest.length} more)`}
          </button>
        </>
      )}
    </div>
  )
}

function Fields({
  fields,
  matched,
  quiet = false,
}: {
  readonly fields: readonly (readonly [string, unknown])[]
  /** Those that made the rule hold. */
  readonly matched: ReadonlySet<string>
  readonly quiet?: boolean
}) {
  return (
    <dl className={`${styles.fields} ${quiet ? styles.quiet : ''}`}>
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>
            {matched.has(name) ? (
              <strong title="made the rule hold">
                <Text mono value={name} />
              </strong>
            ) : (
              <Text mono value={name} />
            )}
          </dt>
          <dd>
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

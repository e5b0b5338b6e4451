import { useMemo, type ReactNode } from 'react'
import type { Alert, IncidentDetail, Rule } from '../api/types.ts'
import { AlertCard, type Begin } from './alert-card.tsx'
import { byEvent } from './by-event.ts'
import styles from './incident-content.module.css'
import { LanesFigure } from './lanes-figure.tsx'
import { ProcessList } from './process-list.tsx'
import { processTree } from './process-tree.ts'
import { ResponseSteps } from './response-steps.tsx'
import { TimelineList } from './timeline-list.tsx'
import { timeline } from './timeline.ts'

/** The parts of an incident, in order; `[` and `]` go from one to the next. */
export const PARTS = ['alerts', 'timeline', 'processes', 'response'] as const

/** Fewer events are a list alone. */
const PICTURED = 3

/** What the rules saw, what happened in which order, by which processes, and what to do. */
export function IncidentContent({
  detail: { incident, response },
  alerts,
  more,
  rules,
  begin,
}: {
  readonly detail: IncidentDetail
  readonly alerts: readonly Alert[]
  /** Reads more alerts, where there are more. */
  readonly more: (() => void) | undefined
  readonly rules: ReadonlyMap<string, Rule>
  readonly begin: Begin
}) {
  const acts = useMemo(() => byEvent(alerts), [alerts])
  const rows = useMemo(() => timeline(alerts), [alerts])
  const lanes = useMemo(
    () => rows.map(({ evidence, rules: [first = ''] }) => ({ evidence, rule: evidence.by?.title ?? first })),
    [rows],
  )
  const tree = useMemo(() => processTree(rows.map(({ evidence }) => evidence)), [rows])
  return (
    <>
      <Part id="alerts" title={`Alerts ${alerts.length}${more === undefined ? '' : ' of more'}`}>
        {acts.map((act) => (
          <AlertCard key={act.alerts[0].id} act={act} rules={rules} begin={begin} />
        ))}
        {more === undefined ? null : (
          <button type="button" className={styles.more} onClick={more}>
            More alerts
          </button>
        )}
      </Part>
      <Part id="timeline" title={`Timeline ${rows.length}`} note="UTC" framed>
        {rows.length < PICTURED ? null : (
          <LanesFigure rows={lanes} label="Events of the incident" known={incident.entity} />
        )}
        <TimelineList rows={rows} />
      </Part>
      <Part id="processes" title="Processes" framed>
        {tree.length === 0 ? (
          <p className="quiet">Nothing that reports here tells of processes.</p>
        ) : (
          <ProcessList nodes={tree} />
        )}
      </Part>
      <Part id="response" title="Response" framed>
        {response.map((each) => (
          <ResponseSteps
            key={each.strategy.id}
            incident={incident.id}
            entity={incident.entity}
            response={each}
          />
        ))}
        {response.length === 0 ? <p className="quiet">Its rules belong to no strategy document.</p> : null}
      </Part>
    </>
  )
}

function Part({
  id,
  title,
  note,
  framed = false,
  children,
}: {
  readonly id: (typeof PARTS)[number]
  readonly title: string
  readonly note?: string
  readonly framed?: boolean
  readonly children: ReactNode
}) {
  return (
    <section id={id} className={styles.part} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        {title}
        {note === undefined ? null : <span className="quiet"> {note}</span>}
      </h2>
      {framed ? <div className={styles.framed}>{children}</div> : children}
    </section>
  )
}

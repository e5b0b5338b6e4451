import type { Alert, Incident, Status, Verdict } from './alert.ts'
import type { Finding, FindingKind, Resource } from './event.ts'
import { entityLabel } from './entity-label.ts'
import type { Level, MatchedField, Rating } from './match.ts'

/**
 * An alert as it leaves: what `scan --json` prints and what the API answers. Times are ISO 8601, UTC.
 * Every string may be hostile.
 */
export interface AlertView {
  readonly id: string
  /** Event time of the first match; the same as `first`. */
  readonly time: string
  readonly first: string
  readonly last: string
  readonly strategy: { readonly id: string }
  readonly rule: { readonly id: string; readonly title: string }
  readonly level: Level
  /** What gave the level, where it is not the rule's own: a condition of Priority, or the site's setting. */
  readonly rating?: Rating
  /** ATT&CK technique ids. */
  readonly attack: readonly string[]
  readonly entity: Resource
  readonly count: number
  readonly incident: string
  readonly status: Status
  readonly verdict?: Verdict
  readonly evidence: readonly EvidenceView[]
}

export interface EvidenceView {
  readonly event: string
  readonly time: string
  readonly source: string
  readonly logsource: string
  readonly fields: Readonly<Record<string, unknown>>
  /** What of it made the rule hold. */
  readonly matched?: readonly MatchedField[]
  /** Whose match it is, where the alert is of a rule that observes others. */
  readonly by?: { readonly id: string; readonly title: string }
}

export function alertView(alert: Alert): AlertView {
  const { id, strategy, rule, level, rating, attack, entity, count, incident, status, verdict, evidence } =
    alert
  return {
    id,
    time: instant(alert.first),
    first: instant(alert.first),
    last: instant(alert.last),
    strategy: { id: strategy },
    rule: { id: rule.id, title: rule.title },
    level,
    ...(rating === undefined ? {} : { rating }),
    attack,
    entity,
    count,
    incident,
    status,
    ...(verdict === undefined ? {} : { verdict }),
    evidence: evidence.map(({ event, time, source, logsource, fields, matched, by }) => ({
      event,
      time: instant(time),
      source,
      logsource,
      fields,
      ...(matched === undefined ? {} : { matched }),
      ...(by === undefined ? {} : { by }),
    })),
  }
}

/** An incident as it leaves; its alerts in short, as the queue shows them. */
export interface IncidentView {
  readonly id: string
  readonly kind: Incident['kind']
  readonly time: string
  readonly first: string
  readonly last: string
  readonly level: Level
  readonly entity: Resource
  /** A short name of the entity. */
  readonly label: string
  readonly status: Status
  /** Matches of all its alerts. */
  readonly count: number
  /** ATT&CK technique ids of all its alerts. */
  readonly attack: readonly string[]
  readonly alerts: readonly {
    readonly id: string
    readonly strategy: { readonly id: string }
    readonly rule: { readonly title: string }
    readonly level: Level
    readonly count: number
  }[]
}

export function incidentView(incident: Incident): IncidentView {
  const { id, kind, level, entity, status, count, attack, alerts } = incident
  return {
    id,
    kind,
    time: instant(incident.first),
    first: instant(incident.first),
    last: instant(incident.last),
    level,
    entity,
    label: entityLabel(entity),
    status,
    count,
    attack,
    alerts: alerts.map((alert) => ({
      id: alert.id,
      strategy: { id: alert.strategy },
      rule: { title: alert.rule },
      level: alert.level,
      count: alert.count,
    })),
  }
}

/** A finding as it leaves: the interval in which nothing can be concluded. */
export interface FindingView {
  readonly id: string
  readonly kind: FindingKind
  readonly about: string
  readonly since: string
  readonly until: string
  readonly message: string
  readonly resource?: Resource
}

export function findingView({ id, kind, about, since, until, message, resource }: Finding): FindingView {
  return {
    id,
    kind,
    about,
    since: instant(since),
    until: instant(until),
    message,
    ...(resource === undefined ? {} : { resource }),
  }
}

/** The last instants that a date can name, ms either side of the epoch. */
const LAST_INSTANT = 8.64e15

/** ISO 8601, UTC. What lies beyond every date is the last one: an interval may be open at an end. */
export function instant(ms: number): string {
  return new Date(Math.min(Math.max(ms, -LAST_INSTANT), LAST_INSTANT)).toISOString()
}

import type { Resource } from './event.ts'
import type { Level, MatchedField, Rating } from './match.ts'

/** One event behind an alert, cut to what an analyst reads and what a store can bound. */
export interface Evidence {
  readonly event: string
  /** Event time, ms since the epoch. */
  readonly time: number
  readonly source: string
  readonly logsource: string
  /** Field → value, as the rule's vocabulary names them. Values are cut at 2,048 characters. Hostile text. */
  readonly fields: Readonly<Record<string, unknown>>
  /** What of it made the rule hold, cut alike; absent in alerts of earlier versions. */
  readonly matched?: readonly MatchedField[]
  /** Whose match it is, where the alert is of a rule that observes others; absent in alerts of earlier versions. */
  readonly by?: { readonly id: string; readonly title: string }
}

export const STATUSES = ['open', 'closed'] as const
export type Status = (typeof STATUSES)[number]
export const VERDICTS = ['true-positive', 'false-positive', 'benign', 'unclear'] as const
export type Verdict = (typeof VERDICTS)[number]

/** A posture report is what already ran when its host was first read. */
export const INCIDENT_KINDS = ['incident', 'posture'] as const
export type IncidentKind = (typeof INCIDENT_KINDS)[number]

/** What one rule saw happen to one entity within one window. */
export interface Alert {
  /** hash(strategy, rule, entity, first match). */
  readonly id: string
  readonly strategy: string
  readonly rule: { readonly id: string; readonly title: string }
  readonly level: Level
  /** Where the level is not the rule's own: what gave it. Of the first match that had this level. */
  readonly rating?: Rating
  readonly attack: readonly string[]
  /** OpenTelemetry resource attributes of whom it happened to. */
  readonly entity: Resource
  readonly incident: string
  /** Event times, ms since the epoch: the window's beginning, the last match. */
  readonly first: number
  readonly last: number
  /** Matches, each event once. */
  readonly count: number
  readonly status: Status
  readonly verdict?: Verdict
  /** The first matches, at most `EVIDENCE_LIMIT`. */
  readonly evidence: readonly Evidence[]
}

export const EVIDENCE_LIMIT = 20

/** An incident by itself; what its alerts add up to is the store's to say. */
export type IncidentHead = Omit<Incident, 'alerts' | 'count' | 'attack'>

/** What happened to one entity at one time: one line in the queue, whatever number of rules it hit. */
export interface Incident {
  readonly id: string
  readonly kind: IncidentKind
  readonly entity: Resource
  readonly level: Level
  readonly first: number
  readonly last: number
  readonly status: Status
  /** Matches of all its alerts. */
  readonly count: number
  /** Technique ids of all its alerts. */
  readonly attack: readonly string[]
  /** The gravest first, at most 500. */
  readonly alerts: readonly {
    readonly id: string
    readonly strategy: string
    readonly rule: string
    readonly level: Level
    readonly count: number
  }[]
}

import type { Resource } from './event.ts'
import type { Level } from './match.ts'

/** What a sink is told of: a snapshot of the moment, so that it is the same at each attempt. Every string may be hostile. */
export type Notice = IncidentNotice | PostureNotice | FindingNotice | DigestNotice | TestNotice

/** An incident began, or reached a level that the sink was not told of yet. */
export interface IncidentNotice {
  readonly kind: 'incident'
  readonly change: 'opened' | 'raised'
  /** Wall-clock time, ms, as in all notices. */
  readonly at: number
  readonly level: Level
  readonly incident: { readonly id: string; readonly first: number; readonly last: number }
  readonly entity: Resource
  /** The alert that gave the level. */
  readonly alert: AlertBrief
}

export interface AlertBrief {
  readonly id: string
  readonly strategy: string
  readonly rule: { readonly id: string; readonly title: string }
  /** ATT&CK technique ids. */
  readonly attack: readonly string[]
  /** Event times, ms. */
  readonly first: number
  readonly last: number
  readonly count: number
}

/** There is a posture report of a machine: told once, whatever is in it. */
export interface PostureNotice {
  readonly kind: 'posture'
  readonly at: number
  readonly level: Level
  readonly incident: { readonly id: string }
  readonly entity: Resource
  /** What it held when it was told; older rows of the outbox do not have it. */
  readonly report?: {
    readonly entries: number
    /** Containers and workloads with an entry. */
    readonly entities: number
    /** The gravest rules first, at most `POSTURE_RULES`. */
    readonly worst: readonly { readonly title: string; readonly level: Level; readonly count: number }[]
  }
}
export const POSTURE_RULES = 3

/** Something limits what can be concluded. */
export interface FindingNotice {
  readonly kind: 'finding'
  readonly at: number
  readonly finding: {
    readonly id: string
    readonly kind: string
    readonly about: string
    readonly message: string
    readonly since: number
    readonly until: number
  }
}

/** One message instead of many: counts, and the worst incidents. */
export interface DigestNotice {
  readonly kind: 'digest'
  readonly at: number
  /** When the first and the last of the notices that it stands for were written, ms. */
  readonly since: number
  readonly until: number
  readonly count: number
  readonly levels: Readonly<Partial<Record<Level, number>>>
  /** The most frequent first, at most `DIGEST_STRATEGIES`. */
  readonly strategies: readonly { readonly id: string; readonly count: number }[]
  /** The highest level first, then the oldest; at most `DIGEST_INCIDENTS`. */
  readonly incidents: readonly IncidentNotice[]
}
export const DIGEST_INCIDENTS = 10
export const DIGEST_STRATEGIES = 20

/** Asked for by a person, to see whether a sink is reached. */
export interface TestNotice {
  readonly kind: 'test'
  readonly at: number
}

/** One row of the outbox, as it is written with what caused it. */
export interface OutboxEntry {
  readonly sink: string
  /** hash(sink, subject, what happened): the receiver's idempotency key; the same when the batch is read again. */
  readonly key: string
  /** The incident or finding: a sink is told of each level of it once. */
  readonly subject: string
  /** Rank of the level that was reached; `LEVELS.length` where there is nothing to tell after this. */
  readonly rank: number
  readonly notice: Notice
}

/** What a sink wants to be told. */
export interface Route {
  readonly sink: string
  /** Incidents from this level on. */
  readonly level: Level
  /** Alerts of these strategies only; of all where undefined. */
  readonly strategies?: readonly string[] | undefined
  /** Findings too. */
  readonly findings: boolean
}

export const NOTIFICATION_STATES = ['pending', 'delivered', 'dead'] as const
export type NotificationState = (typeof NOTIFICATION_STATES)[number]

/** One row of the outbox, as it is read. */
export interface Notification {
  readonly id: number
  readonly sink: string
  readonly key: string
  readonly notice: Notice
  readonly incident?: string
  readonly alert?: string
  readonly state: NotificationState
  readonly attempts: number
  /** Wall-clock times, ms. */
  readonly created: number
  /** Of the next attempt, while it is pending. */
  readonly next?: number
  /** When it was delivered or given up. */
  readonly settled?: number
  /** Why the last attempt failed. Hostile text. */
  readonly error?: string
  /** The digest that stands for it. */
  readonly digest?: number
  /** Whom alone it is still to reach: the sink's other receivers have it. */
  readonly receivers?: readonly string[]
}

/** How one sink is doing. */
export interface SinkSummary {
  readonly sink: string
  readonly pending: number
  readonly delivered: number
  readonly dead: number
  /** When the oldest that is pending was written, ms. */
  readonly oldest?: number
  /** What is in the way now: the failure of a notification that is tried again. */
  readonly failing?: { readonly attempts: number; readonly error: string; readonly next: number }
  /** Of the newest attempt that failed and is still not delivered. */
  readonly error?: string
}

import type { Alert, Incident, IncidentKind, Verdict } from '../domain/alert.ts'
import type { AuditRow } from '../domain/audit-row.ts'
import type { CoverageCommit } from '../domain/coverage.ts'
import type { Level } from '../domain/match.ts'
import type { Failure, Finding } from '../domain/event.ts'
import type { OutboxEntry } from '../domain/notice.ts'
import type {
  ContainerRow,
  CreatorRow,
  EngineState,
  FoldOutput,
  ObservedRow,
  SeenRow,
  SensorRunRow,
  ViewKey,
  ViewRow,
  WaitingRow,
  SignalRow,
  StateKey,
} from '../domain/state.ts'
import type { BaselineCommit, BaselineReader, BaselineStore, BaselineWriter } from './baselines.ts'
import type { CoverageReader } from './coverage.ts'
import type { OutboxReader, OutboxWriter } from './outbox.ts'
import type { Page } from './page.ts'
import type { RetentionWriter, StoreSize } from './retention.ts'
import type { CorrelationCommit, SignalStore, SignalWriter } from './signals.ts'

export type { Page } from './page.ts'

/** Everything that one batch led to, written in one transaction. */
export interface Commit {
  /** Wall-clock time of the commit, ms. */
  readonly at: number
  readonly input: string
  readonly checkpoint?: unknown
  /** Per stream: where to go on, and the decoders' state. */
  readonly streams: readonly { readonly stream: string; readonly offset: number; readonly state: unknown }[]
  /** Streams that were one chunk each and are over; their length in bytes. */
  readonly bodies: readonly { readonly stream: string; readonly length: number }[]
  /** Of streams that cannot be read again: up to where they are consumed, and what came of them beyond that. */
  readonly rests?: readonly {
    readonly stream: string
    readonly consumed: number
    readonly pieces: readonly StreamRest[]
  }[]
  /** How far another machine was read. */
  readonly position?: { readonly of: string; readonly value: unknown } | undefined
  /** Somebody will be told that this is kept: it survives a power cut, not only the end of the process. */
  readonly promised: boolean
  readonly counters: Counters
  readonly failures: readonly Failure[]
  readonly findings: readonly Finding[]
  readonly seen: readonly SeenRow[]
  /** Kept identities that need no longer be: their thing is gone. */
  readonly released: readonly string[]
  readonly containers: readonly ContainerRow[]
  /** Ids of containers that need no longer be remembered. */
  readonly forgotten: readonly string[]
  /** Who created objects of clusters, and of which that need no longer be remembered. */
  readonly creators?: readonly CreatorRow[]
  readonly forgottenCreators?: readonly string[]
  readonly sensorRuns?: readonly SensorRunRow[]
  /** What views of machines say of their containers, and which of them are forgotten. */
  readonly views?: readonly ViewRow[]
  readonly forgottenViews?: readonly ViewKey[]
  /** Events that wait for what is known of their containers, and the numbers of those that no longer do. */
  readonly waiting?: readonly WaitingRow[]
  readonly waited?: readonly number[]
  readonly coverage?: CoverageCommit
  /** Matches that correlations take. */
  readonly signals?: readonly SignalRow[]
  /** What baselines observed. */
  readonly observed?: readonly ObservedRow[]
  /** A step of the baselines. */
  readonly baselines?: BaselineCommit
  /** A step of the correlations. */
  readonly correlations?: CorrelationCommit
  readonly output: FoldOutput
  /** What sinks are to be told of it. */
  readonly outbox?: readonly OutboxEntry[]
}

export interface Counters {
  /** Events that name a container of which nothing was known in time, by source. */
  readonly unattributed?: Readonly<Record<string, number>>
  readonly records: number
  readonly evaluated: number
  readonly failed: number
  readonly duplicates: number
  /** Matches that filters, silences and lists held back, by their id. */
  readonly suppressed: Readonly<Record<string, number>>
  /** Matches that came too late for correlations, by rule. */
  readonly late: Readonly<Record<string, number>>
  /** Evaluated records by source. */
  readonly sources: Readonly<Record<string, number>>
  /** Failed records by reason: all of them, whereas samples are bounded. */
  readonly failures: Readonly<Record<string, number>>
}

export interface AlertQuery {
  readonly strategy?: string
  /** The rule's id; it is looked for among the strategy's. */
  readonly rule?: string
  readonly level?: string
  readonly status?: string
  readonly since?: number
  readonly until?: number
  readonly text?: string
  readonly incident?: string
  /** Of the posture report: false unless asked for. */
  readonly posture?: boolean
  /** By the last match: `newest` first unless told. */
  readonly order?: 'newest' | 'oldest'
  /** At most 500; 100 unless told. */
  readonly limit?: number
  /** Opaque, from the page before. */
  readonly after?: string
}

export interface IncidentQuery {
  /** Both kinds where undefined. */
  readonly kind?: IncidentKind
  readonly status?: string
  readonly level?: string
  readonly since?: number
  readonly until?: number
  /** In the values of its entity, the titles of its rules, or the beginning of an id of it or its alerts. */
  readonly text?: string
  /** One of its alerts is of this strategy. */
  readonly strategy?: string
  /** In a value of its entity's attributes, whatever the case of ASCII letters. */
  readonly entity?: string
  readonly limit?: number
  readonly after?: string
}

/** How many incidents of which level there were when: by their last match, each once. */
export interface Histogram {
  /** What the buckets span, and the length of one; ms. */
  readonly since: number
  readonly until: number
  readonly step: number
  /** In order of time, none left out; at most `HISTOGRAM_BUCKETS`. */
  readonly buckets: readonly {
    readonly time: number
    readonly counts: Readonly<Partial<Record<Level, number>>>
  }[]
}

/** One line of the append-only audit trail. */
/** Where state, alerts and checkpoints live. One writer; state is addressed by key; nothing outside knows SQL. */
export interface Store
  extends Reader, OutboxWriter, RetentionWriter, SignalStore, SignalWriter, BaselineStore, BaselineWriter {
  /** Alerts and incidents that folding needs for these keys. */
  load(keys: readonly StateKey[]): EngineState
  /** One transaction: all of it or nothing. Throws a UserError where the disk is full or refuses. */
  commit(commit: Commit): void
  /** True if there was such an open alert. Writes the audit trail. */
  closeAlert(id: string, verdict: Verdict, note: string, actor: string, at: number): boolean
  /** Closes all of an incident's open alerts, each audited; how many there were. */
  closeIncident(id: string, verdict: Verdict, note: string, actor: string, at: number): number
  audit(actor: string, action: string, detail: unknown, at: number): void
  setMeta(key: string, value: string): void
  close(): void
}

/** Questions that change nothing; the API asks them on a connection of its own. */
export interface Reader extends OutboxReader, CoverageReader, BaselineReader {
  resume(input: string): StreamResume
  /** The newest identities, oldest first, and all that are kept. */
  seen(limit: number): readonly SeenRow[]
  containers(): readonly ContainerRow[]
  /** What is known of one, by its full id. */
  readonly container: (id: string) => ContainerRow | undefined
  /** Who created objects of clusters, in the order in which it was told. */
  creators(): readonly CreatorRow[]
  /** Those that were read last, the newest last. */
  sensorRuns(): readonly SensorRunRow[]
  /** What views of machines say of their containers; those that were heard last stand last. */
  views(): readonly ViewRow[]
  /** Events that wait for what is known of their containers, in the order in which they came. */
  waiting(): readonly WaitingRow[]
  alerts(query?: AlertQuery): Page<Alert>
  alert(id: string): Alert | undefined
  /** Ids that begin so, at most ten. */
  alertIds(prefix: string): readonly string[]
  incidentIds(prefix: string): readonly string[]
  incidents(query?: IncidentQuery): Page<Incident>
  incident(id: string): Incident | undefined
  /** Over the incidents that the query chooses. Up to `now` where it names a beginning and no end. */
  histogram(query: IncidentQuery, now: number): Histogram
  findings(limit?: number): readonly Finding[]
  failures(limit?: number): readonly Failure[]
  totals(): Totals
  auditTrail(limit?: number): readonly AuditRow[]
  meta(key: string): string | undefined
  size(): StoreSize
  close(): void
}

/** Where an input goes on. */
export interface StreamResume {
  readonly checkpoint: unknown
  offset(stream: string): number | undefined
  state(stream: string): unknown
  /** What is kept of a stream beyond its offset, where it cannot be read again. */
  rest(stream: string): StreamRest | undefined
  /** How far another machine was read. */
  position(of: string): unknown
}

/** Bytes of a stream, and the position of the first of them. */
export interface StreamRest {
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface Totals extends Counters {
  readonly alerts: number
}

import type { AuditRow } from '../domain/audit-row.ts'
import type { BaselineKey, BaselineRow, ToldRow } from '../domain/state.ts'

/** What a step of the baselines writes. */
export interface BaselineCommit {
  readonly keys: readonly BaselineRow[]
  /** Removed before the others are written. */
  readonly dropped: readonly BaselineKey[]
  /** What expires by that event time is forgotten, ms: a part of it with each step. */
  readonly over: number
  /** What is kept until the round is over, and the numbers of what was kept and is told with this. */
  readonly told?: readonly ToldRow[]
  readonly taken?: readonly number[]
  /** Where all keys have come to, in event time, once a round is over: what was observed before is folded. */
  readonly place?: number
}

/** An incident of an entity, as far as learning depends on it. */
export interface TroubleRow {
  readonly first: number
  readonly last: number
  readonly isOpen: boolean
  /** One of its alerts was found to be true. */
  readonly isTrue: boolean
}

/** What baselines know, addressed by key, and what was observed and is not folded yet. */
export interface BaselineStore {
  baselinePlace(): number | undefined
  /** Hours of event time of which something waits, in order. */
  observedEpochs(): readonly number[]
  /** Beginning of the newest tick of which something waits, ms. */
  newestObserved(): number | undefined
  observedIn(epoch: number): readonly unknown[]
  baselineKey(baseline: string, key: string): BaselineRow | undefined
  /** Those that have to be looked at at that event time or before, the soonest first. */
  dueBaselines(until: number, limit: number): readonly BaselineKey[]
  nextDueBaseline(): number | undefined
  /** What was told in rounds of several steps and waits for their end, in the order of (time, event). */
  keptTold(limit: number): readonly (ToldRow & { readonly n: number })[]
  /** How many keys each baseline has. */
  baselineKeyCounts(): ReadonlyMap<string, number>
  /** Those that are forgotten first where there are too many: those that learn, then those not seen for longest. */
  stalestBaselines(baseline: string, limit: number): readonly BaselineKey[]
  /** Incidents of an entity with an alert between two event times. */
  troubles(entity: string, since: number, until: number): readonly TroubleRow[]
  /** Whether a strategy was blind for a part of that time; with assumptions of it, whether one of these failed. */
  wasBlind(strategy: string, since: number, until: number, assumptions?: readonly string[]): boolean
  /** Rises with each change that was made by people: what was read before may be another. */
  baselineChanges(): number
}

/** The part that writes on its own, between batches. */
export interface BaselineWriter {
  /** Forgets the keys of all baselines but these; how many of which there were. */
  keepBaselinesOf(baselines: ReadonlySet<string>): ReadonlyMap<string, number>
  /** What people changed, with its audit, as one. */
  changeBaselines(change: {
    readonly keys: readonly BaselineRow[]
    readonly dropped: readonly BaselineKey[]
    readonly audit: { readonly actor: string; readonly action: string; readonly detail: unknown }
    readonly at: number
  }): void
}

/** How many keys of a baseline are how far. */
export interface BaselineCount {
  readonly baseline: string
  readonly status: string
  readonly keys: number
}

export interface BaselineQuery {
  readonly baseline: string
  readonly status?: string
  /** Within the key, which is JSON. */
  readonly text?: string
  /** What the key begins with. */
  readonly prefix?: string
  /** Event times of the last observation, ms: from the one on, before the other. */
  readonly since?: number
  readonly before?: number
  /** At most 500; 100 unless told. */
  readonly limit?: number
  /** The last key of the page before. */
  readonly after?: string
}

/** Questions that change nothing. */
export interface BaselineReader {
  baselinePlace(): number | undefined
  baselineCounts(): readonly BaselineCount[]
  /** Armed keys that are forgotten before that event time, ms. */
  expiringBaselines(baseline: string, before: number): number
  /** In the order of their keys. */
  baselineKeys(query: BaselineQuery): readonly BaselineRow[]
  baselineKey(baseline: string, key: string): BaselineRow | undefined
  /** What people changed of a key, by the rule's id, the newest first; 100 at most. */
  baselineAudit(rule: string, key: string): readonly AuditRow[]
}

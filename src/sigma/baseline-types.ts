import type { RuleRef } from '../domain/match.ts'
import type { Order } from './baseline-orders.ts'

/**
 * What is told from its own past. `risk` stands in the same form and is a correlation to the engine: it remembers a
 * window, not a past.
 */
export const BASELINE_TYPES = ['new_value', 'rare_value', 'change', 'spike', 'absence', 'risk'] as const
export type BaselineType = (typeof BASELINE_TYPES)[number]

/** What of the observations of one bucket is compared. `rate` is a counter's increase a second. */
export const AGGREGATES = ['count', 'sum', 'avg', 'max', 'min', 'rate'] as const
export type BucketAggregate = (typeof AGGREGATES)[number]

export const DIRECTIONS = ['above', 'below', 'both'] as const
export type Direction = (typeof DIRECTIONS)[number]

/** With which part of the past a bucket is compared, the narrowest of which enough is known. */
export const SEASONS = ['hour-of-week', 'hour-of-day', 'none'] as const
export type Season = (typeof SEASONS)[number]

/** What a key has to have shown before anything is told of it. */
export interface Learning {
  /** From its first observation, ms. */
  readonly span: number
  /** Observations. */
  readonly samples: number
  /** Distinct days on which there was one. */
  readonly days: number
}

/** What of a bucket is held against the past. */
export interface SpikeTest {
  /** Length of a bucket, ms: whole buckets make an hour, or whole hours a bucket. */
  readonly timespan: number
  readonly aggregate: BucketAggregate
  /** In robust deviations: (x − median) / max(1.4826·MAD, its floor). */
  readonly threshold: number
  readonly direction: Direction
  /** Least that a bucket has to have, or, `below`, that the median has to have. */
  readonly floor: number
  /** Least deviation that counts as one, in the value's own unit; a share of the median and of the floor unless told. */
  readonly madFloor: number | undefined
  /** A bucket has to be so many times the past's percentile as well, `below` at most that share of it. */
  readonly ratio: number | undefined
  readonly percentile: number
  /** Buckets in a row that have to be so. */
  readonly buckets: number
  readonly season: Season
  /** The median may move so many deviations from where it was first learned. */
  readonly drift: number
}

export type BaselineTest =
  | { readonly type: 'new_value' }
  /** Values that had no more than this share of the observations. */
  | { readonly type: 'rare_value'; readonly share: number }
  /** Weaker than all that the key had; without an order, other than what had this share of its observations. */
  | { readonly type: 'change'; readonly order: Order | undefined; readonly share: number }
  | ({ readonly type: 'spike' } & SpikeTest)
  /** Nothing for this long, ms. */
  | { readonly type: 'absence'; readonly timespan: number }

/** A baseline, its rules looked up. */
export interface Baseline {
  readonly rule: RuleRef
  /** What it means together with the rules that it observes: state is kept under it. */
  readonly hash: string
  /** The rules whose matches it observes. */
  readonly inputs: readonly { readonly rule: string; readonly name: string; readonly title: string }[]
  /** Whose observations are looked at together. */
  readonly groupBy: readonly string[]
  /** Who shares what was learned: `groupBy` unless told. */
  readonly peers: readonly string[]
  /** What is read of an observation; several are one tuple. Empty where observations are counted. */
  readonly fields: readonly string[]
  readonly learning: Learning
  /** What was not seen for so long is forgotten, ms. */
  readonly retain: number
  /** Whether it raises alerts; otherwise it is a weak signal, for `risk` and correlations. */
  readonly alert: boolean
  /** What it counts for in a `risk`. */
  readonly weight: number
  readonly test: BaselineTest
}

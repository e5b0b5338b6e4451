import type { LocalHour } from '../../domain/local-hour.ts'
import type { SignalBody } from '../../domain/state.ts'
import type { Cell } from './cell.ts'

/** What a baseline tells of a key. */
export interface Told {
  /** Event time, ms: that of the observation, or the end of the bucket or the silence. */
  readonly time: number
  /** The event that tells this from others of its key. */
  readonly event: string
  readonly reason: 'new' | 'rare' | 'change' | 'spike' | 'drift' | 'absence'
  /** Observations that it is about. */
  readonly count: number
  readonly body: SignalBody | undefined
  /** Whose of the key's observations: the group, where peers share what was learned. */
  readonly series: string | undefined
  /** What was seen, and what it was held against. */
  readonly seen: Readonly<Record<string, string | number>>
}

/** What a key is to people. `stale` is told by the clock: it was armed, and not seen for as long as it learned. */
export type KeyStatus = 'learning' | 'armed' | 'drifted'

export interface Judged<State> {
  /** Undefined where there is nothing to remember. */
  readonly state: State | undefined
  readonly told: readonly Told[]
  /** Event time at which it has to be looked at again, though nothing comes, ms. */
  readonly deadline: number | undefined
  /** Event time from which on it is forgotten, ms. */
  readonly expires: number
  readonly status: KeyStatus
  /** More was there than is kept exactly. */
  readonly isBounded: boolean
}

/** An incident of an entity, as far as learning depends on it. */
export interface Trouble {
  /** Event times of its first and last alert, ms. */
  readonly first: number
  readonly last: number
  readonly isOpen: boolean
  /** Somebody found it to be true. */
  readonly isTrue: boolean
}

/** What a baseline is told of the world while it looks at a key. */
export interface Surroundings {
  /** Everything before this event time has been given, ms; whole ticks. */
  readonly until: number
  readonly hourOf: (time: number) => LocalHour
  /** Incidents of an entity with an alert between two event times. */
  readonly troubles: (entity: string, since: number, until: number) => readonly Trouble[]
  /** Whether the strategy was blind for a part of that time. */
  readonly isBlind: (since: number, until: number) => boolean
}

export interface Ticked {
  readonly tick: number
  readonly cell: Cell
}

/**
 * One kind of baseline over the observations of one key: a pure reducer. `judge` is given what was observed since, by
 * tick, in order. However the sequence is cut into calls, the same is told. The state that is handed in is given up:
 * it may come back changed.
 */
export interface BaselineAnalytic<State> {
  judge(state: State | undefined, cells: readonly Ticked[], surroundings: Surroundings): Judged<State>
  /** Whether a slot is told at most once, so that its first observation is enough. */
  readonly tellsOnce: boolean
  /** Whether what an alert is made of is to hold the event, or only whom it is about. */
  readonly keepsEvidence: boolean
  /** Whether an observation of this slot at this time may be told: what an alert is made of is kept for it. */
  mayTell(state: State | undefined, slot: string, time: number): boolean
  /** Observations before this event time are in it, ms. */
  at(state: State): number
  /** Event time of its last observation, ms. */
  last(state: State): number
  /** How many entries it holds, about. */
  size(state: State): number
  /** As JSON, and back; `past` is what changes seldom, and is much. */
  toJson(state: State): unknown
  pastJson(state: State): unknown
  fromJson(json: unknown, past: unknown): State
  /** Nothing happened later than that, ms: a clock had run ahead. Changes the state. */
  setBack(state: State, to: number, hour: LocalHour): void
  /** Takes for learned what it had: what was told, held back or drifted. Changes the state. */
  approve(state: State, value: string | undefined): boolean
  /** Forgets a value. Changes the state. */
  forget(state: State, value: string): boolean
  /** For people: how far it is. */
  describe(state: State): KeyDescription
  /** For people: what it learned. */
  learned(state: State): Learned
}

/** What is known of one learned value. Times in ms. */
export interface LearnedValue {
  readonly value: string
  readonly count: number
  readonly first: number
  readonly last: number
  /** Distinct days on which it was seen. */
  readonly days: number
  /** Who had it first. */
  readonly who: string
  readonly state: 'learned' | 'young' | 'held'
  /** When it was told last. */
  readonly told?: number
}

/** A number of the past: of one hour, a few that stand for all. */
export interface PastNumber {
  /** Days since 1970-01-01 and hour, by the site's clock. */
  readonly day: number
  readonly hour: number
  readonly values: readonly number[]
  /** What such an hour had by then. */
  readonly band?: Band
}

export interface KeyDescription {
  readonly first: number
  readonly last: number
  readonly samples: number
  readonly days: number
  /** Observations, or epochs of them, that are held back because of an incident. */
  readonly held: number
  /** Since when what a spike has is too far from what it learned, ms. */
  readonly drifted?: number
}

export interface Learned {
  readonly values?: readonly LearnedValue[]
  /** Of a spike: what it learned, what it was last, and when it told. */
  readonly past?: readonly PastNumber[]
  readonly recent?: readonly BandedNumber[]
  readonly told?: readonly BandedNumber[]
}

/** A number at the end of its bucket, ms, and what it was held against. */
export interface BandedNumber {
  readonly time: number
  readonly value: number
  readonly band?: Band
}

/** What a number was held against. */
export interface Band {
  readonly median: number
  readonly low: number
  readonly high: number
}

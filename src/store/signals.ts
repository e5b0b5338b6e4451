import type { PendingSignal, SignalBody, WindowKey, WindowRow } from '../domain/state.ts'

/** How far signals were looked at: all before it, in the order of (time, event id, number). */
export interface SignalPlace {
  readonly time: number
  readonly event: string
  readonly n: number
}

/** What a step of the correlations writes. */
export interface CorrelationCommit {
  readonly place: SignalPlace
  readonly windows: readonly WindowRow[]
  readonly closed: readonly WindowKey[]
  /** Event time before which nothing matters any more that says so itself, ms. */
  readonly over: number
}

/** Matches that wait for the correlations, and what these remember. Addressed by key, as all state. */
export interface SignalStore {
  /** How far the correlations had come, how many signals wait, and the highest number that one ever had. */
  signalPlace(): { readonly place: SignalPlace | undefined; readonly waiting: number; readonly last: number }
  /** Behind a place and before an event time, in their order. */
  pendingSignals(after: SignalPlace, before: number, limit: number): readonly PendingSignal[]
  /** The event time of the one behind which `count` others wait; undefined where there are fewer. */
  crowdedSince(after: SignalPlace, count: number): number | undefined
  signalBodies(numbers: readonly number[]): ReadonlyMap<number, SignalBody>
  windows(correlation: string, groups: readonly string[]): readonly WindowRow[]
  /** Those with a deadline before the event time, the soonest first. */
  dueWindows(before: number, limit: number): readonly (WindowKey & { readonly deadline: number })[]
  /** How many windows each correlation has. */
  windowCounts(): ReadonlyMap<string, number>
  /** Those that would be forgotten first. */
  stalestWindows(correlation: string, limit: number): readonly WindowKey[]
}

/** The part that writes on its own, between batches. */
export interface SignalWriter {
  /** Forgets the windows of all correlations but these; how many of which there were. */
  keepWindowsOf(correlations: ReadonlySet<string>): ReadonlyMap<string, number>
}

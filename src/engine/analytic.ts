/** Signals that a firing names at most: as many events as an alert keeps. */
export const MEMBERS = 20

/** One match as an analytic sees it. */
export interface Contribution {
  /** Event time, ms. */
  readonly time: number
  /** The event's id: with its time, it orders matches. */
  readonly event: string
  /** The number of the signal that was kept of it. */
  readonly n: number
  /** Which of the analytic's rules matched: its place in their list. */
  readonly input: number
  /** What the analytic reads of the event; empty where it reads nothing. */
  readonly values: readonly (string | number)[]
}

/** What the analytic looks for happened. */
export interface Firing {
  /** Event time, ms: that of the match that completed it, or the end of its window. */
  readonly time: number
  /** The event that tells this firing from others of its group: the one that completed it, or opened the window. */
  readonly event: string
  /** What contributed: events, values or rules, as the analytic counts. */
  readonly count: number
  /** The newest signals that contributed, the oldest first, at most `MEMBERS`. */
  readonly members: readonly number[]
}

export interface Reduction<State> {
  /** Undefined where there is nothing to remember. */
  readonly state: State | undefined
  readonly firings: readonly Firing[]
  /** Event time at which it has to be looked at again, though nothing comes, ms. */
  readonly deadline: number | undefined
  /** Event time from which on the state says nothing any more, ms. */
  readonly expires: number
  /** More was there than is kept exactly: what it says from now on is of the newest. */
  readonly isBounded: boolean
}

/**
 * One kind of analytic over the matches of one (rule, group). `reduce` is given what came since, in the order of
 * (event time, event id), and the watermark: everything before it has been given by then, and all of it was before
 * it. However the sequence is cut into calls, the same firings come of it. The state that is handed in is given
 * up: it may come back changed.
 */
export interface Analytic<State> {
  reduce(
    state: State | undefined,
    contributions: readonly Contribution[],
    watermark: number,
  ): Reduction<State>
  /** How many entries it holds, about. */
  size(state: State): number
  /** As JSON, and back. */
  toJson(state: State): unknown
  fromJson(json: unknown): State
}

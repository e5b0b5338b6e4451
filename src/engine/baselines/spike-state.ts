import type { SignalBody } from '../../domain/state.ts'
import type { BaselineTest } from '../../sigma/sigma.ts'
import type { LocalHour } from '../../domain/local-hour.ts'
import { bucketOf, type Counted } from './bucket.ts'
import { cellFrom, cellJson, newCell, type Cell } from './cell.ts'
import type { Young } from './holding.ts'
import { forgetDaysAfter, newPast, pastFrom, type Past, type Usual } from './past.ts'
import { newProgress, progressFrom, progressJson, setProgressBack, type Progress } from './progress.ts'

export type Spike = Extract<BaselineTest, { type: 'spike' }>

/** Whose observations are looked at apart within one key. */
export interface Series {
  /** End of the last bucket that was looked at, ms. */
  closed: number
  /** Its last observation, ms. */
  last: number
  counted: Counted | undefined
  /** Buckets in a row that were far from usual. */
  streak: number
  /** Whom it is about, where it may be told without an observation. */
  body: SignalBody | undefined
}

export interface YoungNumbers extends Young {
  /** Beginnings of buckets and their numbers. */
  numbers: [bucket: number, x: number][]
}

/** A number at the end of its bucket, and what it was held against. */
export type Recent = [time: number, x: number, median: number | null, low: number | null, high: number | null]

export interface SpikeState {
  at: number
  readonly progress: Progress
  /** Buckets that are not over. */
  open: Cell
  readonly series: Map<string, Series>
  young: YoungNumbers[]
  readonly past: Past
  pastChanged: boolean
  /** Where the median was when it had learned, and what a deviation was. */
  anchor: { readonly median: number; readonly deviation: number } | undefined
  /** Since when the median is too far from there, ms. */
  drifted: number | undefined
  /** The day on which that was looked at last. */
  day: number
  recent: Recent[]
  /** Those that were told last. */
  told: Recent[]
  /** What the newest number was held against: of one hour. */
  usual: { readonly hour: number; readonly usual: Usual | undefined } | undefined
}

export function newState(time: number): SpikeState {
  return {
    at: 0,
    progress: newProgress(time),
    open: newCell(),
    series: new Map(),
    young: [],
    past: newPast(),
    pastChanged: false,
    anchor: undefined,
    drifted: undefined,
    day: -1,
    recent: [],
    told: [],
    usual: undefined,
  }
}

/** As JSON, and back, without the past. */
export function spikeJson(state: SpikeState): unknown {
  return [
    state.at,
    progressJson(state.progress),
    cellJson(state.open),
    [...state.series].map(([name, { closed, last, counted, streak, body }]) => [
      name,
      closed,
      last,
      streak,
      counted === undefined ? 0 : [counted.time, counted.value],
      ...(body === undefined ? [] : [body]),
    ]),
    state.young.map(({ epoch, entities, numbers }) => [epoch, entities, numbers]),
    state.anchor === undefined ? 0 : [state.anchor.median, state.anchor.deviation],
    state.drifted ?? 0,
    state.day,
    state.recent,
    state.told,
  ]
}

export function spikeFrom(json: unknown, past: unknown): SpikeState {
  const [at, progress, open, series, young, anchor, drifted, day, recent, told] = json as [
    number,
    unknown,
    unknown,
    [string, number, number, number, 0 | [number, number], SignalBody?][],
    [number, string[], [number, number][]][],
    0 | [number, number],
    number,
    number,
    Recent[],
    Recent[],
  ]
  return {
    at,
    progress: progressFrom(progress),
    open: cellFrom(open),
    series: new Map(
      series.map(([name, closed, last, streak, counted, body]) => [
        name,
        {
          closed,
          last,
          streak,
          counted: counted === 0 ? undefined : { time: counted[0], value: counted[1] },
          body,
        },
      ]),
    ),
    young: young.map(([epoch, entities, numbers]) => ({ epoch, entities, numbers })),
    past: pastFrom(past),
    pastChanged: false,
    anchor: anchor === 0 ? undefined : { median: anchor[0], deviation: anchor[1] },
    drifted: drifted === 0 ? undefined : drifted,
    day,
    recent,
    told,
    usual: undefined,
  }
}

/** Nothing happened later than that: a clock had run ahead. */
export function setSpikeBack(state: SpikeState, to: number, hour: LocalHour): void {
  const { progress, open, series, past } = state
  setProgressBack(progress, to, hour)
  state.at = to
  for (const key of open.slots.keys()) if (bucketOf(key)[0] > to) open.slots.delete(key)
  for (const each of series.values()) {
    each.closed = Math.min(each.closed, to)
    each.last = Math.min(each.last, to)
    if (each.counted !== undefined && each.counted.time > to) each.counted = undefined
  }
  state.young = state.young.filter(({ epoch }) => epoch <= to)
  state.day = Math.min(state.day, hour.day)
  state.recent = state.recent.filter(([time]) => time <= to)
  state.told = state.told.filter(([time]) => time <= to)
  state.usual = undefined
  forgetDaysAfter(past, hour.day)
  state.pastChanged = true
}

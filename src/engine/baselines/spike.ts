import type { LocalHour } from '../../domain/local-hour.ts'
import type { SignalBody } from '../../domain/state.ts'
import type { Baseline, BaselineTest } from '../../sigma/sigma.ts'
import type { Band, BandedNumber, BaselineAnalytic, Surroundings, Told } from './baseline-analytic.ts'
import { bandOf, bucketOf, deviationOf, farFrom, numberOf, type Counted } from './bucket.ts'
import { cellFrom, cellJson, mergeSlot, newCell, type Cell, type Slot } from './cell.ts'
import { epochOf, HELD, isOld, verdictOn, type Young } from './holding.ts'
import {
  describePast,
  learnNumbers,
  medianBetween,
  newPast,
  pastFrom,
  pastJson,
  pastSize,
  usualOf,
  type Past,
  type Usual,
} from './past.ts'
import {
  isArmed,
  learnSamples,
  mayBeArmed,
  newProgress,
  progressFrom,
  progressJson,
  type Progress,
} from './progress.ts'

/** Whose observations are looked at apart within one key, at most. */
const SERIES = 1_000
/** Numbers of one epoch that wait to be learned. */
const YOUNG = 4_096
/** Buckets without an observation that are 0, ms: of what is silent for longer, nothing is known. */
const SILENT = 7 * 86_400_000
/** What is silent is looked at for so long, where less than usual is looked for, ms. */
const WATCHED = 86_400_000
/** The newest numbers, for people. */
const RECENT = 24
const TOLD = 10
const WEEK_DAYS = 7

interface Series {
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

interface YoungNumbers extends Young {
  /** Beginnings of buckets and their numbers. */
  numbers: [bucket: number, x: number][]
}

type Recent = [time: number, x: number, median: number | null, low: number | null, high: number | null]

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

type Spike = Extract<BaselineTest, { type: 'spike' }>

/** A number that is far from what its key had in the same hours. */
export function spike(baseline: Baseline & { readonly test: Spike }): BaselineAnalytic<SpikeState> {
  const { learning, retain, test } = baseline
  const isZero = test.aggregate === 'count' || test.aggregate === 'sum'
  const looksAtSilence = isZero && test.direction !== 'above'
  return {
    tellsOnce: true,
    keepsEvidence: true,
    judge(before, cells, surroundings) {
      let state = before
      const run: Run = { baseline, test, isZero, surroundings, told: [], isBounded: false }
      for (const { tick, cell } of cells) {
        if (state !== undefined && tick < state.at) continue
        state ??= newState(firstTime(cell))
        closeUntil(state, tick, looksAtSilence, run)
        observe(state, tick, cell, run)
      }
      if (state === undefined) {
        const nothing = { state: undefined, told: [], deadline: undefined, expires: 0 }
        return { ...nothing, status: 'learning', isBounded: false }
      }
      closeUntil(state, surroundings.until, looksAtSilence, run)
      state.at = Math.max(state.at, surroundings.until)
      const armed = isArmed(state.progress, learning, state.at)
      return {
        state,
        told: run.told,
        deadline: nextEnd(state, test.timespan, looksAtSilence)?.end,
        expires: state.progress.last + retain,
        status: state.drifted !== undefined ? 'drifted' : armed ? 'armed' : 'learning',
        isBounded: run.isBounded,
      }
    },
    // it is told when its bucket is over
    mayTell: (state, slot) =>
      state === undefined || mayBeArmed(state.progress, learning, (bucketOf(slot)[0] ?? 0) + test.timespan),
    at: ({ at }) => at,
    last: ({ progress }) => progress.last,
    size: ({ series, young, past, open, recent }) =>
      4 * series.size +
      young.reduce((sum, { numbers }) => sum + numbers.length, 0) +
      pastSize(past) / 2 +
      8 * open.slots.size +
      recent.length,
    toJson: (state) => [
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
    ],
    pastJson(state) {
      if (!state.pastChanged) return undefined
      state.pastChanged = false
      return pastJson(state.past)
    },
    fromJson,
    approve(state, value) {
      if (value !== undefined) return false
      state.progress.approved = true
      state.anchor = undefined
      state.drifted = undefined
      return true
    },
    forget: () => false,
    describe({ progress, young, drifted }) {
      const { first, last, samples, days } = progress
      return {
        first,
        last,
        samples,
        days,
        held: young.filter((each) => isOld(each, last)).length,
        ...(drifted === undefined ? {} : { drifted }),
      }
    },
    learned: ({ past, recent, told }) => ({
      past: describePast(past, bandsIn(past, test)),
      recent: recent.map(banded),
      told: told.map(banded),
    }),
  }
}

/** What an hour is held against. Without a season all hours of a day are held against the same. */
function bandsIn(past: Past, test: Spike): (hour: LocalHour) => Band | undefined {
  const known = new Map<number, Band | undefined>()
  return (hour) => {
    const place = test.season === 'none' ? hour.day : hour.day * 24 + hour.hour
    if (known.has(place)) return known.get(place)
    const usual = usualOf(past, hour, test.season)
    const band = usual === undefined ? undefined : bandOf(usual, test)
    known.set(place, band)
    return band
  }
}

interface Run {
  readonly baseline: Baseline
  readonly test: Spike
  readonly isZero: boolean
  readonly surroundings: Surroundings
  readonly told: Told[]
  isBounded: boolean
}

function newState(time: number): SpikeState {
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

function firstTime({ slots }: Cell): number {
  let first = Infinity
  for (const { time } of slots.values()) if (time < first) first = time
  return first
}

/** Adds a tick to the buckets that are open. What is late for its bucket is not looked at. */
function observe(state: SpikeState, tick: number, cell: Cell, run: Run): void {
  const { open, progress } = state
  for (const [key, slot] of cell.slots) {
    const [bucket, name] = bucketOf(key)
    progress.last = Math.max(progress.last, slot.last)
    if (bucket + run.test.timespan <= tick) continue
    const known = open.slots.get(key)
    if (known === undefined) open.slots.set(key, { ...slot })
    else mergeSlot(known, slot)
    if (!state.series.has(name)) startSeries(state, name, bucket, run)
  }
  if (cell.more > 0) run.isBounded = true
  for (const entity of cell.entities) if (!open.entities.includes(entity)) open.entities.push(entity)
  open.entities = open.entities.sort().slice(0, 16)
}

function startSeries({ series }: SpikeState, name: string, bucket: number, run: Run): void {
  series.set(name, { closed: bucket, last: bucket, counted: undefined, streak: 0, body: undefined })
  if (series.size <= SERIES) return
  run.isBounded = true
  let stalest: [string, Series] | undefined
  for (const each of series)
    if (each[0] !== name && (stalest === undefined || each[1].last < stalest[1].last)) stalest = each
  if (stalest !== undefined) series.delete(stalest[0])
}

interface End {
  readonly end: number
  readonly name: string
  /** Undefined for a bucket without an observation. */
  readonly key: string | undefined
}

/** The bucket that is over next. */
function nextEnd({ open, series }: SpikeState, timespan: number, looksAtSilence: boolean): End | undefined {
  let next: End | undefined
  const consider = (end: number, name: string, key: string | undefined): void => {
    const isSooner =
      next === undefined ||
      end < next.end ||
      (end === next.end && (name < next.name || (name === next.name && key !== undefined)))
    if (isSooner) next = { end, name, key }
  }
  for (const key of open.slots.keys()) {
    const [bucket, name] = bucketOf(key)
    consider(bucket + timespan, name, key)
  }
  if (looksAtSilence)
    for (const [name, { closed, last }] of series)
      if (closed < last + WATCHED) consider(closed + timespan, name, undefined)
  return next
}

/** All that are over by then, in the order in which they are. */
function endsUntil({ open }: SpikeState, timespan: number, until: number): readonly End[] {
  const due: End[] = []
  for (const key of open.slots.keys()) {
    const [bucket, name] = bucketOf(key)
    if (bucket + timespan <= until) due.push({ end: bucket + timespan, name, key })
  }
  return due.sort((a, b) => a.end - b.end || (a.name < b.name ? -1 : 1))
}

function closeUntil(state: SpikeState, until: number, looksAtSilence: boolean, run: Run): void {
  const { timespan } = run.test
  const due = looksAtSilence ? [] : endsUntil(state, timespan, until)
  for (let at = 0; ; at += 1) {
    const next = looksAtSilence ? nextEnd(state, timespan, true) : due[at]
    if (next === undefined || next.end > until) return
    const { end, name, key } = next
    const slot = key === undefined ? undefined : state.open.slots.get(key)
    if (key !== undefined) state.open.slots.delete(key)
    const series = state.series.get(name)
    if (series === undefined) continue
    close(state, series, { name, end, slot }, run)
    if (state.open.slots.size === 0) state.open.entities = []
  }
}

interface Bucket {
  readonly name: string
  readonly end: number
  readonly slot: Slot | undefined
}

/** Looks at a bucket that is over, and at those before it that had nothing. */
function close(state: SpikeState, series: Series, { name, end, slot }: Bucket, run: Run): void {
  const { timespan, aggregate } = run.test
  const begin = end - timespan
  if (series.closed < begin) {
    series.streak = 0
    if (run.isZero)
      for (let empty = Math.max(series.closed, begin - SILENT); empty < begin; empty += timespan)
        remember(state, empty, 0, run)
  }
  series.closed = end
  const x = slot === undefined ? 0 : numberOf(aggregate, slot, series.counted)
  if (slot !== undefined) {
    series.last = slot.last
    if (aggregate === 'rate') series.counted = { time: slot.last, value: slot.latest }
    // what an alert is made of is kept from then on
    const isKept = mayBeArmed(state.progress, run.baseline.learning, end)
    if (run.test.direction !== 'above' && isKept && slot.body !== undefined)
      series.body = { ...slot.body, evidence: slot.body.evidence.slice(0, 1) }
  }
  if (x === undefined) return
  settle(state, end, run)
  judge(state, series, { name, end, slot }, x, run)
  remember(state, begin, x, run)
}

function judge(state: SpikeState, series: Series, bucket: Bucket, x: number, run: Run): void {
  const { test, baseline, surroundings, told } = run
  const { end, slot, name } = bucket
  const armed = isArmed(state.progress, baseline.learning, end)
  const usual = armed ? usualAt(state, end - test.timespan, run) : undefined
  const band = usual === undefined ? undefined : bandOf(usual, test)
  state.recent.push([end, x, band?.median ?? null, band?.low ?? null, band?.high ?? null])
  if (state.recent.length > RECENT) state.recent.shift()
  if (usual === undefined || band === undefined) return
  const about = {
    time: end,
    event: slot?.event ?? `bucket ${end - test.timespan}`,
    body: slot?.body ?? series.body,
    series: name === '' ? undefined : name,
  }
  const hour = surroundings.hourOf(end - test.timespan)
  if (state.day !== hour.day) {
    state.day = hour.day
    const drift = driftOf(state, hour.day, usual, run)
    if (drift !== undefined) told.push({ ...about, reason: 'drift', count: 1, seen: drift })
  }
  const far = farFrom(x, usual, test)
  if (far === undefined) {
    series.streak = 0
    return
  }
  series.streak += 1
  if (series.streak !== test.buckets) return
  state.told.push([end, x, band.median, band.low, band.high])
  if (state.told.length > TOLD) state.told.shift()
  const z = (x - usual.median) / deviationOf(usual, test)
  told.push({
    ...about,
    reason: 'spike',
    count: slot?.n ?? 1,
    seen: {
      value: rounded(x),
      median: rounded(usual.median),
      mad: rounded(usual.mad),
      z: rounded(z),
      season: usual.season,
    },
  })
}

function usualAt(state: SpikeState, time: number, { surroundings, test }: Run): Usual | undefined {
  const here = surroundings.hourOf(time)
  const hour = here.day * 24 + here.hour
  if (state.usual?.hour !== hour) state.usual = { hour, usual: usualOf(state.past, here, test.season) }
  return state.usual.usual
}

/** Once a day: how far the median of a week is from where it was. */
function driftOf(
  state: SpikeState,
  day: number,
  usual: Usual,
  { test }: Run,
): Readonly<Record<string, number>> | undefined {
  if (state.anchor === undefined) {
    const all = usualOf(state.past, { day, hour: 0, weekday: 1 }, 'none') ?? usual
    state.anchor = { median: all.median, deviation: deviationOf(all, test) }
    return undefined
  }
  const recent = medianBetween(state.past, day - WEEK_DAYS, day)
  if (recent === undefined) return undefined
  const { median, deviation } = state.anchor
  const far = (recent - median) / deviation
  const isFar =
    (test.direction !== 'below' && far > test.drift && recent >= test.floor) ||
    (test.direction !== 'above' && far < -test.drift && median >= test.floor)
  if (!isFar) {
    state.drifted = undefined
    return undefined
  }
  if (state.drifted !== undefined) return undefined
  state.drifted = day * 86_400_000
  return { value: rounded(recent), median: rounded(median), deviations: rounded(far) }
}

/** A number waits until its probation is over. */
function remember(state: SpikeState, bucket: number, x: number, run: Run): void {
  const epoch = epochOf(bucket + run.test.timespan - 1)
  let young = state.young.find((each) => each.epoch === epoch)
  if (young === undefined) {
    young = { epoch, entities: [], numbers: [] }
    state.young.push(young)
  }
  for (const entity of state.open.entities) if (!young.entities.includes(entity)) young.entities.push(entity)
  if (young.numbers.length < YOUNG) young.numbers.push([bucket, x])
  else run.isBounded = true
}

function settle(state: SpikeState, time: number, { surroundings }: Run): void {
  if (!state.young.some((each) => isOld(each, time))) return
  const left: YoungNumbers[] = []
  for (const young of state.young.sort((a, b) => a.epoch - b.epoch)) {
    const verdict = isOld(young, time) ? verdictOn(young, surroundings) : 'hold'
    if (verdict === 'hold') left.push(young)
    else if (verdict === 'learn') learn(state, young, surroundings)
  }
  state.young = left.slice(-HELD)
}

function learn(state: SpikeState, { numbers, epoch }: YoungNumbers, { hourOf }: Surroundings): void {
  const hours = new Map<number, number[]>()
  for (const [bucket, x] of numbers) {
    const { day, hour } = hourOf(bucket)
    const known = hours.get(day * 24 + hour)
    if (known === undefined) hours.set(day * 24 + hour, [x])
    else known.push(x)
  }
  for (const [place, xs] of hours) {
    const [day, hour] = [Math.floor(place / 24), place % 24]
    learnNumbers(state.past, { day, hour, weekday: 0 }, xs)
  }
  learnSamples(state.progress, numbers.length, hourOf(epoch))
  state.pastChanged = true
  state.usual = undefined
}

function banded([time, value, median, low, high]: Recent): BandedNumber {
  return median === null || low === null || high === null
    ? { time, value }
    : { time, value, band: { median, low, high } }
}

function rounded(number: number): number {
  return Number(number.toPrecision(6))
}

function fromJson(json: unknown, past: unknown): SpikeState {
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

import type { LocalHour } from '../../domain/local-hour.ts'
import type { Baseline } from '../../sigma/sigma.ts'
import type { Band, BandedNumber, BaselineAnalytic } from './baseline-analytic.ts'
import { bandOf, bucketOf, numberOf } from './bucket.ts'
import { firstTimeOf } from './cell.ts'
import { isOld } from './holding.ts'
import { describePast, pastJson, pastSize, usualOf, type Past } from './past.ts'
import { isArmed, mayBeArmed } from './progress.ts'
import { endsUntil, nextEnd, observe } from './spike-buckets.ts'
import { judgeBucket, type Bucket } from './spike-judging.ts'
import { remember, settle } from './spike-learning.ts'
import type { Run } from './spike-run.ts'
import {
  newState,
  setSpikeBack,
  spikeFrom,
  spikeJson,
  type Recent,
  type Series,
  type Spike,
  type SpikeState,
} from './spike-state.ts'

/** Buckets without an observation that are 0, ms: of what is silent for longer, nothing is known. */
const SILENT = 7 * 86_400_000

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
        state ??= newState(firstTimeOf(cell))
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
    toJson: spikeJson,
    pastJson(state) {
      if (!state.pastChanged) return undefined
      state.pastChanged = false
      return pastJson(state.past)
    },
    fromJson: spikeFrom,
    setBack: setSpikeBack,
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
  judgeBucket(state, series, { name, end, slot }, x, run)
  remember(state, begin, x, run)
}

function banded([time, value, median, low, high]: Recent): BandedNumber {
  return median === null || low === null || high === null
    ? { time, value }
    : { time, value, band: { median, low, high } }
}

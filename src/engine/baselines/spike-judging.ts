import { bandOf, deviationOf, farFrom } from './bucket.ts'
import type { Slot } from './cell.ts'
import { medianBetween, usualOf, type Usual } from './past.ts'
import { isArmed } from './progress.ts'
import type { Run } from './spike-run.ts'
import type { Series, SpikeState } from './spike-state.ts'

/** The newest numbers, for people. */
const RECENT = 24
const TOLD = 10
const WEEK_DAYS = 7

/** A bucket that is over. */
export interface Bucket {
  readonly name: string
  readonly end: number
  readonly slot: Slot | undefined
}

/** Whether the number of a bucket that is over is far from what is usual, and whether that drifted. */
export function judgeBucket(state: SpikeState, series: Series, bucket: Bucket, x: number, run: Run): void {
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

function rounded(number: number): number {
  return Number(number.toPrecision(6))
}

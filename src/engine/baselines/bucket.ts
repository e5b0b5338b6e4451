import type { SpikeTest } from '../../sigma/sigma.ts'
import type { Band } from './baseline-analytic.ts'
import type { Slot } from './cell.ts'
import { quantile, type Usual } from './past.ts'

/** 1.4826·MAD is the standard deviation of what is normally distributed. */
const NORMAL = 1.4826
const TWENTIETH = 0.05
const LEAST = 1e-9

/** The newest number of a counter, ms and what it was. */
export interface Counted {
  readonly time: number
  readonly value: number
}

/** Where a slot's bucket begins, ms, and whose it is. */
export function bucketOf(slot: string): readonly [bucket: number, series: string] {
  const at = slot.indexOf('|')
  return [Number(slot.slice(0, at)), slot.slice(at + 1)]
}

export function slotOf(time: number, timespan: number, series: string): string {
  return `${Math.floor(time / timespan) * timespan}|${series}`
}

/** The number of a bucket; undefined where there is none, as of a counter that was seen once. */
export function numberOf(
  aggregate: SpikeTest['aggregate'],
  slot: Slot,
  before: Counted | undefined,
): number | undefined {
  switch (aggregate) {
    case 'count':
      return slot.n
    case 'sum':
      return slot.sum
    case 'avg':
      return slot.sum / slot.n
    case 'max':
      return slot.max
    case 'min':
      return slot.min
    case 'rate':
      return rateOf(slot, before ?? { time: slot.time, value: slot.first })
  }
}

/** A counter that is less than it was began anew. */
function rateOf({ last, latest, max }: Slot, { time, value }: Counted): number | undefined {
  if (last <= time) return undefined
  const grown = latest >= value ? latest - value : Math.max(0, max - value) + latest
  return (grown * 1_000) / (last - time)
}

/** What counts as one deviation. */
export function deviationOf({ median, mad }: Usual, { madFloor, floor, threshold }: SpikeTest): number {
  const least = madFloor ?? (median === 0 ? floor / threshold : Math.abs(median) * TWENTIETH)
  return Math.max(NORMAL * mad, least, LEAST)
}

export function bandOf(usual: Usual, test: SpikeTest): Band {
  const reach = test.threshold * deviationOf(usual, test)
  return { median: usual.median, low: usual.median - reach, high: usual.median + reach }
}

/** Whether a number is far from what is usual: `above` it, `below` it, or not. */
export function farFrom(x: number, usual: Usual, test: SpikeTest): 'above' | 'below' | undefined {
  const { direction, floor, ratio, percentile } = test
  const { low, high, median } = bandOf(usual, test)
  const reference = (numbers: Float64Array, none: number): number =>
    ratio === undefined ? none : ratio * quantile(numbers, percentile / 100)
  if (direction !== 'below' && x >= high && x >= floor && x >= reference(usual.around, x)) return 'above'
  if (direction === 'above' || x > low || median < floor) return undefined
  return x <= reference(usual.numbers, x) ? 'below' : undefined
}

import type { LocalHour } from '../../domain/local-hour.ts'
import type { Season } from '../../sigma/sigma.ts'
import type { Band, PastNumber } from './baseline-analytic.ts'

/** Days of numbers that are kept: four weeks, and the one that is going on. */
const DAYS = 35
const HOURS = 24
/** Numbers that stand for those of one hour. */
const KEPT = 4
const A_DAY = HOURS * KEPT
/** Days that an hour of the week, and of the day, has to have. */
const WEEKS = 4
const FEW_DAYS = 4
/** Hours before and after in which the most that there was is looked for. */
const AROUND = 1

/** Numbers of past hours, by the days of the site: a few of each hour. */
export interface Past {
  /** Which day a row is of, -1 for none. */
  readonly days: Int32Array
  /** NaN where there is none. */
  readonly numbers: Float32Array
}

/** What a number is held against. */
export interface Usual {
  readonly median: number
  /** Median of the absolute deviations from it. */
  readonly mad: number
  readonly season: Season
  /** Sorted. */
  readonly numbers: Float64Array
  /**
   * With those of the hours before and after: what a clock starts comes an hour earlier or later when summer time
   * begins or ends, and is usual all the same.
   */
  readonly around: Float64Array
}

export function newPast(): Past {
  return { days: new Int32Array(DAYS).fill(-1), numbers: new Float32Array(DAYS * A_DAY).fill(Number.NaN) }
}

/** Adds numbers of one hour; those that are there already are among those that they are chosen from. */
export function learnNumbers(past: Past, { day, hour }: LocalHour, numbers: readonly number[]): void {
  const row = rowOf(past, day)
  if (row === undefined) return
  const from = row * A_DAY + hour * KEPT
  const all = [...numbers]
  for (let at = from; at < from + KEPT; at += 1) {
    const known = past.numbers[at] as number
    if (!Number.isNaN(known)) all.push(known)
  }
  all.sort((a, b) => a - b)
  for (let n = 0; n < KEPT; n += 1) {
    // each stands for a quarter of them, and the last is the largest: what comes once an hour is usual too
    const chosen =
      all.length <= KEPT
        ? (all[n] ?? Number.NaN)
        : (all[n === KEPT - 1 ? all.length - 1 : Math.floor(((n + 0.5) * all.length) / KEPT)] as number)
    past.numbers[from + n] = chosen
  }
}

/** Days that are not yet: nothing could be learned in their place. */
export function forgetDaysAfter({ days, numbers }: Past, day: number): void {
  for (const [row, its] of days.entries()) {
    if (its <= day) continue
    days[row] = -1
    numbers.fill(Number.NaN, row * A_DAY, (row + 1) * A_DAY)
  }
}

/** Undefined for a day that is older than what is kept. */
function rowOf({ days, numbers }: Past, day: number): number | undefined {
  const row = day % DAYS
  const there = days[row] as number
  if (there === day) return row
  if (there > day) return undefined
  days[row] = day
  numbers.fill(Number.NaN, row * A_DAY, (row + 1) * A_DAY)
  return row
}

/**
 * What an hour has had: the same hour of the week where there are four of them, else the same hour of the day, else
 * any hour. Undefined where there is nothing.
 */
export function usualOf(past: Past, { day, hour, weekday }: LocalHour, wanted: Season): Usual | undefined {
  const same = (season: Season, around: number): number[] => {
    const found: number[] = []
    for (let row = 0; row < DAYS; row += 1) {
      const its = past.days[row] as number
      if (its < 0 || its <= day - DAYS || its > day) continue
      // 1970-01-01 was a Thursday
      if (season === 'hour-of-week' && ((its + 3) % 7) + 1 !== weekday) continue
      const [first, last] = season === 'none' ? [0, HOURS] : [hour - around, hour + around + 1]
      const from = row * A_DAY + Math.max(0, first) * KEPT
      const to = row * A_DAY + Math.min(HOURS, last) * KEPT
      for (let at = from; at < to; at += 1) {
        const number = past.numbers[at] as number
        if (!Number.isNaN(number)) found.push(number)
      }
    }
    return found
  }
  if (wanted === 'hour-of-week' && daysWith(past, day, hour, weekday) >= WEEKS)
    return described(same('hour-of-week', 0), 'hour-of-week', same('hour-of-week', AROUND))
  if (wanted !== 'none' && daysWith(past, day, hour) >= FEW_DAYS)
    return described(same('hour-of-day', 0), 'hour-of-day', same('hour-of-day', AROUND))
  return described(same('none', 0), 'none')
}

/** Days before this one that have a number in an hour, of a weekday or of all. */
function daysWith({ days, numbers }: Past, day: number, hour: number, weekday?: number): number {
  let count = 0
  for (let row = 0; row < DAYS; row += 1) {
    const its = days[row] as number
    if (its < 0 || its <= day - DAYS || its >= day) continue
    if (weekday !== undefined && ((its + 3) % 7) + 1 !== weekday) continue
    if (!Number.isNaN(numbers[row * A_DAY + hour * KEPT])) count += 1
  }
  return count
}

/** Median of all numbers of the days from `since` on, before `until`; undefined where there is none. */
export function medianBetween({ days, numbers }: Past, since: number, until: number): number | undefined {
  const found: number[] = []
  for (let row = 0; row < DAYS; row += 1) {
    const its = days[row] as number
    if (its < since || its >= until) continue
    for (let at = row * A_DAY; at < (row + 1) * A_DAY; at += 1) {
      const number = numbers[at] as number
      if (!Number.isNaN(number)) found.push(number)
    }
  }
  return described(found, 'none')?.median
}

function described(found: number[], season: Season, around = found): Usual | undefined {
  if (found.length === 0) return undefined
  const numbers = Float64Array.from(found).sort()
  const median = quantile(numbers, 0.5)
  const deviations = numbers.map((number) => Math.abs(number - median)).sort()
  const mad = quantile(deviations, 0.5)
  return {
    median,
    mad,
    season,
    numbers,
    around: around === found ? numbers : Float64Array.from(around).sort(),
  }
}

/** Of sorted numbers, interpolated between the closest. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share
  const [below, above] = [Math.floor(place), Math.ceil(place)]
  const low = sorted[below] ?? 0
  return low + ((sorted[above] ?? low) - low) * (place - below)
}

export function pastJson({ days, numbers }: Past): unknown {
  const rows: [day: number, numbers: string][] = []
  for (let row = 0; row < DAYS; row += 1) {
    const day = days[row] as number
    if (day < 0) continue
    const part = numbers.subarray(row * A_DAY, (row + 1) * A_DAY)
    rows.push([day, Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64')])
  }
  return rows
}

export function pastFrom(json: unknown): Past {
  const past = newPast()
  for (const [day, text] of (json ?? []) as readonly (readonly [number, string])[]) {
    const row = day % DAYS
    past.days[row] = day
    const bytes = Buffer.from(text, 'base64')
    for (let n = 0; n < A_DAY && n * 4 + 4 <= bytes.length; n += 1)
      past.numbers[row * A_DAY + n] = bytes.readFloatLE(n * 4)
  }
  return past
}

/** How many numbers there are. */
export function pastSize({ days }: Past): number {
  return days.reduce((sum, day) => sum + (day < 0 ? 0 : A_DAY), 0)
}

/** `bandOf` is asked for each hour that has numbers. */
export function describePast(
  { days, numbers }: Past,
  bandOf: (hour: LocalHour) => Band | undefined,
): readonly PastNumber[] {
  const found: PastNumber[] = []
  for (const [row, day] of [...days.entries()].filter(([, its]) => its >= 0).sort((a, b) => a[1] - b[1])) {
    for (let hour = 0; hour < HOURS; hour += 1) {
      const from = row * A_DAY + hour * KEPT
      const values = [...numbers.subarray(from, from + KEPT)].filter((number) => !Number.isNaN(number))
      if (values.length === 0) continue
      const band = bandOf({ day, hour, weekday: ((day + 3) % 7) + 1 })
      found.push({ day, hour, values, ...(band === undefined ? {} : { band }) })
    }
  }
  return found
}

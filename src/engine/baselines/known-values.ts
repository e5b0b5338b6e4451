import type { LocalHour } from '../../domain/local-hour.ts'
import type { LearnedValue } from './baseline-analytic.ts'
import type { Slot } from './cell.ts'

/** A value that a key had. Times in ms. */
export interface Known {
  count: number
  first: number
  last: number
  /** Distinct days, and the newest of them. */
  days: number
  day: number
  /** Who had it first. */
  who: string
}

export type KnownValues = Map<string, Known>

/** Adds what was seen in one tick. */
export function sawValue(values: KnownValues, value: string, slot: Slot, { day }: LocalHour): void {
  const known = values.get(value)
  if (known === undefined) {
    values.set(value, { count: slot.n, first: slot.time, last: slot.last, days: 1, day, who: slot.who })
    return
  }
  known.count += slot.n
  known.last = Math.max(known.last, slot.last)
  if (day > known.day) {
    known.day = day
    known.days += 1
  }
}

/** Adds what was seen later than all that is there; `more` is given up. */
export function addValues(values: KnownValues, more: KnownValues): void {
  for (const [value, later] of more) {
    const known = values.get(value)
    if (known === undefined) {
      values.set(value, later)
      continue
    }
    known.count += later.count
    known.last = Math.max(known.last, later.last)
    known.days += later.days - (known.day >= later.day - later.days + 1 ? 1 : 0)
    known.day = Math.max(known.day, later.day)
  }
}

/** The one that was seen longest ago; of several, the first by its text. */
export function stalestOf(values: KnownValues): string | undefined {
  let found: string | undefined
  let last = Infinity
  for (const [value, known] of values) {
    if (known.last > last || (known.last === last && found !== undefined && value > found)) continue
    found = value
    last = known.last
  }
  return found
}

export function valuesJson(values: KnownValues): unknown {
  return [...values].map(([value, { count, first, last, days, day, who }]) =>
    days === 1
      ? [value, count, first, last - first, day, who]
      : [value, count, first, last - first, day, who, days],
  )
}

type Row = readonly [
  value: string,
  count: number,
  first: number,
  span: number,
  day: number,
  who: string,
  days?: number,
]

export function valuesFrom(json: unknown): KnownValues {
  return new Map(
    (json as readonly Row[]).map(([value, count, first, span, day, who, days = 1]) => [
      value,
      { count, first, last: first + span, days, day, who },
    ]),
  )
}

export function describeValues(
  values: KnownValues,
  state: LearnedValue['state'],
  told: ReadonlyMap<string, number>,
): readonly LearnedValue[] {
  return [...values].map(([value, { count, first, last, days, who }]) => {
    const at = told.get(value)
    return { value, count, first, last, days, who, state, ...(at === undefined ? {} : { told: at }) }
  })
}

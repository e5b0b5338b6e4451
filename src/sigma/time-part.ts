import { numericOf } from './number.ts'

export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const
export type TimePart = (typeof TIME_PARTS)[number]

const WRITTEN =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s?(?:[Zz]|[+-]\d\d:?\d\d)?)?$/
const DAY = 86_400_000

/**
 * One part of a timestamp, as it is written: its local time, whatever its zone. Numbers are seconds since the
 * epoch, or milliseconds above 1e12, in UTC. Weeks are those of ISO 8601. Undefined for what is no timestamp.
 */
export function timePart(value: unknown, part: TimePart): number | undefined {
  const number = numericOf(value)
  if (number !== undefined) {
    const date = new Date(Number(number) > 1e12 ? Number(number) : Number(number) * 1000)
    return Number.isNaN(date.getTime()) ? undefined : partOf(partsOf(date), part)
  }
  const parts = typeof value === 'string' && value.length <= 64 ? writtenParts(value) : undefined
  return parts && partOf(parts, part)
}

/** Local time; the month and the day from 1 on. */
interface Parts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
}

function partOf(parts: Parts, part: TimePart): number {
  return part === 'week' ? isoWeek(parts) : parts[part]
}

function partsOf(date: Date): Parts {
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  }
}

function writtenParts(text: string): Parts | undefined {
  const found = WRITTEN.exec(text)
  if (!found) return undefined
  const at = (group: number): number => Number(found[group] ?? 0)
  const parts: Parts = { year: at(1), month: at(2), day: at(3), hour: at(4), minute: at(5) }
  const { year, month, day, hour, minute } = parts
  const isDay = month >= 1 && month <= 12 && day >= 1 && (day <= 28 || day <= daysIn(year, month))
  return isDay && hour <= 23 && minute <= 59 && at(6) <= 60 ? parts : undefined
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** The week of the year that the week's Thursday lies in. */
function isoWeek({ year, month, day }: Parts): number {
  const date = new Date(Date.UTC(year, month - 1, day))
  const weekday = (date.getUTCDay() + 6) % 7
  const thursday = date.getTime() + (3 - weekday) * DAY
  const newYear = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1)
  return Math.floor((thursday - newYear) / (7 * DAY)) + 1
}

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
  const date = dateOf(value)
  if (!date || Number.isNaN(date.getTime())) return undefined
  switch (part) {
    case 'minute':
      return date.getUTCMinutes()
    case 'hour':
      return date.getUTCHours()
    case 'day':
      return date.getUTCDate()
    case 'week':
      return isoWeek(date)
    case 'month':
      return date.getUTCMonth() + 1
    case 'year':
      return date.getUTCFullYear()
  }
}

function dateOf(value: unknown): Date | undefined {
  const number = numericOf(value)
  if (number !== undefined) return new Date(Number(number) > 1e12 ? Number(number) : Number(number) * 1000)
  const written = typeof value === 'string' && value.length <= 64 ? WRITTEN.exec(value) : undefined
  if (!written) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = written
    .slice(1, 7)
    .map((text) => Number(text ?? 0))
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
    return undefined
  return new Date(Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59)))
}

/** The week of the year that the week's Thursday lies in. */
function isoWeek(date: Date): number {
  const weekday = (date.getUTCDay() + 6) % 7
  const thursday = date.getTime() + (3 - weekday) * DAY
  const newYear = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1)
  return Math.floor((thursday - newYear) / (7 * DAY)) + 1
}

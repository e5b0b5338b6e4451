export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A Monday, 00:00 UTC. Five weeks from here have the end of summer time and two ends of a month in them. */
export const START = Date.UTC(2026, 8, 28)
/** Where people work and sleep. */
export const ZONE = 'Europe/Berlin'

/** What a clock on the wall of `ZONE` shows, ms since 1970 as if it stood in UTC. */
export function localTime(time: number): number {
  const year = new Date(time).getUTCFullYear()
  const isSummer = time >= lastSundayOf(year, 2) + HOUR && time < lastSundayOf(year, 9) + HOUR
  return time + (isSummer ? 2 : 1) * HOUR
}

/** Days since 1970, of the wall. */
export function localDay(time: number): number {
  return Math.floor(localTime(time) / DAY)
}

/** Hour of the wall's day, with its minutes as a fraction. */
export function localHour(time: number): number {
  return (localTime(time) % DAY) / HOUR
}

export function isWeekend(time: number): boolean {
  return isWeekendDay(localDay(time))
}

/** 1970-01-01 was a Thursday. */
export function isWeekendDay(day: number): boolean {
  return (day + 3) % 7 >= 5
}

const sundays = new Map<number, number>()

function lastSundayOf(year: number, month: number): number {
  const key = year * 12 + month
  const known = sundays.get(key)
  if (known !== undefined) return known
  const last = new Date(Date.UTC(year, month + 1, 0))
  const found = last.getTime() - last.getUTCDay() * DAY
  sundays.set(key, found)
  return found
}

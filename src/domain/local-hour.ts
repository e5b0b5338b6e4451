/** An hour by the clock of a place. */
export interface LocalHour {
  /** Days since 1970-01-01, of the place's calendar. */
  readonly day: number
  /** 0 to 23; an hour that a change of the clock repeats is one. */
  readonly hour: number
  /** 1 for Monday to 7. */
  readonly weekday: number
}

/** When that hour of an IANA zone begins, ms: the first of two that a change of the clock makes of one. */
export function beginningOf({ day, hour }: Pick<LocalHour, 'day' | 'hour'>, zone: string): number {
  const here = Temporal.Instant.fromEpochMilliseconds(day * DAY + hour * HOUR).toZonedDateTimeISO('UTC')
  return here.toPlainDateTime().toZonedDateTime(zone, { disambiguation: 'earlier' }).epochMilliseconds
}

/** Zones differ by quarters of an hour: within one, nothing changes. */
const QUARTER = 900_000
const REMEMBERED = 20_000
const DAY = 86_400_000
const HOUR = 3_600_000

/** The hours of an IANA zone, daylight saving included. Remembers those that it was asked. Times in ms. */
export function localHours(zone: string): (time: number) => LocalHour {
  const known = new Map<number, LocalHour>()
  return (time) => {
    const quarter = Math.floor(time / QUARTER)
    const found = known.get(quarter)
    if (found !== undefined) return found
    if (known.size >= REMEMBERED) known.clear()
    const here = Temporal.Instant.fromEpochMilliseconds(quarter * QUARTER).toZonedDateTimeISO(zone)
    const { year, month, day, hour, dayOfWeek } = here
    const made = { day: Math.floor(Date.UTC(year, month - 1, day) / DAY), hour, weekday: dayOfWeek }
    known.set(quarter, made)
    return made
  }
}

/**
 * The instant at which a day (`YYYY-MM-DD`) ends in a site's IANA zone, ms since the epoch; daylight saving
 * included. Undefined where it is no such day.
 */
export function endOfDay(day: string, zone: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined
  try {
    return Temporal.PlainDate.from(day, { overflow: 'reject' }).add({ days: 1 }).toZonedDateTime(zone)
      .epochMilliseconds
  } catch {
    return undefined
  }
}

/** A duration as people write it (`90s`, `30m`, `2h`, `14d`) in ms; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const found = /^(\d{1,6})([smhdw])$/.exec(text.trim())
  if (found === null) return undefined
  const unit = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }[
    found[2] as 's' | 'm' | 'h' | 'd' | 'w'
  ]
  return Number(found[1]) * unit
}

/** A duration in ms for people, in its largest unit, rounded down: `90s` is `1m`. */
export function durationWords(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
  ] as const
  const [size, unit] = units.find(([length]) => ms >= length) ?? [1_000, 's']
  return `${Math.floor(ms / size)}${unit}`
}

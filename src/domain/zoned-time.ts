/** Zones change their offset at quarters of an hour. */
const QUARTER = 15 * 60_000
const DAY = 24 * 60 * 60_000
const REMEMBERED = 256

const formats = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, number>()

/**
 * When clocks of an IANA zone show `wall` (ms since the epoch, as if they were in UTC). Of two such instants, when
 * clocks are put back, the earlier; where there is none, as if clocks had not been put forward yet.
 */
export function instantOf(wall: number, zone: string): number {
  const [before, after] = [offsetAt(wall - DAY, zone), offsetAt(wall + DAY, zone)]
  if (offsetAt(wall - before, zone) === before) return wall - before
  return offsetAt(wall - after, zone) === after ? wall - after : wall - before
}

/** How far clocks of the zone are ahead of UTC at that time, ms. */
function offsetAt(time: number, zone: string): number {
  if (zone === 'UTC') return 0
  const quarter = Math.floor(time / QUARTER)
  const key = `${zone} ${quarter}`
  const known = offsets.get(key)
  if (known !== undefined) return known
  const offset = shownAt(quarter * QUARTER, zone) - quarter * QUARTER
  if (offsets.size >= REMEMBERED) offsets.clear()
  offsets.set(key, offset)
  return offset
}

function shownAt(time: number, zone: string): number {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  formats.set(zone, format)
  const shown = new Map(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]))
  const part = (name: Intl.DateTimeFormatPartTypes): number => shown.get(name) ?? 0
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}

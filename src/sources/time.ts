const STAMP = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d+)?)\s?(Z|UTC|[+-]\d\d:?\d\d)?$/i
const LATEST = Date.UTC(9999, 0)

/**
 * Milliseconds since the epoch of an RFC 3339 time, with any length of fraction; a blank in place of the T is
 * taken, and UTC where no zone is given (Cloud Logging exports). Undefined for anything else, and for times
 * before 1970: Go writes its zero time as year 1.
 */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 64) return undefined
  if (value.length >= 20 && value[10] === 'T' && value.endsWith('Z')) return inRange(Date.parse(value))
  const parts = STAMP.exec(value)
  if (parts === null) return undefined
  const zone = parts[3] === undefined || parts[3].toUpperCase() === 'UTC' ? 'Z' : parts[3]
  return inRange(Date.parse(`${parts[1]}T${parts[2]?.replace(',', '.')}${zone}`))
}

/** Milliseconds of a count of nanoseconds. */
export function timeOfNanoseconds(value: unknown): number | undefined {
  if (typeof value === 'bigint') return inRange(Number(value / 1_000_000n))
  return typeof value === 'number' ? inRange(Math.floor(value / 1_000_000)) : undefined
}

/** Milliseconds of a count of seconds. */
export function timeOfSeconds(value: unknown): number | undefined {
  return typeof value === 'number' ? inRange(Math.floor(value * 1000)) : undefined
}

export function inRange(milliseconds: number): number | undefined {
  return milliseconds >= 0 && milliseconds < LATEST ? milliseconds : undefined
}

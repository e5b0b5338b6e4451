import type { Finding, SourceName } from '../domain/event.ts'

/** How many records a source says it lost, where it says a number; it may stand in a text. */
export function lostOf(source: SourceName, count: unknown): Pick<Finding, 'lost'> {
  const records = typeof count === 'string' && /^\d{1,15}$/.test(count) ? Number(count) : count
  return typeof records === 'number' && Number.isSafeInteger(records) && records > 0
    ? { lost: { source, records } }
    : {}
}

import type { Event, SourceName } from '../domain/event.ts'
import type { ViewRow } from '../domain/state.ts'

/** Sensors that are no lists: that they tell of a container shows that it is there, never that another is not. */
const PASSING: ReadonlySet<SourceName> = new Set(['tetragon', 'tracee', 'falco'])
/** One is noted so often, and forgotten when nothing was told of it for so long; ms. */
const EVERY = 5_000
const FORGOTTEN = 600_000
const MAX_SEEN = 5_000
const ID = /^[0-9a-f]{64}$/

/** What an event says of who is there; undefined for one that says nothing new. */
export function seenInPassing(
  event: Pick<Event, 'source' | 'time' | 'resource'>,
  input: string,
  rowOf: (observer: string, host: string) => ViewRow | undefined,
): ViewRow | undefined {
  const { source, time, resource } = event
  if (!PASSING.has(source)) return undefined
  const id = resource['container.id']
  const host = resource['host.name'] ?? resource['k8s.node.name']
  if (typeof id !== 'string' || typeof host !== 'string' || !ID.test(id)) return undefined
  const row = rowOf(source, host)
  const known = row?.seen.find(({ key }) => key === id)
  if (known?.last !== undefined && time < known.last + EVERY) return undefined
  const others = (row?.seen ?? []).filter(({ key, last = 0 }) => key !== id && last > time - FORGOTTEN)
  const seen = { key: id, named: true, first: known?.first ?? time, last: time }
  return {
    host,
    view: 'kernel',
    observer: source,
    input,
    source,
    began: row?.began ?? time,
    time: Math.max(time, row?.time ?? 0),
    interval: FORGOTTEN,
    digest: '',
    // it never tells of all
    leftOut: 1,
    seen: [...others, seen].slice(-MAX_SEEN),
    gone: [],
  }
}

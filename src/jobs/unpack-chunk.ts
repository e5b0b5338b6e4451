import type { Evaluable, Meant } from '../loop/decide.ts'
import { SOURCE_NAMES, type Fact } from '../domain/event.ts'
import type { Identity } from '../sources/source.ts'
import { IDENTITY, type ReadChunk } from './messages.ts'

/** Stands for an event that another thread holds. */
export interface EventAway extends Evaluable {
  /** In its batch. */
  readonly number: number
}

const NOTHING: readonly Fact[] = []
const NOWHERE = Object.freeze({})

/** What a chunk's records mean to the writer; `first` is the number of the first event in the batch. */
export function unpackChunk(
  chunk: ReadChunk,
  first: number,
): { readonly meant: Meant<EventAway>; readonly events: number } {
  const facts = new Map(chunk.facts.map(({ item, facts: told }) => [item, told]))
  const evaluables = new Map(chunk.evaluables.map(({ event, evaluable }) => [event, evaluable]))
  let [event, identity] = [0, 0]
  const eventAt = (at: number): EventAway => {
    const evaluable = evaluables.get(at)
    return evaluable === undefined
      ? { number: first + at, time: chunk.times[at] ?? 0, resource: NOWHERE }
      : { ...evaluable, number: first + at }
  }
  const eventsOf = (count: number): readonly EventAway[] => {
    const events: EventAway[] = []
    for (const end = event + count; event < end; event += 1) events.push(eventAt(event))
    return events
  }
  const identityOf = (bits: number): { identity?: Identity } => {
    if (bits === 0) return {}
    const [id = '', content = ''] = [chunk.ids[identity], chunk.contents[identity]]
    identity += 1
    return {
      identity: {
        id,
        content,
        changes: (bits & IDENTITY.changes) !== 0,
        watched: (bits & IDENTITY.watched) !== 0,
      },
    }
  }
  const items = chunk.sources.map((source, item) => ({
    source: SOURCE_NAMES[source] as (typeof SOURCE_NAMES)[number],
    decoded: {
      events: eventsOf(chunk.counts[item] ?? 0),
      facts: facts.get(item) ?? NOTHING,
      ...identityOf(chunk.identities[item] ?? 0),
    },
  }))
  const completed = chunk.completed.map(({ source, count, facts: told }) => ({
    source,
    events: eventsOf(count),
    facts: told,
  }))
  const { failures, moreFailures } = chunk
  const records = Object.values(moreFailures).reduce(
    (sum, count) => sum + count,
    items.length + failures.length,
  )
  return { meant: { records, items, failures, moreFailures, completed }, events: event }
}

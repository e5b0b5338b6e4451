import type { Evaluable } from '../loop/decide.ts'
import { SOURCE_NAMES, type Event } from '../domain/event.ts'
import { SAMPLES_A_BATCH } from '../loop/tally.ts'
import type { DecodedBatch } from '../sources/stream.ts'
import { IDENTITY, type ReadChunk } from './messages.ts'

/** What the writer has to know of decoded records; their events stay where they are. */
export function packChunk(
  { stream, path }: Pick<ReadChunk, 'stream' | 'path'>,
  { items, failures, completed }: DecodedBatch,
): ReadChunk {
  const sources: number[] = []
  const counts: number[] = []
  const times: number[] = []
  const identities: number[] = []
  const ids: string[] = []
  const contents: string[] = []
  const facts: ReadChunk['facts'][number][] = []
  const evaluables: ReadChunk['evaluables'][number][] = []
  let number = 0
  const addEvents = (events: readonly Event[]): void => {
    for (const event of events) {
      times.push(event.time)
      if (saysMore(event)) evaluables.push({ event: number, evaluable: evaluableOf(event) })
      number += 1
    }
  }
  for (const [item, { source, decoded }] of items.entries()) {
    const { identity, events } = decoded
    sources.push(SOURCE_NAMES.indexOf(source))
    counts.push(events.length)
    identities.push(bitsOf(identity))
    if (identity !== undefined) {
      ids.push(identity.id)
      contents.push(identity.content)
    }
    if (decoded.facts.length > 0) facts.push({ item, facts: decoded.facts })
    addEvents(events)
  }
  for (const { events } of completed) addEvents(events)
  return {
    stream,
    ...(path !== undefined && { path }),
    sources,
    counts,
    identities,
    ids,
    contents,
    facts,
    completed: completed.map(({ source, events, facts: told }) => ({
      source,
      count: events.length,
      facts: told,
    })),
    times,
    evaluables,
    failures: failures.slice(0, SAMPLES_A_BATCH),
    moreFailures: countsOf(failures.slice(SAMPLES_A_BATCH)),
  }
}

/** Whether more than its time decides about an event. */
function saysMore(event: Event): boolean {
  return event.once !== undefined || needsInventory(event)
}

/** Whether what an event is depends on what is known of containers by then. */
export function needsInventory({
  resource,
  flow,
  hostFile,
  object,
}: Pick<Event, 'resource' | 'flow' | 'hostFile' | 'object'>): boolean {
  return (
    object !== undefined ||
    flow !== undefined ||
    hostFile !== undefined ||
    typeof resource['container.id'] === 'string' ||
    typeof resource['k8s.pod.uid'] === 'string'
  )
}

function evaluableOf({ time, resource, flow, hostFile, object, once }: Event): Evaluable {
  const { 'container.id': id, 'k8s.pod.uid': pod, 'host.name': host } = resource
  return {
    time,
    resource: {
      ...(id !== undefined && { 'container.id': id }),
      ...(pod !== undefined && { 'k8s.pod.uid': pod }),
      ...(host !== undefined && { 'host.name': host }),
    },
    ...(flow !== undefined && { flow }),
    ...(hostFile !== undefined && { hostFile }),
    ...(object !== undefined && { object }),
    ...(once !== undefined && { once }),
  }
}

function bitsOf(identity: DecodedBatch['items'][number]['decoded']['identity']): number {
  if (identity === undefined) return 0
  return (
    IDENTITY.known |
    (identity.changes === true ? IDENTITY.changes : 0) |
    (identity.watched === true ? IDENTITY.watched : 0)
  )
}

function countsOf(failures: DecodedBatch['failures']): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { reason } of failures) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}

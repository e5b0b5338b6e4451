import type { Event, Logsource, Resource } from '../domain/event.ts'
import { contentOf, OWN_NAMES } from './events.ts'
import { imageAttributes } from './image-reference.ts'
import { isObject, textOf, tryParseJson } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOf } from './time.ts'

const CONTAINER_EVENT: Logsource = Object.freeze({ product: 'containerd', category: 'container_event' })

/** `2026-11-20 10:00:00.12 +0000 UTC moby /tasks/start {…}`: Go's time, namespace, topic, event. */
const LINE =
  /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?) ([+-]\d{4}) \S+ (\S{1,128}) \/([a-z]{1,32})\/([a-z-]{1,64})(?: (\{.*\}))?\s*$/s

/** What a topic is about. */
const TYPES: Readonly<Record<string, string>> = {
  containers: 'container',
  images: 'image',
  namespaces: 'namespace',
  tasks: 'task',
  leases: 'lease',
  sandboxes: 'sandbox',
}

/** The events of containerd, as `ctr events` prints them: of all of its namespaces, also of those that no engine shows. */
export const containerdEvents = defineSource({
  name: 'containerd.events',
  title: 'containerd events',
  serves: [CONTAINER_EVENT],
  recognise: ({ json, text }) => json === undefined && LINE.test(text),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function decode({ text, stream, position }: FramedRecord): Decoded {
  const [, day, clock, zone, namespace = '', topic = '', action, body] = LINE.exec(text) ?? []
  if (action === undefined) return failed('not an event of containerd')
  const time = timeOf(`${day}T${clock}${zone}`)
  if (time === undefined) return failed('containerd: event without a time')
  const event = body === undefined ? {} : tryParseJson(body)
  if (!isObject(event)) return failed('containerd: the event is not JSON')
  const type = TYPES[topic] ?? topic
  const told: Event = {
    id: `${stream}@${position}`,
    time,
    source: 'containerd.events',
    logsource: CONTAINER_EVENT,
    resource: resourceOf(type, event),
    record: { ...event, 'event.type': type, 'event.action': action, 'containerd.namespace': namespace },
    mapping: OWN_NAMES,
  }
  const content = contentOf(text.trimEnd())
  const id = `containerd.events:${day}T${clock}${zone}:${namespace}:${topic}/${action}:${content}`
  return { kind: 'evaluated', events: [told], facts: [], identity: { id, content } }
}

function resourceOf(type: string, event: JsonObject): Resource {
  const runtime = { 'container.runtime.name': 'containerd' }
  if (type === 'image') return { ...runtime, ...imageAttributes(textOf(event['name'])) }
  const id = textOf(event['container_id']) ?? (type === 'container' ? textOf(event['id']) : undefined)
  return {
    ...runtime,
    ...(id !== undefined && { 'container.id': id }),
    ...imageAttributes(textOf(event['image'])),
  }
}

import type { Event, Fact, Logsource, Resource } from '../domain/event.ts'
import { goneFact } from './docker-inspect.ts'
import { contentOf, OWN_NAMES } from './events.ts'
import { imageAttributes } from './image-reference.ts'
import { isObject, jsonText, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOf } from './time.ts'

const CONTAINER_EVENT: Logsource = Object.freeze({ product: 'podman', category: 'container_event' })
const TYPES = 'container|image|pod|volume|network|secret|machine|system'
const TEXT = new RegExp(
  `^(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?) ([+-]\\d{4}) \\S+ (${TYPES}) ([a-z_-]{1,32})(?: (.*))?$`,
  's',
)

/**
 * What Podman tells by itself: `podman events` with a format of JSON or without one, and the file of its file
 * backend. Its Docker API tells docker.events.
 */
export const podmanEvents = defineSource({
  name: 'podman.events',
  title: 'Podman events',
  serves: [CONTAINER_EVENT],
  recognise: ({ json, text }) => (json === undefined ? TEXT.test(text) : isPodmanEvent(json)),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function isPodmanEvent(json: unknown): json is JsonObject {
  return (
    isObject(json) &&
    typeof json['Type'] === 'string' &&
    typeof json['Status'] === 'string' &&
    typeof json['Time'] === 'string' &&
    !('Action' in json)
  )
}

function decode({ json, text, stream, position }: FramedRecord): Decoded {
  const event = json === undefined ? textEvent(text) : json
  if (!isPodmanEvent(event)) return failed('not an event of Podman')
  const stamp = String(event['Time'])
  const time = timeOf(stamp)
  if (time === undefined) return failed('podman: event without a time')
  const [type, status] = [String(event['Type']), String(event['Status'])]
  const subject = textOf(event['ID']) ?? ''
  // as text and as JSON, and in another zone, it is the same event
  const content = contentOf(jsonText([nanosecondsOf(stamp), type, status, subject, textOf(event['Name'])]))
  const told: Event = {
    id: `${stream}@${position}`,
    time,
    source: 'podman.events',
    logsource: CONTAINER_EVENT,
    resource: resourceOf(event, type, subject),
    record: {
      ...event,
      'event.type': type,
      'event.action': status,
      ...(type === 'network' && { 'network.name': textOf(event['Network']) ?? textOf(event['Name']) }),
      ...(type === 'volume' && { 'volume.name': textOf(event['Name']) }),
    },
    mapping: OWN_NAMES,
  }
  const isGone = type === 'container' && status === 'remove' && subject !== ''
  const facts: readonly Fact[] = isGone ? [goneFact(stream, subject, time)] : []
  return {
    kind: 'evaluated',
    events: [told],
    facts,
    identity: {
      id: `podman.events:${time}:${type}:${status}:${subject}:${content}`.slice(0, 1_024),
      content,
    },
  }
}

/** The fraction as it is written, of any length, and the instant. */
function nanosecondsOf(stamp: string): string {
  return `${Math.floor((timeOf(stamp) ?? 0) / 1000)}.${/\.(\d{1,9})/.exec(stamp)?.[1]?.replace(/0+$/, '') ?? ''}`
}

/** `2026-11-20 10:00:00.5 +0000 UTC container create ID (image=…, name=…, label=value)`. */
function textEvent(line: string): JsonObject | undefined {
  const [, stamp = '', zone = '', type, status, rest = ''] = TEXT.exec(line) ?? []
  if (type === undefined) return undefined
  const [, id, attributes] = /^(\S+) \((.*)\)$/s.exec(rest) ?? []
  const [first, ...more] = rest.split(' ')
  const pairs = new Map((attributes ?? '').split(', ').map((pair) => splitAt(pair, '=')))
  const told = {
    Type: type,
    Status: status,
    Time: `${stamp.replace(' ', 'T')}${zone}`,
    Attributes: Object.fromEntries([...pairs].filter(([name]) => !['image', 'name', ''].includes(name))),
  }
  // a volume has a name alone
  if (id === undefined && type === 'volume') return { ...told, Name: rest }
  if (id === undefined)
    return { ...told, ...(first && { ID: first }), ...(more.length > 0 && { Name: more.join(' ') }) }
  const [image, name] = [pairs.get('image'), pairs.get('name')]
  return {
    ...told,
    ID: id,
    ...(image !== undefined && { Image: image }),
    ...(name !== undefined && { Name: name }),
  }
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function resourceOf(event: JsonObject, type: string, subject: string): Resource {
  const name = textOf(event['Name'])
  if (type === 'image') return imageAttributes(name ?? (subject === '' ? undefined : subject))
  if (type !== 'container') return {}
  return {
    ...(subject !== '' && { 'container.id': subject }),
    ...(name !== undefined && { 'container.name': name }),
    'container.runtime.name': 'podman',
    ...imageAttributes(textOf(event['Image'])),
  }
}

import { isEngineStream } from '../domain/engine-stream.ts'
import type { Event, Fact, Logsource, Resource } from '../domain/event.ts'
import { dockerTextEvent, isDockerTextEvent } from './docker-events-text.ts'
import { goneFact } from './docker-inspect.ts'
import { contentOf, OWN_NAMES } from './events.ts'
import { execEvents } from './exec-record.ts'
import { imageAttributes } from './image-reference.ts'
import { isObject, jsonText, objectOf, textOf, tryParseJson } from './json.ts'
import type { JsonObject } from './json.ts'
import { commandsOfLine } from './shell.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { timeOf, timeOfNanoseconds, timeOfSeconds } from './time.ts'

const CONTAINER_EVENT: Logsource = Object.freeze({ product: 'docker', category: 'container_event' })

/**
 * The event stream of a Docker Engine, or of Podman's Docker API: `GET /events` in both generations, the text
 * of `docker events`, and the wrappers that Wazuh puts around it.
 */
export const dockerEvents = defineSource({
  name: 'docker.events',
  title: 'Docker events',
  serves: [CONTAINER_EVENT, { product: 'docker', category: 'container_exec' }],
  recognise: (record) =>
    record.json === undefined ? isDockerTextEvent(record.text) : isDockerRecord(record.json),
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

function isDockerRecord(json: unknown): boolean {
  return isObject(json) && (isEngineEvent(json) || isWazuhWrapper(json) || wazuhOriginal(json) !== undefined)
}

function isEngineEvent(json: JsonObject): boolean {
  return (
    typeof json['Type'] === 'string' &&
    typeof json['Action'] === 'string' &&
    isObject(json['Actor']) &&
    ('timeNano' in json || 'time' in json)
  )
}

function isWazuhWrapper(json: JsonObject): boolean {
  return json['integration'] === 'docker' && isObject(json['docker'])
}

/** A Wazuh finding about Docker keeps the wrapper as text. */
function wazuhOriginal(json: JsonObject): string | undefined {
  const event = json['event']
  const original = isObject(event) ? event['original'] : undefined
  return typeof original === 'string' && /^\{\s*"integration":\s*"docker"/.test(original)
    ? original
    : undefined
}

function decode(record: FramedRecord): Decoded {
  const outer = record.json === undefined ? dockerTextEvent(record.text) : record.json
  if (!isObject(outer)) return failed('not a Docker event')
  const original = wazuhOriginal(outer)
  const unwrapped = original === undefined ? outer : tryParseJson(original)
  if (!isObject(unwrapped)) return failed('event.original is not JSON')
  const event = isWazuhWrapper(unwrapped) ? objectOf(unwrapped['docker']) : unwrapped
  // the wodle tells of itself, too
  if (event['Wodle event'] !== undefined) return { kind: 'evaluated', events: [], facts: [] }
  return isEngineEvent(event) ? engineEvent(event, record.stream) : failed('not a Docker event')
}

function engineEvent(event: JsonObject, stream: string): Decoded {
  const time = timeOfNanoseconds(event['timeNano']) ?? timeOfSeconds(event['time']) ?? timeOf(event['time'])
  if (time === undefined) return failed('Docker event without a time')
  const type = String(event['Type'])
  const { action, argument } = actionOf(String(event['Action']))
  const actor = objectOf(event['Actor'])
  const attributes = objectOf(actor['Attributes'])
  const subject = textOf(actor['ID']) ?? ''
  const identity = {
    id: `docker.events:${stampOf(event)}:${type}:${subject}:${String(event['Action'])}`.slice(0, 1_024),
    content: contentOf(jsonText([stampOf(event), type, event['Action'], subject, sorted(attributes)])),
  }
  const base = {
    id: `${identity.id}@${identity.content.slice(0, 12)}`,
    time,
    source: 'docker.events' as const,
    product: 'docker',
    resource: resourceOf(type, action, subject, attributes),
  }
  const first: Event = {
    id: base.id,
    time,
    source: base.source,
    logsource: CONTAINER_EVENT,
    resource: base.resource,
    record: { ...fieldsOf(event, type, action, argument, attributes), ...additionsIn(event, stream) },
    mapping: OWN_NAMES,
  }
  // exec_start says the same again
  const execs =
    type === 'container' && action === 'exec_create' && argument !== ''
      ? execEvents(base, commandsOfLine(argument), { origin: 'exec' })
      : []
  const isGone = type === 'container' && (action === 'destroy' || action === 'remove') && subject !== ''
  const facts: readonly Fact[] = isGone ? [goneFact(stream, subject, time)] : []
  return { kind: 'evaluated', events: [first, ...execs], facts, identity }
}

/** `exec_create: sh -c …`: the argument follows a colon. */
function actionOf(text: string): { readonly action: string; readonly argument: string } {
  const colon = text.indexOf(':')
  return colon === -1
    ? { action: text, argument: '' }
    : { action: text.slice(0, colon), argument: text.slice(colon + 1).trim() }
}

/** The text of `docker events` and the API's record say the same, so that they are one. */
function sorted(attributes: JsonObject): readonly (readonly [string, unknown])[] {
  return Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))
}

function stampOf(event: JsonObject): string {
  const stamp = event['timeNano'] ?? event['time']
  return typeof stamp === 'bigint' || typeof stamp === 'number' || typeof stamp === 'string'
    ? String(stamp)
    : ''
}

function resourceOf(type: string, action: string, subject: string, attributes: JsonObject): Resource {
  if (type === 'container') {
    const name = textOf(attributes['name'])
    return {
      ...(subject !== '' && { 'container.id': subject }),
      ...(name !== undefined && { 'container.name': name }),
      ...imageAttributes(textOf(attributes['image'])),
    }
  }
  if (type === 'image') return imageOf(subject, textOf(attributes['name']))
  const container = namesContainer(type, action, attributes) ? subject : textOf(attributes['container'])
  return container === undefined || container === '' ? {} : { 'container.id': container }
}

/** Of a container that joins or leaves a network Docker names the network, and Podman the container. */
function namesContainer(type: string, action: string, attributes: JsonObject): boolean {
  return (
    type === 'network' &&
    (action === 'connect' || action === 'disconnect') &&
    attributes['container'] === undefined
  )
}

/** An image is told of by its reference or by its id; the reference says more. */
function imageOf(subject: string, name: string | undefined): Resource {
  const isId = /^(?:sha256:)?[0-9a-f]{64}$/.test(subject)
  if (subject !== '' && !isId) return imageAttributes(subject)
  return { ...imageAttributes(name), ...(isId && imageAttributes(subject)) }
}

/** What the Docker input adds to an engine's events. In any other stream it is whoever wrote the record that says so. */
function additionsIn(event: JsonObject, stream: string): JsonObject {
  const running = isEngineStream(stream) ? objectOf(event['x-tallyman'])['running'] : undefined
  return typeof running === 'boolean' ? { 'container.running': running } : {}
}

/** The record under its own names, with the fields of `container_event` added. */
function fieldsOf(
  event: JsonObject,
  type: string,
  action: string,
  argument: string,
  attributes: JsonObject,
): JsonObject {
  const name = namesContainer(type, action, attributes) ? undefined : textOf(attributes['name'])
  const driver = textOf(attributes['type']) ?? textOf(attributes['driver'])
  const actor = textOf(objectOf(event['Actor'])['ID'])
  return {
    ...event,
    'event.type': type,
    'event.action': action,
    ...(argument !== '' && { 'event.argument': argument }),
    ...(type === 'network' && name !== undefined && { 'network.name': name }),
    ...(type === 'network' && driver !== undefined && { 'network.driver': driver }),
    ...(type === 'volume' && actor !== undefined && { 'volume.name': actor }),
  }
}

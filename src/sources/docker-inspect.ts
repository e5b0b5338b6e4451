import { isEngineStream } from '../domain/engine-stream.ts'
import type { ContainerLook } from '../domain/container-look.ts'
import type { Fact, Resource } from '../domain/event.ts'
import { addressesOf } from './docker-addresses.ts'
import { rootsOf } from './docker-roots.ts'
import { hostMountsOf, specEvents } from './container-spec.ts'
import { declaredCreator, engineUser } from './declared-creator.ts'
import { dockerImage } from './docker-image.ts'
import { dockerSpec } from './docker-spec.ts'
import { contentOf } from './events.ts'
import { imageAttributes, parseImage } from './image-reference.ts'
import { isObject, jsonText, memberOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { inRange, timeOf } from './time.ts'

const CATEGORIES = ['container_create', 'container_mount', 'container_exec'] as const

/**
 * Containers as `docker inspect` or `podman inspect` shows them. The specification decides: state that comes
 * and goes (running, addresses) makes no new content. Events carry the container's creation as their time, or,
 * where the Docker input says so (`x-tallyman.observed`), when the specification was seen to have changed.
 */
export const dockerInspect = defineSource({
  name: 'docker.inspect',
  title: 'Docker inspect',
  serves: [
    ...CATEGORIES.map((category) => ({ product: 'docker', category })),
    { category: 'container_view' },
  ],
  recognise: (record) =>
    isInspect(record.json) || goneOf(record) !== undefined || runningIn(record) !== undefined,
  decoder: () => ({ decode, checkpoint: () => undefined }),
})

/**
 * Whether a file's beginning looks like inspect documents: a scan reads them before all else, because what a
 * container may reach explains what runs in it.
 */
export function describesContainers(beginning: string): boolean {
  return (
    /"Id":\s*"[0-9a-f]{64}"/.test(beginning) &&
    /"(?:HostConfig|ResolvConfPath|HostnamePath)":/.test(beginning)
  )
}

function isInspect(json: unknown): json is JsonObject {
  return (
    isObject(json) &&
    typeof json['Id'] === 'string' &&
    isObject(json['HostConfig']) &&
    isObject(json['Config'])
  )
}

/** What the Docker input adds to a record. In any other stream it is whoever wrote the record that says so. */
function additionsIn({ stream, json }: FramedRecord): JsonObject {
  return isEngineStream(stream) && isObject(json) ? objectOf(json['x-tallyman']) : {}
}

/** The Docker input's own line for a container that disappeared while nobody watched. */
function goneOf(record: FramedRecord): { readonly id: string; readonly time: number } | undefined {
  const { gone, observed } = additionsIn(record)
  const time = observedAt(observed)
  return typeof gone === 'string' && gone !== '' && gone.length <= 256 && time !== undefined
    ? { id: gone, time }
    : undefined
}

/** The Docker input's own line: all containers that run now. */
function runningIn(record: FramedRecord): ContainerLook | undefined {
  const { running, host, observed, interval } = additionsIn(record)
  const time = observedAt(observed)
  if (!Array.isArray(running) || time === undefined || typeof interval !== 'number') return undefined
  const ids = running.filter((id) => typeof id === 'string')
  return {
    view: 'runtime',
    observer: record.stream,
    host: textOf(host) ?? '',
    time,
    interval,
    digest: '',
    leftOut: 0,
    seen: ids.map((id) => ({ key: id.slice(0, 128), named: true })),
  }
}

function observedAt(observed: unknown): number | undefined {
  return typeof observed === 'number' ? inRange(Math.floor(observed)) : timeOf(observed)
}

function decode(record: FramedRecord): Decoded {
  const gone = goneOf(record)
  if (gone !== undefined)
    return { kind: 'evaluated', events: [], facts: [goneFact(record.stream, gone.id, gone.time)] }
  const look = runningIn(record)
  if (look !== undefined) return { kind: 'evaluated', events: [], facts: [{ kind: 'container-look', look }] }
  if (!isInspect(record.json)) return failed('not a container')
  const inspect = record.json
  const id = textOf(inspect['Id'])
  if (id === undefined || id.length > 256) return failed('container without an id')
  const extra = additionsIn(record)
  const time = observedAt(extra['observed']) ?? timeOf(inspect['Created'])
  if (time === undefined) return failed('container without a creation time')
  const engine = engineOf(inspect, extra)
  const spec = dockerSpec(inspect, engine, extra)
  const own = resourceOf(inspect, engine, extra)
  // Renaming a container makes it no other one, nor does what becomes of its image's names.
  const { 'container.name': _name, ...lasting } = own
  const content = contentOf(jsonText([lasting, spec]))
  const image = dockerImage(objectOf(extra['image']), referenceOf(inspect))
  const labels = objectOf(objectOf(inspect['Config'])['Labels'])
  const uid = extra['uid']
  const creator = typeof uid === 'number' ? engineUser(uid) : declaredCreator(labels)
  const resource = { ...own, ...creator, ...image.resource }
  const identity = identityOf(record.stream, id)
  const events = specEvents(
    {
      // a specification that changes back has the same content again
      id: `${identity}@${content}@${time}`,
      time,
      source: 'docker.inspect',
      product: 'docker',
      resource,
      inventory: extra['inventory'] === true,
    },
    { ...spec, image: image.fields },
  )
  return {
    kind: 'evaluated',
    events,
    facts: [
      {
        kind: 'container',
        id,
        time,
        resource,
        mounts: hostMountsOf(spec),
        addresses: addressesOf(inspect),
        ...rootsOf(inspect),
      },
    ],
    identity: { id: identity, content, changes: true, watched: isEngineStream(record.stream) },
  }
}

/** An engine's own word has an identity of its own: nobody else can be there first, nor let it go. */
function identityOf(stream: string, id: string): string {
  return isEngineStream(stream) ? `docker.inspect:${stream}:${id}` : `docker.inspect:${id}`
}

/** That a container is gone, as a record of this stream says: what the same stream told of it is kept no longer. */
export function goneFact(stream: string, id: string, time: number): Fact {
  return { kind: 'container-gone', id, time, releases: identityOf(stream, id) }
}

/** Only Podman's own inspect has these members; its Docker API does not, so the input may say it. */
function engineOf(inspect: JsonObject, extra: JsonObject): 'docker' | 'podman' {
  if (extra['engine'] === 'podman') return 'podman'
  return 'OCIRuntime' in inspect || ('ImageName' in inspect && 'Pod' in inspect) ? 'podman' : 'docker'
}

function resourceOf(inspect: JsonObject, engine: string, extra: JsonObject): Resource {
  const reference = referenceOf(inspect)
  const image = textOf(inspect['Image'])
  const digest = image === undefined ? undefined : parseImage(image).id
  const name = textOf(inspect['Name'])?.replace(/^\//, '')
  const host = textOf(extra['host'])
  const project = textOf(memberOf(objectOf(objectOf(inspect['Config'])['Labels']), COMPOSE_PROJECT))
  return {
    'container.id': String(inspect['Id']),
    ...(name !== undefined && { 'container.name': name }),
    'container.runtime.name': engine,
    ...imageAttributes(reference),
    ...(digest !== undefined && { 'container.image.id': digest }),
    ...(project !== undefined && { 'service.namespace': project.slice(0, 256) }),
    ...(host !== undefined && { 'host.name': host }),
  }
}

function referenceOf(inspect: JsonObject): string | undefined {
  return textOf(inspect['ImageName']) ?? textOf(objectOf(inspect['Config'])['Image'])
}

/** https://docs.docker.com/reference/compose-file/; podman-compose writes it as well. */
const COMPOSE_PROJECT = 'com.docker.compose.project'

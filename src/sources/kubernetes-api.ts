import { isClusterStream } from '../domain/cluster-stream.ts'
import type { Event, EventLogsource, Fact, Resource } from '../domain/event.ts'
import { trimmedObject } from '../domain/kubernetes-object.ts'
import { specEvents } from './container-spec.ts'
import { contentOf, OWN_NAMES, servedBy } from './events.ts'
import { isObject, jsonText, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { createKnownObjects, type KnownObject, type KnownObjects } from './kubernetes-known.ts'
import {
  imagesOf,
  kubeletsId,
  podFacts,
  podGoneFacts,
  podResource,
  runContainers,
  withImages,
} from './pod-facts.ts'
import { podContainers, type PodContainer } from './pod-spec.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { inRange, timeOf } from './time.ts'
import { attributeOf, controllerOf, ownerAttributes, TEMPLATED, templateOf } from './workload.ts'

const API: EventLogsource = Object.freeze({ product: 'kubernetes', service: 'api' })
const CHANGES = new Set<unknown>(['ADDED', 'MODIFIED', 'DELETED'])

/**
 * Objects of a cluster as its API server tells them: watch events, the objects themselves, and lists of them (`kubectl
 * get -o json`). Each that is new, otherwise than it was, or gone is one event, `{type, object}`, under the API's own
 * names; what pods and workloads specify become container_create, container_mount and container_exec events, as those
 * of the audit log do. What an object reports of itself (`status`) is no change.
 */
export const kubernetesApi = defineSource({
  name: 'kubernetes.api',
  title: 'Kubernetes API objects',
  serves: [
    ...servedBy([API]),
    ...['container_create', 'container_mount', 'container_exec'].map((category) => ({
      product: 'kubernetes',
      category,
    })),
  ],
  recognise: (record) => isChange(record.json) || isLiveObject(record.json) || isOfInput(additionsIn(record)),
  split: itemsOf,
  decoder(checkpoint) {
    const known = createKnownObjects(checkpoint)
    let isWatched = checkpoint !== undefined
    return {
      decode(record) {
        isWatched ||= isClusterStream(record.stream)
        return decode(record, isWatched ? known : undefined)
      },
      checkpoint: () => (isWatched ? known.checkpoint() : undefined),
    }
  },
})

function isChange(json: unknown): json is JsonObject {
  return isObject(json) && CHANGES.has(json['type']) && isNamed(json['object'])
}

function isNamed(object: unknown): boolean {
  return isObject(object) && textOf(object['kind']) !== undefined && isObject(object['metadata'])
}

/** An object that an API server made something of, and no manifest. */
function isLiveObject(json: unknown): json is JsonObject {
  if (!isNamed(json) || !isObject(json) || isAudit(json)) return false
  const { uid, creationTimestamp } = objectOf(json['metadata'])
  return typeof uid === 'string' && typeof creationTimestamp === 'string'
}

function isAudit({ apiVersion }: JsonObject): boolean {
  return typeof apiVersion !== 'string' || apiVersion.startsWith('audit.k8s.io/')
}

/** The objects of a list. Those of a list of one kind do not say which. */
function itemsOf(json: unknown): readonly unknown[] | undefined {
  if (!isObject(json) || isAudit(json)) return undefined
  const { kind, apiVersion, items } = json
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return undefined
  const each = kind.slice(0, -'List'.length)
  if (each === '') return items
  return items.map((item: unknown) => (isObject(item) ? { apiVersion, kind: each, ...item } : item))
}

/** A line in which the input says something of its own. */
function isOfInput({ listed, looked }: JsonObject): boolean {
  return listed !== undefined || looked !== undefined
}

/** What the Kubernetes input adds to a record. In any other stream it is whoever wrote the record that says so. */
function additionsIn({ stream, json }: FramedRecord): JsonObject {
  return isClusterStream(stream) && isObject(json) ? objectOf(json['x-tallyman']) : {}
}

/** A change of one object, as it is looked at. */
interface Change {
  readonly type: string
  /** Without what is never kept. */
  readonly object: JsonObject
  readonly kind: string
  readonly uid: string
  /** When it was told, ms. */
  readonly at: number
  readonly list: number
  /** It was there when its kind was first listed. */
  readonly inventory: boolean
  readonly cluster: Resource
}

function decode(record: FramedRecord, known: KnownObjects | undefined): Decoded {
  const added = additionsIn(record)
  const at = typeof added['at'] === 'number' ? inRange(added['at']) : record.received
  const list = typeof added['list'] === 'number' ? added['list'] : 0
  const name = textOf(added['cluster'])
  const cluster: Resource = name === undefined ? {} : { 'k8s.cluster.name': name }
  const { listed, looked } = added
  if (typeof looked === 'number') {
    if (at === undefined) return failed('a look without a time')
    return {
      kind: 'evaluated',
      events: [],
      facts: [{ kind: 'orchestrator-look', time: at, interval: looked }],
    }
  }
  if (typeof listed === 'string') {
    if (known === undefined || at === undefined) return failed('a list without a time')
    return removed(known.missing(listed, list), { at, cluster })
  }
  const json = record.json
  if (!isObject(json)) return failed('not an object of the Kubernetes API')
  const isWatch = isChange(json)
  const object = trimmedObject(objectOf(isWatch ? json['object'] : json))
  const { uid, creationTimestamp } = objectOf(object['metadata'])
  const [kind, own] = [textOf(object['kind']), textOf(uid)]
  const seen = at ?? timeOf(creationTimestamp)
  if (kind === undefined || kind.length > MAX_NAME) return failed('an object without a kind')
  if (own === undefined || own.length > MAX_NAME) return failed('an object without a uid')
  if (seen === undefined) return failed('an object without a time')
  const type = isWatch ? String(json['type']) : 'ADDED'
  const inventory = added['inventory'] === true
  const change = { type, object, kind, uid: own, at: seen, list, inventory, cluster }
  if (kind === 'Event') return ofClusterEvent(change)
  return type === 'DELETED' ? deleted(change, known) : there(change, known)
}

const MAX_NAME = 256

/** An object that is there: what is new of it. */
function there(change: Change, known: KnownObjects | undefined): Decoded {
  const { uid, kind, object, at, list } = change
  const before = known?.get(uid)
  const described = describe(change, before === undefined)
  const { content, resource } = described
  const created = timeOf(objectOf(object['metadata'])['creationTimestamp']) ?? at
  const contents = new Set(before?.content.split(','))
  const isNew = before === undefined || content.some((each) => !contents.has(each))
  const time = before === undefined ? Math.min(created, at) : at
  const id = `kubernetes.api:${uid}@${contentOf(content.join(','))}@${time}`
  const base = {
    id,
    time,
    source: 'kubernetes.api' as const,
    product: 'kubernetes',
    inventory: change.inventory && before === undefined,
    ...(before === undefined && isAsMade(object) && { object: uid }),
  }
  const events = !isNew
    ? []
    : [
        apiEvent(change, { id, time, resource, inventory: base.inventory }),
        ...described.containers.flatMap((container, index) =>
          contents.has(content[index] ?? '')
            ? []
            : specEvents(
                {
                  ...base,
                  id: index === 0 ? id : `${id}#${index}`,
                  resource: { ...resource, ...container.resource },
                  // added to a pod that is there, by whomever
                  ...(container.spec.containerType === 'ephemeral' && { object: undefined }),
                },
                container.spec,
              ),
        ),
      ]
  const containers = kind === 'Pod' ? runningIn(object) : []
  known?.put(uid, { ...namesOf(object), kind, content: content.join(','), list, containers })
  const evaluated = { kind: 'evaluated' as const, events, facts: described.facts }
  if (known !== undefined) return evaluated
  return {
    ...evaluated,
    identity: { id: `kubernetes.api:${uid}`, content: contentOf(content.join(',')), changes: true },
  }
}

/** Whether it is what its creator asked for: nobody changed its specification since. */
function isAsMade({ metadata }: JsonObject): boolean {
  const { generation } = objectOf(metadata)
  return generation === undefined || generation === 1
}

interface Described {
  readonly resource: Resource
  /** Digests: of each container of a pod or workload; of any other object one. */
  readonly content: readonly string[]
  readonly containers: readonly PodContainer[]
  readonly facts: readonly Fact[]
}

function describe({ object, kind, at, cluster }: Change, isNew: boolean): Described {
  if (kind === 'Pod') {
    const resource = podResource(object, { ...ownerAttributes(object), ...cluster })
    const owner = controllerOf(object)
    const declared = podContainers(object, { kind, bound: true, ...(owner !== undefined && { owner }) })
    const containers = withImages(declared, imagesOf(object))
    const facts = podFacts(object, { resource, containers, at, isNew })
    return { resource, containers, facts, content: containers.map(contentOfContainer) }
  }
  const template = TEMPLATED.has(kind) ? templateOf(kind, object) : undefined
  const { namespace, name } = namesOf(object)
  const resource: Resource = {
    ...(namespace !== '' && { 'k8s.namespace.name': namespace }),
    ...(kind === 'Namespace' && { 'k8s.namespace.name': name }),
    ...(kind === 'Node' && { 'k8s.node.name': name }),
    ...ownerAttributes(object),
    ...attributeOf(kind, name),
    ...cluster,
  }
  if (template === undefined)
    return { resource, containers: [], facts: [], content: [contentOfObject(object)] }
  const owner = { kind: controllerOf(object)?.kind ?? kind, name }
  const containers = podContainers(template, { kind, owner })
  return { resource, containers, facts: [], content: containers.map(contentOfContainer) }
}

function contentOfContainer({ name, spec, resource }: PodContainer): string {
  return contentOf(jsonText([name, spec, resource])).slice(0, DIGITS)
}

/** Of metadata only labels and owners make another object: managers write annotations all the time. */
function contentOfObject({ metadata, status: _status, ...rest }: JsonObject): string {
  const { labels, ownerReferences } = objectOf(metadata)
  return contentOf(jsonText([labels ?? null, ownerReferences ?? null, rest])).slice(0, DIGITS)
}

const DIGITS = 16

function runningIn(pod: JsonObject): readonly string[] {
  const kubelets = kubeletsId(pod)
  const running = runContainers(pod).flatMap(({ id, ended }) => (ended === undefined ? [id] : []))
  return kubelets === undefined ? running : [kubelets, ...running]
}

function apiEvent(
  { type, object }: Pick<Change, 'type' | 'object'>,
  { id, time, resource, inventory }: Pick<Event, 'id' | 'time' | 'resource'> & { inventory?: boolean },
): Event {
  return {
    id,
    time,
    source: 'kubernetes.api',
    logsource: API,
    resource,
    record: { type, object },
    mapping: OWN_NAMES,
    ...(inventory === true && { inventory: true }),
  }
}

function deleted(change: Change, known: KnownObjects | undefined): Decoded {
  const { uid, object, at } = change
  const before = known?.get(uid)
  known?.delete(uid)
  const { resource } = describe(change, false)
  const running = new Set([
    ...(before?.containers ?? []),
    ...(change.kind === 'Pod' ? runningIn(object) : []),
  ])
  return {
    kind: 'evaluated',
    events: [apiEvent(change, { id: `kubernetes.api:${uid}@gone`, time: at, resource })],
    facts: change.kind === 'Pod' ? podGoneFacts(uid, running, at) : [],
  }
}

/** Objects that went while nobody looked: all that is left of them is what was remembered. */
function removed(
  gone: readonly (readonly [string, KnownObject])[],
  { at, cluster }: Pick<Change, 'at' | 'cluster'>,
): Decoded {
  const events = gone.map(([uid, { kind, namespace, name }]) => {
    const metadata = { name, ...(namespace !== '' && { namespace }), uid }
    const resource: Resource = {
      ...(namespace !== '' && { 'k8s.namespace.name': namespace }),
      ...(kind === 'Pod' && { 'k8s.pod.name': name, 'k8s.pod.uid': uid }),
      ...attributeOf(kind, name),
      ...cluster,
    }
    const change = { type: 'DELETED', object: { kind, metadata } }
    return apiEvent(change, { id: `kubernetes.api:${uid}@gone`, time: at, resource })
  })
  const facts = gone.flatMap(([uid, { kind, containers }]) =>
    kind === 'Pod' ? podGoneFacts(uid, containers, at) : [],
  )
  return { kind: 'evaluated', events, facts }
}

/** An Event object tells of something that happened, again and again: it is never there or gone. */
function ofClusterEvent(change: Change): Decoded {
  const { type, object, uid, at, cluster } = change
  if (type === 'DELETED') return { kind: 'evaluated', events: [], facts: [] }
  const { involvedObject, regarding, count, series, lastTimestamp, eventTime } = object
  const about = objectOf(involvedObject ?? regarding)
  const times = objectOf(series)['count'] ?? count
  const last = objectOf(series)['lastObservedTime'] ?? lastTimestamp ?? eventTime
  const [name, namespace, kind = ''] = [
    textOf(about['name']),
    textOf(about['namespace']),
    textOf(about['kind']),
  ]
  const resource: Resource = {
    ...(namespace !== undefined && { 'k8s.namespace.name': namespace }),
    ...(kind === 'Pod' && name !== undefined && { 'k8s.pod.name': name }),
    ...(kind === 'Node' && name !== undefined && { 'k8s.node.name': name }),
    ...attributeOf(kind, name),
    ...cluster,
  }
  const id = `kubernetes.api:${uid}@${typeof times === 'number' ? times : 1}`
  const time = Math.min(timeOf(last) ?? at, at)
  return {
    kind: 'evaluated',
    events: [apiEvent(change, { id, time, resource, inventory: change.inventory })],
    facts: [],
    identity: { id, content: contentOf(jsonText([object['reason'] ?? null, about])) },
  }
}

function namesOf(object: JsonObject): Pick<KnownObject, 'namespace' | 'name'> {
  const { namespace, name } = objectOf(object['metadata'])
  return {
    namespace: (textOf(namespace) ?? '').slice(0, MAX_NAME),
    name: (textOf(name) ?? '').slice(0, MAX_NAME),
  }
}

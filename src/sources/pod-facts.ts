import type { Fact, Resource } from '../domain/event.ts'
import { hostMountsOf } from './container-spec.ts'
import { declaredCreator } from './declared-creator.ts'
import { imageAttributes } from './image-reference.ts'
import { listOf, memberOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { addressesOf, podId } from './pod-addresses.ts'
import type { PodContainer } from './pod-spec.ts'
import { timeOf } from './time.ts'

/** A container of a pod as its status shows it. */
export interface RunContainer {
  readonly id: string
  /** containerd, cri-o, docker. */
  readonly runtime: string
  /** Its name in the pod. */
  readonly name: string
  readonly started: number | undefined
  /** When it ended, ms; undefined while it runs. */
  readonly ended?: number | undefined
}

const STATUSES = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const
const OVER = new Set<unknown>(['Succeeded', 'Failed'])
const MAX_STATUSES = 256

/** The containers that a pod has, and those that ended in their place. */
export function runContainers(pod: JsonObject): readonly RunContainer[] {
  const status = objectOf(pod['status'])
  return STATUSES.flatMap((list) => listOf(status[list]).map(objectOf))
    .slice(0, MAX_STATUSES)
    .flatMap((one) => {
      const name = textOf(one['name']) ?? ''
      const { running, terminated } = objectOf(one['state'])
      const last = objectOf(one['lastState'])['terminated']
      return [
        ...runOf(name, objectOf(last)['containerID'], last, true),
        ...runOf(name, one['containerID'], terminated ?? running, terminated !== undefined),
      ]
    })
}

function runOf(name: string, reference: unknown, state: unknown, isOver: boolean): readonly RunContainer[] {
  const [, runtime, id] =
    /^([a-z][a-z0-9.-]{0,31}):\/\/([0-9a-f]{12,128})$/.exec(textOf(reference) ?? '') ?? []
  if (runtime === undefined || id === undefined) return []
  const { startedAt, finishedAt } = objectOf(state)
  const started = timeOf(startedAt)
  return [{ id, runtime, name, started, ...(isOver && { ended: timeOf(finishedAt) ?? started ?? 0 }) }]
}

/** The image that a container really has, by its name in the pod: what the kubelet found the reference to mean. */
export function imagesOf(pod: JsonObject): ReadonlyMap<string, Resource> {
  const status = objectOf(pod['status'])
  return new Map(
    STATUSES.flatMap((list) => listOf(status[list]).map(objectOf)).flatMap((one) => {
      const reference = textOf(one['imageID'])?.replace(/^[a-z-]+:\/\//, '')
      const { 'container.image.id': id, 'container.image.repo_digests': digests } = imageAttributes(reference)
      const image = {
        ...(id !== undefined && { 'container.image.id': id }),
        ...(digests !== undefined && { 'container.image.repo_digests': digests }),
      }
      return Object.keys(image).length === 0 ? [] : [[textOf(one['name']) ?? '', image] as const]
    }),
  )
}

export interface PodSeen {
  /** What is told of the pod. */
  readonly resource: Resource
  /** Its containers, with their images. */
  readonly containers: readonly PodContainer[]
  /** When it was looked at, ms. */
  readonly at: number
  /** It was not known before: what its status says of the past holds. */
  readonly isNew: boolean
}

/**
 * What a pod says of itself and its containers. The pod stands for its addresses, which its containers share; one that
 * is over has given them back.
 */
export function podFacts(pod: JsonObject, { resource, containers, at, isNew }: PodSeen): readonly Fact[] {
  const { metadata, spec, status } = pod
  const id = podId(objectOf(metadata)['uid'])
  if (id === undefined) return []
  const { phase, startTime } = objectOf(status)
  const past = (time: number | undefined): number => (isNew && time !== undefined ? Math.min(time, at) : at)
  const own: Fact = {
    kind: 'container',
    id,
    time: past(timeOf(startTime)),
    resource,
    mounts: [],
    addresses: OVER.has(phase) ? [] : addressesOf(pod),
  }
  const kubelets = kubeletsId(pod)
  const also: readonly Fact[] =
    kubelets === undefined
      ? []
      : [{ ...own, id: kubelets, resource: { ...resource, 'k8s.pod.uid': kubelets }, addresses: [] }]
  const named = new Map(containers.map((one) => [one.name, one]))
  const node = textOf(objectOf(spec)['nodeName'])
  return [
    own,
    ...also,
    ...runContainers(pod).map((run): Fact => {
      if (run.ended !== undefined) return { kind: 'container-gone', id: run.id, time: run.ended || at }
      const container = named.get(run.name)
      return {
        kind: 'container',
        id: run.id,
        time: past(run.started),
        resource: {
          ...resource,
          ...container?.resource,
          'k8s.container.name': run.name,
          'container.id': run.id,
          'container.runtime.name': run.runtime,
          ...(node !== undefined && { 'k8s.node.name': node }),
        },
        mounts: container === undefined ? [] : hostMountsOf(container.spec),
      }
    }),
  ]
}

/** The id under which a kubelet runs a pod out of a file: its containers bear it, and not that of the pod's mirror. */
export function kubeletsId(pod: JsonObject): string | undefined {
  const { annotations, ownerReferences } = objectOf(pod['metadata'])
  const isMirror = listOf(ownerReferences).some((owner) => objectOf(owner)['kind'] === 'Node')
  const hash = textOf(memberOf(objectOf(annotations), 'kubernetes.io/config.hash'))
  return isMirror && hash !== undefined && /^[0-9a-f]{32}$/.test(hash) ? hash : undefined
}

/** That a pod is gone, with the containers that it had. */
export function podGoneFacts(uid: string, containers: Iterable<string>, time: number): readonly Fact[] {
  const id = podId(uid)
  return [...(id === undefined ? [] : [id]), ...containers].map((gone) => ({
    kind: 'container-gone',
    id: gone,
    time,
  }))
}

/** Attributes of a container's image: as its specification names it, and as the kubelet found it. */
export function withImages(
  containers: readonly PodContainer[],
  images: ReadonlyMap<string, Resource>,
): readonly PodContainer[] {
  return containers.map((one) => ({ ...one, resource: { ...one.resource, ...images.get(one.name) } }))
}

/** What an owner's attributes lack: the pod's own. */
export function podResource(pod: JsonObject, more: Resource): Resource {
  const metadata = objectOf(pod['metadata'])
  const attributes: readonly (readonly [string, unknown])[] = [
    ['k8s.namespace.name', memberOf(metadata, 'namespace')],
    ['k8s.pod.name', memberOf(metadata, 'name')],
    ['k8s.pod.uid', memberOf(metadata, 'uid')],
    ['k8s.node.name', memberOf(objectOf(pod['spec']), 'nodeName')],
  ]
  const own = attributes.flatMap(([name, value]) => {
    const text = textOf(value)
    return text === undefined ? [] : [[name, text] as const]
  })
  const [labels, annotations] = [objectOf(metadata['labels']), objectOf(metadata['annotations'])]
  return { ...Object.fromEntries(own), ...declaredCreator(labels, annotations), ...more }
}

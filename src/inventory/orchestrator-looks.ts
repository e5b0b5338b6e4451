import type { ContainerLook, SeenContainer } from '../domain/container-look.ts'
import { digest } from '../domain/hash.ts'
import type { Resource } from '../domain/event.ts'
import type { ContainerRow } from '../domain/state.ts'

/** When an orchestrator was asked, and when it is asked next, ms. */
export interface Asked {
  /** Names who asked. */
  readonly observer: string
  readonly time: number
  readonly interval: number
  /** Some of what it told is forgotten for want of room. */
  readonly isPartial: boolean
}

interface OnNode {
  readonly seen: SeenContainer[]
  readonly pods: Set<string>
}

/** UIDs of a static pod: its mirror's, and the kubelet's, which its containers bear. */
type Aliases = ReadonlyMap<string, readonly string[]>

/**
 * What an orchestrator says runs on each of its nodes: one look each, of the containers that it knows there and of
 * the pods, some of which have none that it knows yet. A node whose pods have all gone is looked at too.
 */
export function orchestratorLooks(
  rows: Iterable<ContainerRow>,
  { observer, time, interval, isPartial }: Asked,
): readonly ContainerLook[] {
  const all = [...rows]
  const aliases = aliasesOf(all)
  const nodes = new Map<string, OnNode>()
  for (const { id, resource, pod, gone } of all) {
    const of = pod ?? resource
    const { 'k8s.node.name': node, 'k8s.pod.uid': uid } = of
    if (typeof node !== 'string' || typeof uid !== 'string') continue
    const known = nodes.get(node) ?? { seen: [], pods: new Set<string>() }
    nodes.set(node, known)
    if (gone !== undefined) continue
    if (resource['container.id'] === undefined) known.pods.add(uid)
    else
      known.seen.push({
        key: id,
        named: /^[0-9a-f]{64}$/.test(id),
        pods: aliases.get(nameOf(of)) ?? [uid],
        fields: { ...resource, ...of },
      })
  }
  return [...nodes].map(([host, { seen, pods }]) => ({
    view: 'orchestrator',
    observer,
    host,
    time,
    interval,
    seen,
    pods: [...pods],
    digest: digest(...seen.map(({ key }) => key), '', ...pods),
    leftOut: isPartial ? 1 : 0,
  }))
}

/** Two rows of one pod's name are one pod under two UIDs. */
function aliasesOf(rows: readonly ContainerRow[]): Aliases {
  const aliases = new Map<string, string[]>()
  for (const { resource, gone } of rows) {
    const uid = resource['k8s.pod.uid']
    if (gone !== undefined || resource['container.id'] !== undefined || typeof uid !== 'string') continue
    const name = nameOf(resource)
    const known = aliases.get(name)
    if (known === undefined) aliases.set(name, [uid])
    else if (!known.includes(uid)) known.push(uid)
  }
  return aliases
}

function nameOf(resource: Resource): string {
  return JSON.stringify([resource['k8s.namespace.name'], resource['k8s.pod.name']])
}

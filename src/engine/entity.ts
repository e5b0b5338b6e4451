import { WORKLOADS } from '../domain/entity-label.ts'
import type { Event, Resource } from '../domain/event.ts'

/**
 * Whom something happened to: the container; in Kubernetes the workload that owns the pod (fifty replicas are
 * one thing to an analyst); for requests about neither, who asked; at last the machine.
 * The key identifies it, unambiguously over hostile names.
 */
export function entityKey(resource: Resource): string {
  const cluster = resource['k8s.cluster.name'] ?? ''
  if (resource['container.id'] !== undefined && resource['k8s.pod.name'] === undefined) {
    return key('container', resource['container.id'])
  }
  const owner = WORKLOADS.find((name) => resource[name] !== undefined)
  if (owner !== undefined)
    return key(owner, cluster, resource['k8s.namespace.name'] ?? '', resource[owner] ?? '')
  if (resource['container.id'] !== undefined) return key('container', resource['container.id'])
  if (resource['user.name'] !== undefined) return key('user', cluster, resource['user.name'])
  return key('host', resource['host.name'] ?? '')
}

/**
 * Whom an event happened to, and what is known of it. A connection of which no container is known is its client's:
 * a sensor on the network sees many machines, and has one name.
 */
export function entityOf({ resource, flow }: Pick<Event, 'resource' | 'flow'>): {
  readonly key: string
  readonly entity: Resource
} {
  if (flow === undefined || !isNobody(resource)) return { key: entityKey(resource), entity: resource }
  return {
    key: key('client', resource['host.name'] ?? '', flow.client),
    entity: { ...resource, 'client.address': flow.client },
  }
}

/** Whether it names no container, workload or user: a machine at most. */
export function isNobody(resource: Resource): boolean {
  return (JSON.parse(entityKey(resource)) as readonly unknown[])[0] === 'host'
}

function key(...parts: readonly (string | readonly string[])[]): string {
  return JSON.stringify(parts)
}

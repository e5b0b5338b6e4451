import { WORKLOADS } from '../domain/entity-label.ts'
import type { Resource } from '../domain/event.ts'

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

function key(...parts: readonly (string | readonly string[])[]): string {
  return JSON.stringify(parts)
}

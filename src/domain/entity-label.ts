import type { Resource } from './event.ts'
import { RESOURCE_ATTRIBUTES } from './fields.ts'

/** Attributes that name a pod's workload, the one that owns the others first. */
export const WORKLOADS = [
  'k8s.deployment.name',
  'k8s.daemonset.name',
  'k8s.statefulset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
  'k8s.replicaset.name',
  'k8s.pod.name',
] as const

/** What people call an entity: `namespace/workload`, the container's name, who asked, the machine. Hostile text. */
export function entityLabel(entity: Resource): string {
  const text = (name: string): string | undefined => {
    const value = entity[name]
    return value === undefined ? undefined : String(value)
  }
  if (entity['container.id'] === undefined || entity['k8s.pod.name'] !== undefined) {
    const workload = WORKLOADS.map(text).find((name) => name !== undefined)
    if (workload !== undefined) {
      const namespace = text('k8s.namespace.name')
      return namespace === undefined ? workload : `${namespace}/${workload}`
    }
  }
  return (
    text('container.name') ??
    text('container.id')?.slice(0, 12) ??
    text('user.name') ??
    groupLabel(entity) ??
    text('k8s.namespace.name') ??
    text('host.name') ??
    'unknown'
  )
}

/** What a correlation is grouped by, where that names nobody: `source.ip 10.0.0.9`. */
export function groupLabel(entity: Resource): string | undefined {
  const named = Object.entries(entity).filter(([name]) => !Object.hasOwn(RESOURCE_ATTRIBUTES, name))
  return named.length === 0 ? undefined : named.map(([name, value]) => `${name} ${String(value)}`).join(', ')
}

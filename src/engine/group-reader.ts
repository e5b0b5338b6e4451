import type { Event, Resource } from '../domain/event.ts'
import { fieldReader, type FieldReader } from '../sigma/sigma.ts'
import { entityKey } from './entity.ts'

export type GroupReader = Pick<FieldReader, 'read'>

/**
 * What baselines and risks are grouped by: a field, or `entity`, whom alerts are about, or `workload`, which replicas
 * share: who owns the pod under a name that outlives it, else the image, else the container.
 */
export function groupReader(name: string): GroupReader {
  switch (name) {
    case 'entity':
      return { read: ({ resource }) => ({ present: true, values: [entityKey(resource)] }) }
    case 'workload':
      return { read: workload }
    default:
      return fieldReader(name)
  }
}

function workload({ resource }: Event): ReturnType<GroupReader['read']> {
  const value = workloadOf(resource)
  return value === undefined ? { present: false, values: [] } : { present: true, values: [value] }
}

const OWNERS = ['k8s.deployment.name', 'k8s.daemonset.name', 'k8s.statefulset.name', 'k8s.cronjob.name']
const ELSE = ['container.image.name', 'k8s.pod.name', 'container.name', 'container.id']

/** Names of pods and their owners hold no slash; an image's name may, and stands alone. */
function workloadOf(resource: Resource): string | undefined {
  const owner = OWNERS.find((name) => resource[name] !== undefined)
  if (owner !== undefined) {
    const place = ['k8s.cluster.name', 'k8s.namespace.name', owner].map((name) => resource[name] ?? '')
    return `${owner} ${place.join('/')}`
  }
  const own = ELSE.find((name) => resource[name] !== undefined)
  return own === undefined ? undefined : `${own} ${String(resource[own])}`
}

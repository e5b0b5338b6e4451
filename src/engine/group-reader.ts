import type { Event } from '../domain/event.ts'
import { workloadName } from '../domain/workload-name.ts'
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
  const value = workloadName(resource)
  return value === undefined ? { present: false, values: [] } : { present: true, values: [value] }
}

import { isObject, listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import type { PodOrigin } from './pod-spec.ts'
import { WORKLOAD_ATTRIBUTES } from './workload-attributes.ts'

/** Kinds whose objects hold a pod template. */
export const TEMPLATED = new Set([
  'Deployment',
  'DaemonSet',
  'StatefulSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
  'CronJob',
])

/** The controller that made an object, as its owner references say. */
export function controllerOf(object: JsonObject): PodOrigin['owner'] {
  const owners = listOf(objectOf(object['metadata'])['ownerReferences']).map(objectOf)
  const owner = owners.find((one) => one['controller'] === true) ?? owners[0]
  const kind = textOf(owner?.['kind'])
  const name = textOf(owner?.['name'])
  return kind === undefined || name === undefined ? undefined : { kind, name }
}

/**
 * The attribute of the workload that a pod, or a workload, belongs to. Whoever tells of a pod, its log or the API
 * server, comes to the same, because it follows from the pod alone: a Deployment's pods belong to a ReplicaSet named
 * after it and a hash of the template, which labels them; a CronJob's to a Job named after it and the minute for
 * which it was scheduled.
 */
export function ownerAttributes(object: JsonObject): Record<string, string> {
  const owner = controllerOf(object)
  if (owner === undefined) return {}
  const metadata = objectOf(object['metadata'])
  const hash = textOf(objectOf(metadata['labels'])['pod-template-hash'])
  const dash = owner.name.lastIndexOf('-')
  const behind = owner.name.slice(dash + 1)
  if (owner.kind === 'ReplicaSet' && hash !== undefined && dash > 0)
    return { 'k8s.deployment.name': owner.name.slice(0, dash) }
  if (owner.kind === 'Job' && dash > 0 && isScheduled(behind, metadata['creationTimestamp']))
    return { 'k8s.cronjob.name': owner.name.slice(0, dash) }
  return attributeOf(owner.kind, owner.name)
}

/** The attribute of a workload itself. */
export function attributeOf(kind: string, name: string | undefined): Record<string, string> {
  const attribute = Object.hasOwn(WORKLOAD_ATTRIBUTES, kind) ? WORKLOAD_ATTRIBUTES[kind] : undefined
  return attribute === undefined || name === undefined ? {} : { [attribute]: name }
}

/** The pod template in a workload; undefined where there is none. */
export function templateOf(kind: string, workload: JsonObject): JsonObject | undefined {
  const spec = objectOf(workload['spec'])
  const holder = kind === 'CronJob' ? objectOf(objectOf(spec['jobTemplate'])['spec']) : spec
  const { template } = holder
  return isObject(template) ? template : undefined
}

/** A CronJob's Jobs may run late, and their pods be made again. */
const WITHIN = 7 * 24 * 3_600_000

/** Whether digits are the minutes since the epoch near a pod's creation. */
function isScheduled(digits: string, created: unknown): boolean {
  if (!/^\d{8}$/.test(digits)) return false
  const at = typeof created === 'string' ? Date.parse(created) : Number.NaN
  return Math.abs(at - Number(digits) * 60_000) <= WITHIN
}

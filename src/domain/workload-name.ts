import type { Resource } from './event.ts'

const OWNERS = ['k8s.deployment.name', 'k8s.daemonset.name', 'k8s.statefulset.name', 'k8s.cronjob.name']
const ELSE = ['container.image.name', 'k8s.pod.name', 'container.name', 'container.id']

/**
 * What replicas of a workload share, and what outlives them: who owns the pod under a lasting name, else the image,
 * else the container. Names of pods and their owners hold no slash; an image's name may, and stands alone.
 */
export function workloadName(resource: Resource): string | undefined {
  const owner = OWNERS.find((name) => resource[name] !== undefined)
  if (owner !== undefined) {
    const place = ['k8s.cluster.name', 'k8s.namespace.name', owner].map((name) => resource[name] ?? '')
    return `${owner} ${place.join('/')}`
  }
  const own = ELSE.find((name) => resource[name] !== undefined)
  return own === undefined ? undefined : `${own} ${String(resource[own])}`
}

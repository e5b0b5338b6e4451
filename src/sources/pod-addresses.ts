import type { Fact, Resource } from '../domain/event.ts'
import { listOf, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'

/**
 * What an answered write to a pod says about its addresses: kubelets write them into the status. The pod stands for
 * its containers, which share them. None for a pod on its node's network; gone once its node has deleted it.
 * `resource`: what the record says of the pod.
 */
export function podAddressFacts(
  { verb, responseObject }: { readonly verb: unknown; readonly responseObject: unknown },
  time: number,
  resource: Resource,
): readonly Fact[] {
  const pod = objectOf(responseObject)
  const { uid, deletionGracePeriodSeconds } = objectOf(pod['metadata'])
  const id = podId(uid)
  if (id === undefined) return []
  if (verb === 'delete') {
    return deletionGracePeriodSeconds === 0 ? [{ kind: 'container-gone', id, time }] : []
  }
  const addresses = addressesOf(pod)
  return addresses.length === 0 ? [] : [{ kind: 'container', id, time, resource, mounts: [], addresses }]
}

/** As long and as various as a container's. */
export function podId(uid: unknown): string | undefined {
  const text = textOf(uid)
  return text !== undefined && /^[0-9a-f-]{32,36}$/.test(text) ? text.replaceAll('-', '') : undefined
}

export function addressesOf(pod: JsonObject): readonly string[] {
  if (objectOf(pod['spec'])['hostNetwork'] === true) return []
  const { podIP, podIPs } = objectOf(pod['status'])
  const all = [podIP, ...listOf(podIPs).map((one) => objectOf(one)['ip'])]
  return [...new Set(all.flatMap((address) => textOf(address) ?? []))].slice(0, MAX_ADDRESSES)
}

const MAX_ADDRESSES = 16

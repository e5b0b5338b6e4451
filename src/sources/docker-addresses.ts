import { objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'

/**
 * IP addresses of a container's own, IPv4 and IPv6, in its inspect record. None for one that shares the network of
 * its host or of another container, and none while it is stopped.
 */
export function addressesOf(inspect: JsonObject): readonly string[] {
  const mode = textOf(objectOf(inspect['HostConfig'])['NetworkMode']) ?? ''
  if (mode === 'host' || mode === 'none' || /^(?:container|ns):/.test(mode)) return []
  const settings = objectOf(inspect['NetworkSettings'])
  // older engines, and Podman for its default network, have the address at the top alone
  const endpoints = [...Object.values(objectOf(settings['Networks'])).map(objectOf), settings]
  const addresses = endpoints.flatMap((endpoint) =>
    ['IPAddress', 'GlobalIPv6Address'].flatMap((name) => textOf(endpoint[name]) ?? []),
  )
  return [...new Set(addresses)].slice(0, MAX_ADDRESSES)
}

const MAX_ADDRESSES = 64

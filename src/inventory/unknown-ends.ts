import type { Event } from '../domain/event.ts'
import { canonicalAddress } from './addresses.ts'
import type { Peers } from './peers.ts'

/** An end of a connection that nobody had who is known, and that a container may have had. */
export interface UnknownEnd {
  /** As it is written shortest. */
  readonly address: string
  /** Containers that are known have, or had, addresses of its network. */
  readonly isNear: boolean
}

/** Addresses that engines and clusters give out and the internet does not have (RFC 1918, 2544, 4193 and 6598). */
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|198\.1[89]\.|f[cd][\da-f]{2}:)/

/** Those ends of a connection of which a container may be told yet. */
export function unknownEnds(
  flow: Event['flow'],
  peers: Peers | undefined,
  isNear: (address: string) => boolean,
): readonly UnknownEnd[] {
  if (flow === undefined) return []
  const ends = [
    ...(peers?.client === undefined ? [flow.client] : []),
    ...(peers?.server === undefined ? [flow.server] : []),
  ]
  return ends.flatMap((end) => {
    const address = canonicalAddress(end)
    if (address === undefined) return []
    const near = isNear(address)
    return near || PRIVATE.test(address) ? [{ address, isNear: near }] : []
  })
}

import { isIPv4, isIPv6 } from 'node:net'
import { plainAddress } from '../domain/plain-address.ts'
import type { AddressLease, ContainerRow } from '../domain/state.ts'

/** Who had an address. */
export type Holder =
  | { readonly kind: 'container'; readonly row: ContainerRow }
  /** Containers of several machines had it, and nothing says which machine is meant. */
  | { readonly kind: 'several' }

/** Which containers have, and had, an IP address. */
export interface AddressBook {
  put(row: ContainerRow): void
  /** `host`: the machine that the record is about, where it says one; `time` in ms. Undefined where nobody had it. */
  holder(address: string, time: number, host: string | undefined): Holder | undefined
}

/** Of one address: those that came last are what late records are about. */
const ROWS_AN_ADDRESS = 64
const LEASES_A_CONTAINER = 16

export function createAddressBook(): AddressBook {
  const byAddress = new Map<string, Map<string, ContainerRow>>()
  return {
    put(row) {
      for (const { address } of row.addresses ?? []) {
        const rows = byAddress.get(address) ?? new Map<string, ContainerRow>()
        byAddress.set(address, rows)
        // to the end: the oldest goes first
        rows.delete(row.id)
        rows.set(row.id, row)
        const [oldest] = rows.keys()
        if (rows.size > ROWS_AN_ADDRESS && oldest !== undefined) rows.delete(oldest)
      }
    },
    holder(address, time, host) {
      const canonical = canonicalAddress(address)
      const rows = canonical === undefined ? undefined : byAddress.get(canonical)
      if (rows === undefined) return undefined
      const held = [...rows.values()].flatMap((row) => {
        const lease = row.addresses?.findLast((one) => one.address === canonical && covers(one, time))
        return lease === undefined ? [] : [{ row, lease }]
      })
      const there = held.filter(({ row }) => row.resource['host.name'] === host)
      const candidates = there.length > 0 ? there : held
      const hosts = new Set(candidates.map(({ row }) => row.resource['host.name']))
      if (hosts.size > 1) return { kind: 'several' }
      const [best] = candidates.sort((a, b) => preference(b.lease, time) - preference(a.lease, time))
      return best === undefined ? undefined : { kind: 'container', row: best.row }
    },
  }
}

function covers({ since, until }: AddressLease, time: number): boolean {
  return since <= time && (until === undefined || time <= until)
}

/** One machine gives an address to one container at a time: the newest that was seen with it, else the first that is seen later. */
function preference({ seen }: AddressLease, time: number): number {
  return seen <= time ? seen : -seen
}

/**
 * The leases after a container was seen with `addresses` at `time`. `before`: when it was last known not to have
 * them, or when it was made. An engine tells of an address some milliseconds after the container could use it.
 */
export function renewed(
  leases: readonly AddressLease[],
  addresses: readonly string[],
  { time, before }: { readonly time: number; readonly before: number },
): readonly AddressLease[] {
  const now = new Set(addresses.flatMap((address) => canonicalAddress(address) ?? []))
  const kept = leases.map((lease) =>
    lease.until !== undefined || now.has(lease.address)
      ? lease
      : { ...lease, until: Math.max(time, lease.seen) },
  )
  const open = new Set(kept.filter(({ until }) => until === undefined).map(({ address }) => address))
  const added = [...now].filter((address) => !open.has(address))
  return [...kept, ...added.map((address) => ({ address, since: Math.min(before, time), seen: time }))].slice(
    -LEASES_A_CONTAINER,
  )
}

/** Every lease has ended at the latest when the container went. */
export function ended(leases: readonly AddressLease[], time: number): readonly AddressLease[] {
  return leases.map((lease) =>
    lease.until === undefined ? { ...lease, until: Math.max(time, lease.seen) } : lease,
  )
}

/** One spelling of an address; undefined for what is none, and for those that many have: loopback and unspecified. */
export function canonicalAddress(text: string): string | undefined {
  const plain = plainAddress(text.split('%', 1)[0] ?? '')
  if (isIPv4(plain)) return /^(?:0|127)\./.test(plain) ? undefined : plain
  if (!isIPv6(plain)) return undefined
  const address = new URL(`http://[${plain}]`).hostname.slice(1, -1)
  return address === '::' || address === '::1' ? undefined : address
}

import { isIPv4, isIPv6 } from 'node:net'
import { plainAddress } from '../domain/plain-address.ts'
import type { AddressLease, ContainerRow } from '../domain/state.ts'
import { createNeighbours } from './neighbours.ts'

/** Who had an address. */
export type Holder =
  | { readonly kind: 'container'; readonly row: ContainerRow }
  /** Containers of several machines had it, and nothing says which machine is meant. */
  | { readonly kind: 'several' }

/** What a record says of the machine that it is about. */
export interface Place {
  /** The machine's name, where the record says one. */
  readonly host: string | undefined
  /** Containers of that machine are known: no other machine's is meant. */
  readonly known: boolean
}

/** Which containers have, and had, an IP address. */
export interface AddressBook {
  put(row: ContainerRow): void
  /** Forgets the container, as it was put last. */
  drop(row: ContainerRow): void
  /** `time` in ms. Undefined where nobody had it. */
  holder(address: string, time: number, place: Place): Holder | undefined
  /** Whether containers have, or had, addresses of the same network. */
  isNear(address: string): boolean
}

/** Of one address: those that came last are what late records are about. */
const ROWS_AN_ADDRESS = 64
const LEASES_A_CONTAINER = 16
/** Containers at their addresses, in all: whoever may tell of containers may tell of many addresses. */
const MAX_ENTRIES = 200_000

export function createAddressBook(limit = MAX_ENTRIES): AddressBook {
  // addresses, and the containers at each, in the order in which they were put
  const byAddress = new Map<string, Map<string, ContainerRow>>()
  const networks = createNeighbours()
  let entries = 0

  const removeAddress = (address: string): void => {
    if (byAddress.delete(address)) networks.remove(address)
  }
  const remove = (address: string, id: string): void => {
    const rows = byAddress.get(address)
    if (rows?.delete(id) !== true) return
    entries -= 1
    if (rows.size === 0) removeAddress(address)
  }
  /** A slice at once: to find the oldest costs more than to let it go. */
  const makeRoom = (): void => {
    if (entries <= limit) return
    for (const [address, rows] of byAddress) {
      if (entries <= limit - Math.ceil(limit / 20)) return
      removeAddress(address)
      entries -= rows.size
    }
  }
  return {
    put(row) {
      for (const { address } of row.addresses ?? []) {
        remove(address, row.id)
        const rows = byAddress.get(address) ?? new Map<string, ContainerRow>()
        if (!byAddress.delete(address)) networks.add(address)
        byAddress.set(address, rows.set(row.id, row))
        entries += 1
        const [oldest] = rows.keys()
        if (rows.size > ROWS_AN_ADDRESS && oldest !== undefined) remove(address, oldest)
      }
      makeRoom()
    },
    drop(row) {
      for (const { address } of row.addresses ?? []) remove(address, row.id)
    },
    holder(address, time, place) {
      const canonical = canonicalAddress(address)
      const rows = canonical === undefined ? undefined : byAddress.get(canonical)
      if (rows === undefined) return undefined
      const held = [...rows.values()].flatMap((row) => {
        const lease = row.addresses?.findLast((one) => one.address === canonical && covers(one, time))
        return lease === undefined ? [] : [{ row, lease }]
      })
      const candidates = onlyAt(place, held)
      const hosts = new Set(candidates.map(({ row }) => row.resource['host.name']))
      if (hosts.size > 1) return { kind: 'several' }
      const [best] = candidates.sort((a, b) => preference(b.lease, time) - preference(a.lease, time))
      return best === undefined ? undefined : { kind: 'container', row: best.row }
    },
    isNear(address) {
      const canonical = canonicalAddress(address)
      return canonical !== undefined && networks.has(canonical)
    },
  }
}

/** Those of the machine; else those that are not known to be on another (the address of a pod is its cluster's). */
function onlyAt<T extends { readonly row: ContainerRow }>({ host, known }: Place, held: readonly T[]): T[] {
  const of = (name: string | undefined): T[] => held.filter(({ row }) => row.resource['host.name'] === name)
  const there = host === undefined ? [] : of(host)
  if (there.length > 0) return there
  return known ? of(undefined) : [...held]
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

/** The leases after it came out late that a container had `addresses` at `time`; it was last told of at `until`. */
export function recalled(
  leases: readonly AddressLease[],
  addresses: readonly string[],
  { time, until }: { readonly time: number; readonly until: number },
): readonly AddressLease[] {
  const then = new Set(addresses.flatMap((address) => canonicalAddress(address) ?? []))
  const known = new Set(leases.map(({ address }) => address))
  const before = [...then].filter((address) => !known.has(address))
  return [
    ...before.map((address) => ({ address, since: time, seen: time, until })),
    ...leases.map((lease) =>
      then.has(lease.address) && time < lease.since ? { ...lease, since: time } : lease,
    ),
  ].slice(-LEASES_A_CONTAINER)
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

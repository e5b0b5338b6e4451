import type { ContainerRow } from '../domain/state.ts'
import { createAddressBook, type AddressBook } from './addresses.ts'

/** The containers that are known from one kind of reporter. */
export interface KnownContainers {
  readonly addresses: Pick<AddressBook, 'holder' | 'isNear'>
  get(id: string): ContainerRow | undefined
  /** Those that are there, then those that are gone. */
  rows(): Iterable<ContainerRow>
  /** Whose root file system stands at this folder of the host. */
  rootedAt(folder: string): ContainerRow | undefined
  /** Whose id begins so: the only one, or that there are several. */
  short(digits: string): ContainerRow | 'several' | undefined
  /** Whether any is on this machine. */
  hasHost(host: string): boolean
  /** The ids of those that were forgotten for it. */
  put(row: ContainerRow): readonly string[]
  drop(id: string): void
}

/** Sensors cut ids to so many digits. */
export const SHORT_ID = 12

/** What is forgotten at once, as a part of all. */
const SLICES = 20

/** What is known of all of them, as characters of JSON: names have no length of their own. */
const MAX_WEIGHT = 64 * 1024 * 1024

/**
 * At most `limit` containers, and not too much of them: those that are gone leave first, then those that were not
 * told of for longest.
 */
export function createKnownContainers(limit: number): KnownContainers {
  // in the order in which they were put
  const there = new Map<string, ContainerRow>()
  const gone = new Map<string, ContainerRow>()
  const byShort = new Map<string, Set<string>>()
  const byHost = new Map<string, number>()
  const byRoot = new Map<string, string>()
  const book = createAddressBook()
  const weights = new Map<string, number>()
  let weight = 0

  const get = (id: string): ContainerRow | undefined => there.get(id) ?? gone.get(id)

  const add = (row: ContainerRow): void => {
    ;(row.gone === undefined ? there : gone).set(row.id, row)
    const short = row.id.slice(0, SHORT_ID)
    const ids = byShort.get(short) ?? new Set<string>()
    byShort.set(short, ids.add(row.id))
    const host = hostOf(row)
    if (host !== undefined) byHost.set(host, (byHost.get(host) ?? 0) + 1)
    const own = JSON.stringify(row).length
    weights.set(row.id, own)
    weight += own
    book.put(row)
    for (const root of row.roots ?? []) byRoot.set(root, row.id)
  }

  const drop = (id: string): void => {
    const row = get(id)
    if (row === undefined) return
    there.delete(id)
    gone.delete(id)
    const short = id.slice(0, SHORT_ID)
    const ids = byShort.get(short)
    ids?.delete(id)
    if (ids?.size === 0) byShort.delete(short)
    const host = hostOf(row)
    const others = host === undefined ? 0 : (byHost.get(host) ?? 0) - 1
    if (host !== undefined && others > 0) byHost.set(host, others)
    else if (host !== undefined) byHost.delete(host)
    weight -= weights.get(id) ?? 0
    weights.delete(id)
    book.drop(row)
    for (const root of row.roots ?? []) if (byRoot.get(root) === id) byRoot.delete(root)
  }

  /** A slice at once: to find the oldest costs more than to let it go. */
  const makeRoom = (): readonly string[] => {
    const forgotten: string[] = []
    const fits = (part: number): boolean =>
      there.size + gone.size <= Math.floor(limit * part) && weight <= MAX_WEIGHT * part
    if (fits(1)) return forgotten
    for (const rows of [gone, there]) {
      for (const id of rows.keys()) {
        if (fits(1 - 1 / SLICES)) return forgotten
        drop(id)
        forgotten.push(id)
      }
    }
    return forgotten
  }

  return {
    addresses: book,
    get,
    rows: () => [...there.values(), ...gone.values()],
    drop,
    hasHost: (host) => byHost.has(host),
    rootedAt(folder) {
      const id = byRoot.get(folder)
      return id === undefined ? undefined : get(id)
    },
    short(digits) {
      const ids = byShort.get(digits)
      const [id] = ids ?? []
      if (id === undefined) return undefined
      return ids?.size === 1 ? get(id) : 'several'
    },
    put(row) {
      drop(row.id)
      add(row)
      return makeRoom()
    },
  }
}

function hostOf({ resource }: ContainerRow): string | undefined {
  const host = resource['host.name']
  return typeof host === 'string' ? host : undefined
}

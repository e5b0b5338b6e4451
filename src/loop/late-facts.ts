import type { Event, SourceName } from '../domain/event.ts'
import type { WaitingRow } from '../domain/state.ts'
import type { Inventory, Joined } from '../inventory/inventory.ts'

/**
 * Events that came before what is known of their container: a sensor tells of a process, or of a connection by its
 * addresses, while the engine is still being asked what it runs. They wait for it in the store, so that neither a crash
 * nor the order of arrival decides what rules see; what is not told in time goes on as it is.
 */
export interface LateFacts {
  /** Whether the event is to wait: then it is kept. */
  holds(event: Event, joined: Joined, of: Pick<WaitingRow, 'input' | 'within'>): boolean
  /** Those whose container is known by now, and those that waited for too long, in the order in which they came. */
  released(): readonly Released[]
  /** Whether any has waited for too long. */
  overdue(): boolean
  /** Nothing more comes: whoever waits has waited long enough. */
  end(): void
  /** Sources of events of containers that went on unknown, since the last call. */
  unknown(): readonly SourceName[]
  /** What changed since the last call, to be committed with the batch. */
  changes(): { readonly waiting: readonly WaitingRow[]; readonly waited: readonly number[] }
}

export interface Released {
  readonly input: string
  readonly event: Event
  readonly joined: Joined
}

export interface LateFactsParts {
  /** Wall clock, ms. */
  readonly now: () => number
  readonly inventory: Pick<Inventory, 'find' | 'unknownEnds' | 'lacksCreator' | 'revision'>
  /** Whether somebody is asked which containers run on that machine: otherwise nothing would come. */
  readonly isAsked: (host: string | undefined) => boolean
  /** How long an event waits, ms. */
  readonly bound?: number
  /** So many wait at most, half of them for addresses. */
  readonly most?: number
}

const BOUND = 10_000
const MOST = 5_000
/** A container, or an address, of which nothing was told in time is not waited for again so soon, ms. */
const IN_VAIN = 600_000
const MAX_IN_VAIN = 10_000
/** A connection of long ago is of a container that is known for as long, or of none; ms. */
const RECENT = 60_000
const ID = /^[0-9a-f]{12,64}$/

/** What an event waits for. */
interface Awaited {
  readonly key: string
  /** Whether it is a container's for certain, or by its network. */
  readonly isContainers: boolean
}

/** Starts from what waited when the process before ended. */
export function createLateFacts(stored: readonly WaitingRow[], parts: LateFactsParts): LateFacts {
  const { now, inventory, isAsked, bound = BOUND, most = MOST } = parts
  // in the order in which they came; those of one container are released together, a connection is for itself
  const groups = Map.groupBy(stored, groupOf)
  const inVain = new Map<string, number>()
  let [next, waiting] = [Math.max(0, ...stored.map(({ n }) => n)) + 1, stored.length]
  let connections = stored.filter(({ event }) => isConnection(event)).length
  let added: WaitingRow[] = []
  let waited: number[] = []
  let unknown: SourceName[] = []
  let ended = false
  let looked: number | undefined

  const giveUp = (key: string): void => {
    inVain.delete(key)
    inVain.set(key, now())
    const [oldest] = inVain.keys()
    if (inVain.size > MAX_IN_VAIN && oldest !== undefined) inVain.delete(oldest)
  }
  const isInVain = ({ key }: Awaited): boolean => now() - (inVain.get(key) ?? -Infinity) < IN_VAIN
  const isOver = ([first]: readonly WaitingRow[]): boolean =>
    // a clock that was set back keeps nobody waiting
    ended || (first !== undefined && Math.abs(now() - first.at) >= bound)

  const awaited = (event: Event, joined: Joined): readonly Awaited[] => {
    const { 'container.id': id, 'host.name': host } = event.resource
    if (event.object !== undefined)
      return inventory.lacksCreator(event) ? [{ key: `creator ${event.object}`, isContainers: false }] : []
    if (typeof id === 'string')
      return joined === undefined && ID.test(id) ? [{ key: id, isContainers: true }] : []
    return inventory
      .unknownEnds(event, joined)
      .map(({ address, isNear }) => ({ key: `${String(host)} ${address}`, isContainers: isNear }))
  }
  const letGo = (event: Event, joined: Joined, missing: readonly Awaited[]): void => {
    if (joined === undefined && missing.some(({ isContainers }) => isContainers)) unknown.push(event.source)
  }

  return {
    holds(event, joined, { input, within }) {
      if (joined !== undefined && joined.kind !== 'peers' && event.object === undefined) return false
      const { 'host.name': host } = event.resource
      const missing = awaited(event, joined)
      if (missing.length === 0 || event.inventory === true) return false
      if (joined !== undefined && missing.every(isInVain)) return false
      if (event.object === undefined && !isAsked(typeof host === 'string' ? host : undefined)) return false
      const isFlow = isConnection(event)
      const row = { n: next, at: now(), input, event, ...(within !== undefined && { within }) }
      const group = groupOf(row)
      const others = groups.get(group)
      const mayCome = isFlow
        ? Math.abs(now() - event.time) < RECENT && connections < most / 2 && !missing.every(isInVain)
        : others !== undefined || !missing.every(isInVain)
      if (waiting >= most || !mayCome) {
        letGo(event, joined, missing)
        return false
      }
      if (others === undefined) groups.set(group, [row])
      else others.push(row)
      added.push(row)
      next += 1
      waiting += 1
      if (isFlow) connections += 1
      return true
    },
    released() {
      const revision = inventory.revision()
      const isNews = looked !== revision
      looked = revision
      const found: (Released & { readonly n: number })[] = []
      for (const [group, rows] of groups) {
        const over = isOver(rows)
        if (!isNews && !over) continue
        const told = rows.map((row) => ({ ...row, joined: inventory.find(row.event, row.within) }))
        const isKnown = told.some(({ event, joined }) => awaited(event, joined).length === 0)
        if (!isKnown && !over) continue
        groups.delete(group)
        waiting -= rows.length
        for (const { n, input, event, joined } of told) {
          if (isConnection(event)) connections -= 1
          const missing = awaited(event, joined)
          letGo(event, joined, missing)
          if (!isKnown) for (const { key } of missing) giveUp(key)
          found.push({ n, input, event, joined })
        }
      }
      if (found.length === 0) return found
      const gone = new Set(found.map(({ n }) => n))
      // what came with this batch never stood in the store
      const unwritten = new Set(added.map(({ n }) => n))
      for (const n of gone) if (!unwritten.has(n)) waited.push(n)
      added = added.filter(({ n }) => !gone.has(n))
      return found.toSorted((a, b) => a.n - b.n)
    },
    overdue: () => [...groups.values()].some(isOver),
    end() {
      ended = true
    },
    unknown() {
      const sources = unknown
      unknown = []
      return sources
    },
    changes() {
      const changes = { waiting: added, waited }
      added = []
      waited = []
      return changes
    },
  }
}

/** Whether it is of containers by their addresses alone. */
function isConnection({ resource, flow }: Event): boolean {
  return flow !== undefined && typeof resource['container.id'] !== 'string'
}

function groupOf({ n, event }: WaitingRow): string {
  if (isConnection(event)) return `connection ${n}`
  return event.object === undefined ? String(event.resource['container.id']) : `object ${event.object}`
}

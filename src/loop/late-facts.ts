import type { Event, SourceName } from '../domain/event.ts'
import type { WaitingRow } from '../domain/state.ts'
import type { Inventory, Joined } from '../inventory/inventory.ts'

/**
 * Events that came before what is known of their container: a sensor tells of a process while its engine is still
 * being asked what it runs in. They wait for it in the store, so that neither a crash nor the order of arrival
 * decides what rules see; what is not told in time goes on as it is.
 */
export interface LateFacts {
  /** Whether the event is to wait: then it is kept. */
  holds(event: Event, joined: Joined, of: Pick<WaitingRow, 'input' | 'within'>): boolean
  /** Those whose container is known by now, and those that waited for too long, in the order in which they came. */
  released(find: Inventory['find']): readonly Released[]
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
  /** Whether somebody is asked which containers run on that machine: otherwise nothing would come. */
  readonly isAsked: (host: string | undefined) => boolean
  /** How long an event waits, ms. */
  readonly bound?: number
  /** So many wait at most. */
  readonly most?: number
}

const BOUND = 10_000
const MOST = 5_000
/** A container of which nothing was told in time is not waited for again so soon, ms. */
const IN_VAIN = 600_000
const MAX_IN_VAIN = 10_000
const ID = /^[0-9a-f]{12,64}$/

/** Starts from what waited when the process before ended. */
export function createLateFacts(stored: readonly WaitingRow[], parts: LateFactsParts): LateFacts {
  const { now, isAsked, bound = BOUND, most = MOST } = parts
  // by the container, in the order in which they came
  const byContainer = Map.groupBy(stored, ({ event }) => idOf(event) ?? '')
  const inVain = new Map<string, number>()
  let [next, waiting] = [Math.max(0, ...stored.map(({ n }) => n)) + 1, stored.length]
  let added: WaitingRow[] = []
  let waited: number[] = []
  let unknown: SourceName[] = []
  let ended = false

  const giveUp = (id: string): void => {
    inVain.delete(id)
    inVain.set(id, now())
    const [oldest] = inVain.keys()
    if (inVain.size > MAX_IN_VAIN && oldest !== undefined) inVain.delete(oldest)
  }
  const isInVain = (id: string): boolean => now() - (inVain.get(id) ?? -Infinity) < IN_VAIN
  const isOver = ([first]: readonly WaitingRow[]): boolean =>
    // a clock that was set back keeps nobody waiting
    ended || (first !== undefined && Math.abs(now() - first.at) >= bound)

  return {
    holds(event, joined, { input, within }) {
      const id = idOf(event)
      if (joined !== undefined || id === undefined) return false
      const host = event.resource['host.name']
      const mayCome = ID.test(id) && isAsked(typeof host === 'string' ? host : undefined)
      if (!mayCome) return false
      const others = byContainer.get(id)
      if (waiting >= most || (others === undefined && isInVain(id))) {
        unknown.push(event.source)
        return false
      }
      const row = { n: next, at: now(), input, event, ...(within !== undefined && { within }) }
      if (others === undefined) byContainer.set(id, [row])
      else others.push(row)
      added.push(row)
      next += 1
      waiting += 1
      return true
    },
    released(find) {
      const found: (Released & { readonly n: number })[] = []
      for (const [id, rows] of byContainer) {
        const isKnown = rows.some(({ event, within }) => find(event, within) !== undefined)
        if (!isKnown && !isOver(rows)) continue
        if (!isKnown) giveUp(id)
        byContainer.delete(id)
        waiting -= rows.length
        for (const { n, input, event, within } of rows) {
          const joined = find(event, within)
          if (joined === undefined) unknown.push(event.source)
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
    overdue: () => [...byContainer.values()].some(isOver),
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

function idOf({ resource }: Event): string | undefined {
  const id = resource['container.id']
  return typeof id === 'string' ? id : undefined
}

import type { EngineEvent } from './engine-event.ts'

/** What the docker input's checkpoint keeps: exactly what was handed on so far. */
export interface DockerCheckpoint {
  readonly engine: string
  /** Bytes handed on. */
  readonly offset: number
  /** When this engine was first watched, ms: what is older was there before. */
  readonly began: number
  /** The inventory at the first start is complete. */
  readonly inventoried: boolean
  /** Wall clock, ms: last known to be connected. */
  readonly aliveAt: number
  /** The newest events handed on, oldest first: `key@nanoseconds`. */
  readonly recent: readonly string[]
  /** Newest nanoseconds among those that `recent` no longer holds. */
  readonly forgotten: string
  /** From when to ask while nothing was handed on yet, nanoseconds. */
  readonly startedAgain: string
  /** Ids of the containers whose specification was handed on. */
  readonly containers: readonly string[]
}

/** Docker replays its last 256 events at most. */
const RECENT = 512
/** Events need not come in the order of their times: so much is asked for again. Nanoseconds. */
const OVERLAP = 5_000_000_000n

/** Where reading stands: knows what was handed on, and from when to ask again. */
export interface Position {
  offset: number
  inventoried: boolean
  aliveAt: number
  readonly engine: string
  readonly began: number
  readonly containers: Set<string>
  wasDelivered(event: EngineEvent): boolean
  deliver(event: EngineEvent): void
  /** Whether any event was handed on yet. */
  readonly hasEvents: () => boolean
  /** Nanoseconds of the last event handed on; the beginning where there was none. */
  lastNano(): bigint
  /** From when to ask, nanoseconds: some of what was handed on comes again, and nothing that is not known any more. */
  since(): bigint
  /** Nothing that was handed on will come again: what follows is counted from here. Nanoseconds. */
  beginAgain(nano: bigint): void
  checkpoint(): DockerCheckpoint
}

export function createPosition(engine: string, now: number, stored?: DockerCheckpoint): Position {
  const began = stored?.began ?? now
  const recent = new Map((stored?.recent ?? []).map(split))
  const containers = new Set(stored?.containers)
  let startedAgain = BigInt(stored?.startedAgain ?? BigInt(began) * 1_000_000n)
  let forgotten = BigInt(stored?.forgotten ?? 0)
  let last = [...recent.values()].at(-1) ?? startedAgain
  return {
    engine,
    began,
    containers,
    offset: stored?.offset ?? 0,
    inventoried: stored?.inventoried ?? false,
    aliveAt: stored?.aliveAt ?? now,
    wasDelivered: ({ key }) => recent.has(key),
    deliver({ key, nano }) {
      recent.set(key, nano)
      last = nano
      if (recent.size <= RECENT) return
      const [oldest] = recent
      if (oldest === undefined) return
      recent.delete(oldest[0])
      if (oldest[1] > forgotten) forgotten = oldest[1]
    },
    hasEvents: () => recent.size > 0,
    lastNano: () => last,
    since() {
      const overlapping = last - OVERLAP
      const floor = recent.size === 0 ? last : forgotten + 1n
      return overlapping > floor ? overlapping : floor
    },
    beginAgain(nano) {
      recent.clear()
      last = nano
      startedAgain = nano
    },
    checkpoint() {
      const { offset, inventoried, aliveAt } = this
      const kept = [...recent].map(([key, nano]) => `${key}@${nano}`)
      return {
        engine,
        offset,
        began,
        inventoried,
        aliveAt,
        recent: kept,
        forgotten: String(forgotten),
        startedAgain: String(startedAgain),
        containers: [...containers],
      }
    },
  }
}

function split(stored: string): [string, bigint] {
  const [key, nano] = stored.split('@')
  return [key ?? '', BigInt(nano ?? 0)]
}

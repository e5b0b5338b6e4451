import type { WindowRow } from '../domain/state.ts'
import type { Analytic } from './analytic.ts'

/** Windows whose state is kept in memory beside the store, those that were used last, and entries of all of them. */
const MOST = { windows: 100_000, entries: 2_000_000 } as const

/** States of windows, taken out to be reduced and put back as they are committed. */
export interface WindowCache {
  /** The states of those groups that have one. What is taken is no longer here. */
  take(
    correlation: string,
    groups: ReadonlyMap<string, unknown>,
    analytic: Analytic<unknown>,
    held: { windows(correlation: string, groups: readonly string[]): readonly WindowRow[] },
  ): ReadonlyMap<string, unknown>
  /** `size` in entries. */
  keep(correlation: string, group: string, state: unknown, size: number): void
  drop(correlation: string, group: string): void
}

export function createWindowCache(): WindowCache {
  const cache = new Map<string, Map<string, Kept>>()
  let [windows, entries] = [0, 0]
  const isFull = (): boolean => windows > MOST.windows || entries > MOST.entries
  const remove = (correlation: string, group: string): void => {
    const states = cache.get(correlation)
    const kept = states?.get(group)
    if (states === undefined || kept === undefined) return
    states.delete(group)
    windows -= 1
    entries -= kept.size
  }
  const forgetOldest = (): void => {
    for (const [correlation, states] of cache) {
      for (const group of states.keys()) {
        if (!isFull()) return
        remove(correlation, group)
      }
    }
  }
  return {
    take(correlation, groups, analytic, held) {
      const states = cache.get(correlation)
      const taken = new Map<string, unknown>()
      const missing: string[] = []
      for (const group of groups.keys()) {
        const kept = states?.get(group)
        if (kept === undefined) missing.push(group)
        else {
          taken.set(group, kept.state)
          remove(correlation, group)
        }
      }
      for (const row of missing.length === 0 ? [] : held.windows(correlation, missing))
        taken.set(row.group, analytic.fromJson(row.state))
      return taken
    },
    keep(correlation, group, state, size) {
      let states = cache.get(correlation)
      if (states === undefined) {
        states = new Map()
        cache.set(correlation, states)
      }
      remove(correlation, group)
      states.set(group, { state, size })
      windows += 1
      entries += size
      if (isFull()) forgetOldest()
    },
    drop: remove,
  }
}

interface Kept {
  readonly state: unknown
  readonly size: number
}

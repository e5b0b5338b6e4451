import type { WindowRow } from '../domain/state.ts'
import type { Analytic } from './analytic.ts'

/** Windows whose state is kept in memory beside the store; those that were used last. */
const MOST = 50_000

/** States of windows, taken out to be reduced and put back as they are committed. */
export interface WindowCache {
  /** The states of those groups that have one. What is taken is no longer here. */
  take(
    correlation: string,
    groups: ReadonlyMap<string, unknown>,
    analytic: Analytic<unknown>,
    held: { windows(correlation: string, groups: readonly string[]): readonly WindowRow[] },
  ): ReadonlyMap<string, unknown>
  keep(correlation: string, group: string, state: unknown): void
  drop(correlation: string, group: string): void
}

export function createWindowCache(): WindowCache {
  const cache = new Map<string, Map<string, unknown>>()
  let size = 0
  const forgetOldest = (): void => {
    for (const states of cache.values()) {
      for (const group of states.keys()) {
        if (size <= MOST) return
        states.delete(group)
        size -= 1
      }
    }
  }
  const remove = (correlation: string, group: string): void => {
    if (cache.get(correlation)?.delete(group) === true) size -= 1
  }
  return {
    take(correlation, groups, analytic, held) {
      const states = cache.get(correlation)
      const taken = new Map<string, unknown>()
      const unknown: string[] = []
      for (const group of groups.keys()) {
        const state = states?.get(group)
        if (state === undefined) unknown.push(group)
        else {
          taken.set(group, state)
          remove(correlation, group)
        }
      }
      for (const row of unknown.length === 0 ? [] : held.windows(correlation, unknown))
        taken.set(row.group, analytic.fromJson(row.state))
      return taken
    },
    keep(correlation, group, state) {
      let states = cache.get(correlation)
      if (states === undefined) {
        states = new Map()
        cache.set(correlation, states)
      }
      remove(correlation, group)
      states.set(group, state)
      size += 1
      if (size > MOST) forgetOldest()
    },
    drop: remove,
  }
}

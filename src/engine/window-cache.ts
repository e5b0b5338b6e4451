import type { WindowRow } from '../domain/state.ts'
import type { Analytic } from './analytic.ts'

/** Windows whose state is kept in memory beside the store, those that came last, and entries of all of them. */
const MOST = { windows: 100_000, entries: 2_000_000 } as const

/** States of windows as they were left by the last step, which is committed. */
export interface WindowCache {
  /** The states of one correlation, those of these groups among them where they have one. */
  load(
    correlation: string,
    groups: ReadonlyMap<string, unknown>,
    analytic: Analytic<unknown>,
    held: { windows(correlation: string, groups: readonly string[]): readonly WindowRow[] },
  ): States
  drop(correlation: string, group: string): void
  /** At the end of a step: forgets those that came first where there are too many. */
  trim(): void
}

export interface States {
  get(group: string): unknown
  /** `size` in entries. */
  set(group: string, state: unknown, size: number): void
  delete(group: string): void
}

interface Kept {
  state: unknown
  size: number
}

export function createWindowCache(): WindowCache {
  const cache = new Map<string, Map<string, Kept>>()
  let [windows, entries] = [0, 0]
  const keep = (kept: Map<string, Kept>, group: string, state: unknown, size: number): void => {
    const known = kept.get(group)
    entries += size - (known?.size ?? 0)
    if (known === undefined) {
      windows += 1
      kept.set(group, { state, size })
      return
    }
    known.state = state
    known.size = size
  }
  const remove = (kept: Map<string, Kept>, group: string): void => {
    const known = kept.get(group)
    if (known === undefined) return
    kept.delete(group)
    windows -= 1
    entries -= known.size
  }
  const isFull = (): boolean => windows > MOST.windows || entries > MOST.entries
  return {
    load(correlation, groups, analytic, held) {
      const kept = cache.get(correlation) ?? new Map<string, Kept>()
      cache.set(correlation, kept)
      const missing: string[] = []
      for (const group of groups.keys()) if (!kept.has(group)) missing.push(group)
      for (const row of missing.length === 0 ? [] : held.windows(correlation, missing)) {
        const state = analytic.fromJson(row.state)
        keep(kept, row.group, state, analytic.size(state))
      }
      return {
        get: (group) => kept.get(group)?.state,
        set: (group, state, size) => keep(kept, group, state, size),
        delete: (group) => remove(kept, group),
      }
    },
    drop(correlation, group) {
      const kept = cache.get(correlation)
      if (kept !== undefined) remove(kept, group)
    },
    trim() {
      for (const kept of cache.values()) {
        for (const group of kept.keys()) {
          if (!isFull()) return
          remove(kept, group)
        }
      }
    },
  }
}

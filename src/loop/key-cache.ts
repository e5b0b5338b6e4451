import type { BaselineAnalytic } from '../engine/baselines/baseline-analytic.ts'
import type { BaselineStore } from '../store/baselines.ts'

/** States of keys that are kept in memory beside the store, those that came last, and entries of all of them. */
const MOST = { keys: 200_000, entries: 4_000_000 } as const

/** States of keys as they were left by the last step, which is committed. */
export interface KeyCache {
  /** From memory, or the store; undefined for a key that nothing is known of. */
  get(baseline: string, key: string, kind: BaselineAnalytic<unknown>): unknown
  /** `size` in entries. */
  set(baseline: string, key: string, state: unknown, size: number): void
  drop(baseline: string, key: string): void
  /** After a step: forgets those that came first where there are too many. */
  trim(): void
}

interface Kept {
  state: unknown
  size: number
}

export function createKeyCache(store: Pick<BaselineStore, 'baselineKeysOf'>): KeyCache {
  const cache = new Map<string, Kept>()
  let entries = 0
  const nameOf = (baseline: string, key: string): string => `${baseline}${key}`
  const drop = (name: string): void => {
    const known = cache.get(name)
    if (known === undefined) return
    entries -= known.size
    cache.delete(name)
  }
  const set = (name: string, state: unknown, size: number): void => {
    const known = cache.get(name)
    entries += size - (known?.size ?? 0)
    if (known === undefined) cache.set(name, { state, size })
    else {
      known.state = state
      known.size = size
    }
  }
  return {
    get(baseline, key, kind) {
      const name = nameOf(baseline, key)
      const known = cache.get(name)
      if (known !== undefined) return known.state
      const row = store.baselineKeysOf(baseline, [key])[0]
      if (row === undefined) return undefined
      const state = kind.fromJson(row.state, row.past)
      set(name, state, kind.size(state))
      return state
    },
    set: (baseline, key, state, size) => set(nameOf(baseline, key), state, size),
    drop: (baseline, key) => drop(nameOf(baseline, key)),
    trim() {
      for (const name of cache.keys()) {
        if (cache.size <= MOST.keys && entries <= MOST.entries) return
        drop(name)
      }
    },
  }
}

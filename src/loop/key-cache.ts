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
  /** Undefined where the store has nothing of it. */
  state: unknown
  size: number
}

export function createKeyCache(store: Pick<BaselineStore, 'baselineKeysOf'>): KeyCache {
  const cache = new Map<string, Map<string, Kept>>()
  let [keys, entries] = [0, 0]
  const ofBaseline = (baseline: string): Map<string, Kept> => {
    const known = cache.get(baseline)
    if (known !== undefined) return known
    const made = new Map<string, Kept>()
    cache.set(baseline, made)
    return made
  }
  const drop = (of: Map<string, Kept>, key: string): void => {
    const known = of.get(key)
    if (known === undefined) return
    entries -= known.size
    keys -= 1
    of.delete(key)
  }
  const set = (of: Map<string, Kept>, key: string, state: unknown, size: number): void => {
    const known = of.get(key)
    entries += size - (known?.size ?? 0)
    if (known === undefined) {
      keys += 1
      of.set(key, { state, size })
      return
    }
    known.state = state
    known.size = size
  }
  return {
    get(baseline, key, kind) {
      const of = ofBaseline(baseline)
      const known = of.get(key)
      if (known !== undefined) return known.state
      const row = store.baselineKeysOf(baseline, [key])[0]
      const state = row === undefined ? undefined : kind.fromJson(row.state, row.past)
      set(of, key, state, state === undefined ? 1 : kind.size(state))
      return state
    },
    set: (baseline, key, state, size) => set(ofBaseline(baseline), key, state, size),
    drop: (baseline, key) => drop(ofBaseline(baseline), key),
    trim() {
      for (const of of cache.values())
        for (const key of of.keys()) {
          if (keys <= MOST.keys && entries <= MOST.entries) return
          drop(of, key)
        }
    },
  }
}

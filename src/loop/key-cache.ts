import type { BaselineRow } from '../domain/state.ts'
import type { BaselineAnalytic } from '../engine/baselines/baseline-analytic.ts'
import type { BaselineStore } from '../store/baselines.ts'

/** Keys that are kept in memory beside the store, those that were asked for last, and entries of their states. */
const MOST = { keys: 30_000, entries: 2_000_000 } as const

/** What the store holds of a key beside its state. */
export type Stored = Pick<BaselineRow, 'status' | 'deadline' | 'expires'>

export interface KeptKey {
  /** Undefined where nothing is known of it. */
  state: unknown
  /** Undefined where the store has no such key. */
  stored: Stored | undefined
  /** In entries. */
  size: number
}

/** Keys as they were left by the last step, which is committed. */
export interface KeyCache {
  /** From memory, or the store. What is changed of it is to be said to `resized`. */
  get(baseline: string, key: string, kind: BaselineAnalytic<unknown>): KeptKey
  resized(kept: KeptKey, size: number): void
  drop(baseline: string, key: string): void
  /** After a step: forgets those that nobody asked for lately where there are too many. */
  trim(): void
}

type Keys = Map<string, KeptKey>
/** What was asked for since the last trim that forgot something, and between the two before. */
interface Generations {
  young: Keys
  old: Keys
}

export function createKeyCache(store: Pick<BaselineStore, 'baselineKey'>): KeyCache {
  const cache = new Map<string, Generations>()
  /** Of the young. */
  let [keys, entries] = [0, 0]
  const ofBaseline = (baseline: string): Generations => {
    const known = cache.get(baseline)
    if (known !== undefined) return known
    const made = { young: new Map(), old: new Map() }
    cache.set(baseline, made)
    return made
  }
  const read = (baseline: string, key: string, kind: BaselineAnalytic<unknown>): KeptKey => {
    const row = store.baselineKey(baseline, key)
    if (row === undefined) return { state: undefined, stored: undefined, size: 1 }
    const { status, deadline, expires } = row
    const state = kind.fromJson(row.state, row.past)
    return { state, stored: { status, deadline, expires }, size: kind.size(state) }
  }
  return {
    get(baseline, key, kind) {
      const { young, old } = ofBaseline(baseline)
      const known = young.get(key)
      if (known !== undefined) return known
      const kept = old.get(key) ?? read(baseline, key, kind)
      young.set(key, kept)
      keys += 1
      entries += kept.size
      return kept
    },
    resized(kept, size) {
      entries += size - kept.size
      kept.size = size
    },
    drop(baseline, key) {
      const { young, old } = ofBaseline(baseline)
      const known = young.get(key)
      old.delete(key)
      if (known === undefined) return
      young.delete(key)
      keys -= 1
      entries -= known.size
    },
    trim() {
      if (keys <= MOST.keys / 2 && entries <= MOST.entries / 2) return
      for (const of of cache.values()) {
        of.old = of.young
        of.young = new Map()
      }
      ;[keys, entries] = [0, 0]
    },
  }
}

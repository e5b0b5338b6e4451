import type { ObservedRow } from '../domain/state.ts'
import { cellFrom, cellJson, merge, newCell, TICK, type Cell } from '../engine/baselines/cell.ts'
import { epochOf } from '../engine/baselines/holding.ts'
import type { BaselineStore } from '../store/baselines.ts'

/** Cells that are kept in memory; of further hours they are read again when these are looked at. */
const MOST = 250_000

type Keys = Map<string, Cell>
type Baselines = Map<string, Keys>
type Ticks = Map<number, Baselines>

/** What one batch observed: the cell of a tick, a baseline's hash and a key. */
export interface ObservedBatch {
  cell(tick: number, baseline: string, key: string): Cell
  /** To be committed with the batch; merged into what waits. */
  rows(): readonly ObservedRow[]
}

/** What was observed and is not folded. Everything is in the store; what is looked at soon is in memory as well. */
export interface Observed {
  batch(): ObservedBatch
  /** The first hour of which there is something, ms. */
  firstEpoch(): number | undefined
  /** Takes what was observed between two ticks, by baseline and key, in the order of ticks. What is older is folded. */
  take(since: number, until: number): Map<string, Map<string, { tick: number; cell: Cell }[]>>
  /** The end of the first tick that waits, ms, where more is in memory than may be and none of it can be put off. */
  pressing(): number | undefined
}

type Json = readonly [
  tick: number,
  baselines: readonly [hash: string, keys: readonly [string, unknown][]][],
][]

export function createObserved(store: Pick<BaselineStore, 'observedEpochs' | 'observedIn'>): Observed {
  /** Undefined for an hour that is to be read from the store. */
  const epochs = new Map<number, Ticks | undefined>()
  for (const epoch of store.observedEpochs()) epochs.set(epoch, undefined)
  let cells = 0
  const forget = (): void => {
    while (cells > MOST) {
      const last = Math.max(...[...epochs].flatMap(([epoch, ticks]) => (ticks === undefined ? [] : [epoch])))
      // the hour that is looked at stays
      if (last === Math.min(...epochs.keys())) return
      cells -= countOf(epochs.get(last))
      epochs.set(last, undefined)
    }
  }
  const add = (batch: Ticks): void => {
    for (const [tick, baselines] of batch) {
      const epoch = epochOf(tick)
      const isNew = !epochs.has(epoch)
      const ticks = isNew ? new Map<number, Baselines>() : epochs.get(epoch)
      if (isNew) epochs.set(epoch, ticks)
      if (ticks !== undefined) cells += mergeTick(ticks, tick, baselines)
    }
    forget()
  }
  const firstEpoch = (): number | undefined => {
    let first: number | undefined
    for (const epoch of epochs.keys()) if (first === undefined || epoch < first) first = epoch
    return first
  }
  return {
    firstEpoch,
    pressing() {
      const first = firstEpoch()
      const ticks = first === undefined ? undefined : epochs.get(first)
      if (cells <= MOST || ticks === undefined) return undefined
      return Math.min(...ticks.keys()) + TICK
    },
    batch() {
      const ticks: Ticks = new Map()
      let last: { readonly tick: number; readonly baseline: string; readonly keys: Keys } | undefined
      return {
        cell(tick, baseline, key) {
          if (last?.tick !== tick || last.baseline !== baseline)
            last = { tick, baseline, keys: keysIn(ticks, tick, baseline) }
          const known = last.keys.get(key)
          if (known !== undefined) return known
          const made = newCell()
          last.keys.set(key, made)
          return made
        },
        rows() {
          const rows = rowsOf(ticks)
          add(ticks)
          return rows
        },
      }
    },
    take(since, until) {
      const found: Taken = new Map()
      for (const epoch of [...epochs.keys()].filter((each) => each < until).sort((a, b) => a - b)) {
        let ticks = epochs.get(epoch)
        if (ticks === undefined) {
          ticks = read(store.observedIn(epoch))
          epochs.set(epoch, ticks)
          cells += countOf(ticks)
          forget()
        }
        for (const tick of [...ticks.keys()].sort((a, b) => a - b)) {
          if (tick >= until) break
          cells -= takeTick(ticks, tick, tick < since ? undefined : found)
        }
        if (ticks.size === 0) epochs.delete(epoch)
      }
      return found
    },
  }
}

type Taken = Map<string, Map<string, { tick: number; cell: Cell }[]>>

/** How many cells are less. */
function takeTick(ticks: Ticks, tick: number, found: Taken | undefined): number {
  let less = 0
  for (const [hash, keys] of ticks.get(tick) ?? []) {
    less += keys.size
    if (found === undefined) continue
    const known = found.get(hash) ?? new Map<string, { tick: number; cell: Cell }[]>()
    found.set(hash, known)
    for (const [key, cell] of keys) {
      const before = known.get(key)
      if (before === undefined) known.set(key, [{ tick, cell }])
      else before.push({ tick, cell })
    }
  }
  ticks.delete(tick)
  return less
}

function keysIn(ticks: Ticks, tick: number, baseline: string): Keys {
  let baselines = ticks.get(tick)
  if (baselines === undefined) {
    baselines = new Map()
    ticks.set(tick, baselines)
  }
  let keys = baselines.get(baseline)
  if (keys === undefined) {
    keys = new Map()
    baselines.set(baseline, keys)
  }
  return keys
}

/** How many cells are more. */
function mergeTick(ticks: Ticks, tick: number, batch: Baselines): number {
  let more = 0
  const baselines = ticks.get(tick) ?? new Map<string, Keys>()
  ticks.set(tick, baselines)
  for (const [hash, keys] of batch) {
    const known = baselines.get(hash)
    if (known === undefined) {
      baselines.set(hash, keys)
      more += keys.size
      continue
    }
    for (const [key, cell] of keys) {
      const other = known.get(key)
      if (other !== undefined) merge(other, cell)
      else {
        known.set(key, cell)
        more += 1
      }
    }
  }
  return more
}

function countOf(ticks: Ticks | undefined): number {
  let count = 0
  for (const baselines of ticks?.values() ?? []) for (const keys of baselines.values()) count += keys.size
  return count
}

function rowsOf(ticks: Ticks): readonly ObservedRow[] {
  const epochs = new Map<number, [number, Baselines][]>()
  for (const each of ticks) {
    const epoch = epochOf(each[0])
    const known = epochs.get(epoch)
    if (known === undefined) epochs.set(epoch, [each])
    else known.push(each)
  }
  return [...epochs].map(([epoch, its]) => ({
    epoch,
    upto: Math.max(...its.map(([tick]) => tick)),
    body: its.map(([tick, baselines]) => [
      tick,
      [...baselines].map(([hash, keys]) => [hash, [...keys].map(([key, cell]) => [key, cellJson(cell)])]),
    ]),
  }))
}

function read(bodies: readonly unknown[]): Ticks {
  const ticks: Ticks = new Map()
  for (const body of bodies as readonly Json[])
    for (const [tick, baselines] of body) {
      const read = new Map(
        baselines.map(([hash, keys]) => [hash, new Map(keys.map(([key, json]) => [key, cellFrom(json)]))]),
      )
      mergeTick(ticks, tick, read)
    }
  return ticks
}

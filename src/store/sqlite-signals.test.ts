import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { aCommit } from '../../test/builders.ts'
import type { SignalRow, WindowRow } from '../domain/state.ts'
import type { Step } from '../engine/correlate.ts'
import { createGroupBounds } from '../loop/group-bounds.ts'
import { compileRules } from '../sigma/sigma.ts'
import { openStore } from './sqlite.ts'
import type { Store } from './store.ts'

let folder: string
let store: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-signals-'))
  store = openStore(join(folder, 'store.db'), { durable: true })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

const BEGINNING = { time: -8.64e15, event: '', n: 0 }

function signal(n: number, time: number, event = `e${n}`): SignalRow {
  const body = { evidence: [], resource: { 'container.id': `c${n}` }, source: 'falco' as const }
  return { n, time, event, uses: [], body, expires: time + 1_000 }
}

function windowOf(group: string, expires: number, deadline?: number, correlation = 'c'): WindowRow {
  return { correlation, group, state: [1, { a: 'b' }], deadline, expires }
}

function step(windows: readonly WindowRow[], over = 0, closed: readonly WindowRow[] = []): void {
  store.commit(aCommit({ correlations: { place: { time: over, event: '', n: 0 }, windows, closed, over } }))
}

it('hands on signals in the order of time and event, from where it was told', () => {
  store.commit(aCommit({ signals: [signal(1, 20), signal(2, 10), signal(3, 10, 'a'), signal(4, 30.5)] }))
  const order = (after = BEGINNING, before = 100, limit = 10): readonly number[] =>
    store.pendingSignals(after, before, limit).map(({ n }) => n)
  expect(order()).toEqual([3, 2, 1, 4])
  expect(order({ time: 10, event: 'a', n: 3 })).toEqual([2, 1, 4])
  expect(order({ time: 10, event: '', n: 0 }, 20)).toEqual([3, 2])
  expect(order(BEGINNING, 100, 2)).toEqual([3, 2])
  expect(store.crowdedSince(BEGINNING, 0)).toBe(30.5)
  expect(store.crowdedSince(BEGINNING, 3)).toBe(10)
  expect(store.crowdedSince(BEGINNING, 4)).toBeUndefined()
  expect(store.signalBodies([1, 9]).get(1)?.resource).toEqual({ 'container.id': 'c1' })
})

it('goes on where it was after it was opened again, and gives no number twice', () => {
  store.commit(aCommit({ signals: [signal(7, 10), signal(8, 5_000)] }))
  step([], 2_000)
  store.close()
  store = openStore(join(folder, 'store.db'), { durable: true })
  // what no window can hold any more is gone, and its number is not given again
  expect(store.signalBodies([7, 8]).size).toBe(1)
  expect(store.signalPlace()).toEqual({ place: { time: 2_000, event: '', n: 0 }, waiting: 1, last: 8 })
})

it('keeps windows by their key until they are closed or past', () => {
  step([windowOf('a', 100), windowOf('b', 200, 150), windowOf('a', 300, 250, 'd')])
  expect(store.windows('c', ['a', 'b', 'x'])).toEqual([windowOf('a', 100), windowOf('b', 200, 150)])
  expect(store.dueWindows(200, 9)).toEqual([{ correlation: 'c', group: 'b', deadline: 150 }])
  expect(store.dueWindows(150, 9)).toEqual([])
  expect(store.stalestWindows('c', 1)).toEqual([{ correlation: 'c', group: 'a' }])
  step([windowOf('b', 400)], 101)
  expect(store.windows('c', ['a', 'b'])).toEqual([windowOf('b', 400)])
  expect(store.dueWindows(1_000, 9)).toEqual([{ correlation: 'd', group: 'a', deadline: 250 }])
  step([], 102, [windowOf('a', 0, 0, 'd')])
  expect([...store.windowCounts()]).toEqual([['c', 1]])
})

it('forgets what correlations remember that are no more', () => {
  step([windowOf('a', 100), windowOf('b', 100), windowOf('a', 100, undefined, 'd')])
  expect([...store.keepWindowsOf(new Set(['d']))]).toEqual([['c', 2]])
  expect([...store.windowCounts()]).toEqual([['d', 1]])
})

it('lets the groups go of which least is left, where there are too many, and says so', () => {
  const text = `title: base\nname: base\nlogsource: {category: t}\ndetection: {s: {A: b}, condition: s}\n---
title: counted\ncorrelation: {type: event_count, rules: [base], timespan: 5m, condition: {gte: 3}}\n`
  const { ruleset } = compileRules([{ file: 'r', text, line: 1, strategy: 'sigma' }], { lists: new Map() })
  const { hash } = ruleset.correlations[0]!
  const bounds = createGroupBounds(store, 10)
  const dropped: string[] = []
  const correlator = {
    correlations: ruleset.correlations,
    forget: (keys: readonly { readonly group: string }[]) =>
      void dropped.push(...keys.map(({ group }) => group)),
  }
  const look = (windows: readonly WindowRow[]): ReturnType<typeof bounds.look> => {
    const made: Step = { windows, closed: [], signals: [], matches: [], suppressed: [], bounded: [] }
    const found = bounds.look(made, correlator, 0)
    step(
      windows,
      0,
      found.stale.map(({ group }) => windowOf(group, 0, undefined, hash)),
    )
    return found
  }
  const groups = (from: number, to: number): WindowRow[] =>
    Array.from({ length: to - from }, (_, n) => windowOf(`g${from + n}`, 1_000 + from + n, undefined, hash))
  for (let from = 0; from < 10; from += 2) expect(look(groups(from, from + 2)).stale).toEqual([])
  look(groups(10, 14))
  const { stale, findings } = look(groups(14, 15))
  expect(stale.map(({ group }) => group)).toEqual(['g0', 'g1', 'g2', 'g3', 'g4'])
  expect(dropped).toEqual(['g0', 'g1', 'g2', 'g3', 'g4'])
  expect(findings.map(({ message }) => message)).toEqual([
    'the correlation remembers more than 10 groups: those of which least was left were forgotten',
  ])
  expect(store.windowCounts().get(hash)).toBe(10)
})

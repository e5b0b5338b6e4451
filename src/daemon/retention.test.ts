import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { podCreated } from '../../test/audit.ts'
import { aCommit, rated } from '../../test/builders.ts'
import { testClock, type TestClock } from '../../test/test-clock.ts'
import { loadDetection } from '../detection.ts'
import { fold, stateKeys } from '../engine/alerting.ts'
import { fileInput } from '../inputs/file.ts'
import { runPipeline } from '../loop/pipeline.ts'
import { sources } from '../sources/index.ts'
import type { RetentionBounds } from '../store/retention.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { keepRetention } from './retention.ts'

const T = Date.UTC(2026, 10, 20, 10)
const DAY = 86_400_000
const BOUNDS: RetentionBounds = { closed: 90 * DAY, open: 365 * DAY, findings: 90 * DAY, size: 2 ** 40 }
let folder: string
let store: Store
let clock: TestClock
let said: string[]
let woken: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-retention-'))
  store = openStore(join(folder, 'store.db'), { durable: true })
  clock = testClock(T)
  said = []
  woken = 0
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

/** Lives through `ms`, each instant at which a part is due. */
async function pass(ms: number, outbox: Pick<Store, 'forget'> = store): Promise<void> {
  const stop = new AbortController()
  const until = clock.now() + ms
  const routes = [{ sink: 'ops', level: 'high', findings: true }] as const
  const parts = { store: outbox, bounds: BOUNDS, routes, clock }
  const kept = keepRetention(
    { ...parts, say: (line) => void said.push(line), wake: () => (woken += 1) },
    stop.signal,
  )
  await setImmediate()
  while (clock.next(until)) await setImmediate()
  stop.abort()
  await kept
}

function happen(id: string, name: string): void {
  const matches = [rated({ id, resource: { 'container.id': name } })]
  store.commit(aCommit({ at: clock.now(), output: fold(store.load(stateKeys(matches)), matches) }))
}

it('removes what is old as it grows old, says so, and has sinks told of what was open', async () => {
  happen('e1', 'a')
  happen('e2', 'b')
  const [first] = store.incidents().items
  store.closeIncident(first?.id ?? '', 'benign', '', 'cli', T)
  await pass(60_000)
  expect(said).toEqual([])
  clock.next(T + 90 * DAY)
  await pass(DAY)
  expect(said).toEqual(['removed what is old: 1 closed incidents, 0 other entries'])
  expect([store.incidents().items.length, woken]).toEqual([1, 0])
  clock.next(T + 366 * DAY)
  await pass(60_000)
  expect(said.at(-1)).toMatch(/^1 open incidents: .*retention\.open/)
  expect(woken).toBe(1)
  expect(store.notifications().items).toMatchObject([
    { sink: 'ops', notice: { kind: 'finding', finding: { about: 'store' } } },
  ])
})

it('goes on after a store that refuses', async () => {
  let refusals = 3
  happen('e1', 'a')
  clock.next(T + 366 * DAY)
  await pass(60 * 60_000, {
    forget(...parts) {
      refusals -= 1
      if (refusals >= 0) throw new Error('disk is full')
      return store.forget(...parts)
    },
  })
  expect(said.filter((line) => line.includes('disk is full')).length).toBe(3)
  expect(store.incidents().items).toEqual([])
})

it('a file that nobody wrote to for years is not read again, and goes on where it was left', async () => {
  const log = join(folder, 'audit.log')
  const line = (name: string): string => `${podCreated({ name, auditID: name, time: T })}\n`
  writeFileSync(log, line('one') + line('two'))
  const detection = await loadDetection({
    strategies: undefined,
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: clock.now,
  })
  const read = async (records: number): Promise<number> => {
    const stop = new AbortController()
    let evaluated = 0
    let found = 0
    const committed = ({ counters }: { readonly counters: { records: number; evaluated: number } }): void => {
      found += counters.records
      evaluated += counters.evaluated
      if (found >= records) stop.abort()
    }
    const parts = { store, sources, detection: () => detection, now: clock.now, committed }
    await runPipeline([fileInput({ name: 'log', paths: [log], follow: true })], parts, stop.signal)
    expect(found).toBe(records)
    return evaluated
  }
  expect(await read(2)).toBe(2)
  clock.next(T + 3_000 * DAY)
  await pass(DAY)
  appendFileSync(log, line('three'))
  expect(await read(1)).toBe(1)
  expect(store.totals()).toMatchObject({ records: 3, evaluated: 3, duplicates: 0, failed: 0 })
})

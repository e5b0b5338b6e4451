import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createCovering } from './covering.ts'
import type { CoverageCommit } from '../domain/coverage.ts'
import type { Event } from '../domain/event.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { createTally } from './tally.ts'

const START = Date.UTC(2026, 10, 20)
let folder: string
let store: Store
let time = START
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-covering-'))
  store = openStore(join(folder, 'tallyman.db'), { durable: true })
  time = START
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const assumption = {
  id: 'A1',
  claim: 'it is heard',
  source: ['sensor'],
  category: 'process_creation',
  fields: ['Image'],
  per: 'node',
  on_fail: 'blind',
  line: 1,
} as const
const detection = () => ({ strategies: [{ id: 's', assumptions: [assumption] }], ruleset: RULESET }) as never
const RULESET = { rules: [] }
const covering = () => createCovering({ store, detection, now: () => time })

function event(n: number, more: Partial<Event> = {}): Event {
  return {
    id: `e${n}`,
    time: START - 1_000 + n,
    source: 'sensor',
    logsource: { product: 'linux', category: 'process_creation' },
    resource: { 'host.name': 'n1', 'container.id': n % 2 === 0 ? 'a' : 'b' },
    record: { Image: '/bin/sh' },
    mapping: {},
    ...more,
  }
}

const beat = (host: string) => ({ run: 'r', seq: 1, time, host, kind: 'heartbeat', interval: 5_000 })
const { counters } = createTally().total()
const records = (n: number, failed = 0) => ({ ...counters, records: n, failed })

function commit(coverage: CoverageCommit | undefined): void {
  if (coverage === undefined) return
  const nothing = {
    streams: [],
    bodies: [],
    failures: [],
    findings: [],
    seen: [],
    released: [],
    containers: [],
    forgotten: [],
  }
  store.commit({
    ...nothing,
    at: time,
    input: 'kernel',
    promised: false,
    counters,
    coverage,
    output: { alerts: [], incidents: [] },
  })
}

it('goes on counting where the store left off, each event once', () => {
  for (const from of [0, 300]) {
    const one = covering()
    for (let n = from; n < from + 300; n += 1) one.event('kernel', event(n), event(n))
    time += 2_000
    commit(one.batch('kernel', records(301, 1), []))
    commit(one.rest())
  }
  const { rows } = store.coverage()
  const containers = store.coveredContainers()
  const execs = rows.find(({ kinds }) => kinds[0]?.category === 'process_creation')
  expect(execs).toMatchObject({
    events: 600,
    attributed: 600,
    first: START - 1_000,
    last: START - 1_000 + 599,
    node: 'n1',
  })
  expect(execs?.fill.filled['Image']).toBe(execs?.fill.sampled)
  expect(containers.map(({ container, events }) => [container, events])).toEqual([
    ['a', 300],
    ['b', 300],
  ])
  expect(rows.find(({ source }) => source === '')).toMatchObject({ events: 602, lost: 2 })
})

it('counts apart what names a container and what was joined with one', () => {
  const one = covering()
  for (let n = 0; n < 10; n += 1) one.event('kernel', event(n), event(n), n % 2 === 0)
  time += 2_000
  commit(one.batch('kernel', records(10, 0), []))
  expect(store.coverage().rows.find(({ source }) => source !== '')).toMatchObject({
    attributed: 10,
    joined: 5,
  })
})

it('looks into all events of what is rare, and into few of what is not', () => {
  const one = covering()
  for (let n = 0; n < 6_400; n += 1) one.event('kernel', event(n), event(n))
  for (let n = 0; n < 3; n += 1) {
    const rare = event(n, { logsource: { product: 'linux', category: 'file_rename' } })
    one.event('kernel', rare, rare)
  }
  commit(one.batch('kernel', records(6_403), []))
  const sampled = (category: string) =>
    store.coverage().rows.find(({ kinds }) => kinds[0]?.category === category)?.fill.sampled
  expect(sampled('file_rename')).toBe(3)
  expect(sampled('process_creation')).toBeGreaterThan(90)
  expect(sampled('process_creation')).toBeLessThan(120)
})

it('keeps an interval over a restart, and closes it when the source is heard again', () => {
  const first = covering()
  first.beat('kernel', 'sensor', beat('n1'))
  commit(first.batch('kernel', records(1), []))
  for (let step = 0; step < 4; step += 1) {
    time += 5_000
    commit(first.judge()?.coverage)
  }
  const [open] = store.coverage().intervals
  expect(open).toMatchObject({ strategy: 's', assumption: 'A1', place: 'n1', state: 'blind', since: START })
  time += 60_000
  const second = covering()
  commit(second.judge()?.coverage)
  expect(store.coverage().intervals).toEqual([open])
  second.beat('kernel', 'sensor', beat('n1'))
  commit(second.batch('kernel', records(1), []))
  const judged = second.judge()
  commit(judged?.coverage)
  expect(store.coverage().intervals).toEqual([{ ...open, until: time }])
  expect(judged?.findings).toMatchObject([{ kind: 'coverage-lost', closed: true, since: START }])
})

it('does not hold against a source that the clock stood still for the daemon too', () => {
  const one = covering()
  one.beat('kernel', 'sensor', beat('n1'))
  commit(one.batch('kernel', records(1), []))
  time += 3_600_000
  one.judge()
  expect(store.coverage().intervals).toEqual([])
})

it('counts what is lost where it was lost', () => {
  const one = covering()
  one.beat('kernel', 'sensor', beat('n1'))
  const lost = { source: 'sensor', records: 7 } as const
  const finding = {
    id: 'f',
    kind: 'producer-loss',
    about: 'kernel',
    since: 0,
    until: 0,
    message: '',
    lost,
  } as const
  commit(one.batch('kernel', records(1), [{ ...finding, resource: { 'host.name': 'n1' } }]))
  expect(store.coverage().rows.find(({ interval }) => interval !== undefined)).toMatchObject({
    node: 'n1',
    lost: 7,
  })
})

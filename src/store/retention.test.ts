import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aCommit, aContainer, rated } from '../../test/builders.ts'
import { anEntry } from '../../test/notices.ts'
import type { Finding } from '../domain/event.ts'
import { fold, stateKeys, type RatedMatch } from '../engine/alerting.ts'
import type { Forgotten, RetentionBounds } from './retention.ts'
import { openStore } from './sqlite.ts'
import type { Commit, Store } from './store.ts'

const T = Date.UTC(2026, 10, 20, 10)
const DAY = 86_400_000
const BOUNDS: RetentionBounds = { closed: 90 * DAY, open: 365 * DAY, findings: 90 * DAY, size: 2 ** 40 }
let folder: string
let store: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-retention-'))
  store = openStore(join(folder, 'store.db'), { durable: true })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

function happen(matches: readonly RatedMatch[], at: number, parts: Partial<Commit> = {}): void {
  store.commit(aCommit({ at, output: fold(store.load(stateKeys(matches)), matches), ...parts }))
}

/** One match of a container of its own. */
function matchOf(name: string, record: unknown = {}): RatedMatch {
  return rated({
    id: `event-${name}`,
    record,
    resource: aContainer({ 'container.id': name.padEnd(64, '0') }),
  })
}

function incidentOf(name: string): string {
  const found = store.incidents({ entity: name.padEnd(64, '0') }).items[0]
  if (found === undefined) throw new Error(`no incident of ${name}`)
  return found.id
}

function pass(at: number, bounds: Partial<RetentionBounds> = {}): readonly Forgotten[] {
  const parts: Forgotten[] = []
  do {
    const told = (findings: readonly Finding[]) => findings.map(({ id }) => anEntry({ subject: id }))
    parts.push(store.forget({ ...BOUNDS, ...bounds }, at, told))
  } while (parts.at(-1)?.more === true)
  return parts
}

const total = (parts: readonly Forgotten[], what: 'closed' | 'open' | 'rows'): number =>
  parts.reduce((sum, part) => sum + part[what], 0)

/** Rows of a table, and whether the sums that triggers keep are those of the rows that are there. */
function look(): { rows: (table: string) => number; isSound: boolean } {
  const db = new DatabaseSync(join(folder, 'store.db'), { readOnly: true })
  const rows = (table: string): number =>
    (db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n
  const wrong = db
    .prepare(
      `SELECT id FROM incident WHERE count <> (SELECT coalesce(sum(count), 0) FROM alert WHERE incident = incident.id)
       UNION SELECT id FROM alert WHERE incident NOT IN (SELECT id FROM incident)
       UNION SELECT alert FROM evidence WHERE alert NOT IN (SELECT id FROM alert)`,
    )
    .all()
  const counted = Object.fromEntries(
    ['incident', 'alert', 'evidence', 'notified', 'finding', 'outbox', 'stream', 'container', 'audit'].map(
      (table) => [table, rows(table)],
    ),
  )
  db.close()
  return { rows: (table) => counted[table] ?? -1, isSound: wrong.length === 0 }
}

describe('an incident', () => {
  it('goes with all that belongs to it so long after it was closed, and an open one stays', () => {
    happen([matchOf('a'), matchOf('b')], T, { outbox: [] })
    store.commit(
      aCommit({ outbox: [anEntry({ subject: incidentOf('a') }), anEntry({ subject: 'another' })] }),
    )
    store.closeIncident(incidentOf('a'), 'benign', 'known', 'cli', T + DAY)
    expect(total(pass(T + 91 * DAY - 1), 'closed')).toBe(0)
    expect(total(pass(T + 91 * DAY + 1), 'closed')).toBe(1)
    expect(store.incidents().items.map(({ entity }) => entity['container.id'])).toEqual(['b'.padEnd(64, '0')])
    const { rows, isSound } = look()
    expect([rows('alert'), rows('evidence'), rows('notified'), isSound]).toEqual([1, 1, 1, true])
    expect(store.auditTrail()).toMatchObject([{ action: 'alert.close' }])
    expect(store.totals()).toMatchObject({ alerts: 1 })
  })

  it('that is old by the clock of its events alone stays: it was found a moment ago', () => {
    const old = rated({ id: 'old', time: T - 900 * DAY })
    const strange = rated({
      id: 'strange',
      time: T + 9_000 * DAY,
      resource: aContainer({ 'container.id': 'b' }),
    })
    happen([old, strange], T)
    expect(total(pass(T + 364 * DAY), 'open')).toBe(0)
    expect(total(pass(T + 366 * DAY), 'open')).toBe(2)
  })

  it('that nobody closed is removed as a finding, which sinks are told of in the same transaction', () => {
    happen([matchOf('a')], T)
    const parts = pass(T + 365 * DAY + 1)
    expect(total(parts, 'open')).toBe(1)
    const [finding] = store.findings()
    expect(finding).toMatchObject({ kind: 'bound-reached', about: 'store', since: T, until: T })
    expect(finding?.message).toContain('retention.open')
    expect(store.notifications().items.length).toBe(1)
    expect(parts.flatMap(({ findings }) => findings)).toEqual([finding])
  })

  it('opens anew, once, when a match of it arrives after it was removed', () => {
    happen([matchOf('a')], T)
    const id = incidentOf('a')
    store.closeIncident(id, 'benign', '', 'cli', T)
    happen([matchOf('a')], T + 1)
    expect(store.incident(id)).toMatchObject({ status: 'closed', count: 1 })
    pass(T + 100 * DAY)
    expect(store.incident(id)).toBeUndefined()
    happen([matchOf('a')], T + 100 * DAY)
    happen([matchOf('a')], T + 100 * DAY)
    expect(store.incident(id)).toMatchObject({ status: 'open', count: 1 })
    expect(store.alerts().items).toMatchObject([{ status: 'open', count: 1, evidence: [{}] }])
    expect(look().isSound).toBe(true)
  })

  it('of many alerts is removed in parts, and is sound after each of them, also where it goes on', () => {
    const many = Array.from({ length: 60 }, (_, n) => rated({ id: 'e' }, { id: `rule-${n}` }))
    happen(many, T)
    const at = T + 366 * DAY
    store.forget(BOUNDS, at, () => [])
    const part = store.forget(BOUNDS, at, () => [])
    expect(part).toMatchObject({ more: true, open: 0, findings: [{}] })
    expect(store.incidents().items[0]?.count).toBe(50)
    happen([rated({ id: 'again' }, { id: 'rule-59' })], at)
    expect(look().isSound).toBe(true)
    expect(store.incidents().items[0]?.count).toBe(51)
    // it is not old any more: it stays, with what is left of it
    pass(at + 1)
    expect(look().rows('alert')).toBeGreaterThan(30)
  })
})

describe('a store that is too large', () => {
  const nth = (n: number): string => `c${1_000 + n}`
  const filler = (n: number): string => String(n).repeat(20_000).slice(0, 15_000)

  it('loses what was closed longest ago first, then what is open, and that is a finding', () => {
    for (let n = 0; n < 200; n += 1) happen([matchOf(nth(n), { cmd: filler(n) })], T + n)
    const before = store.size().used
    for (let n = 0; n < 100; n += 1)
      store.closeIncident(incidentOf(nth(n)), 'benign', '', 'cli', T + 1_000 - n)
    const some = pass(T + DAY, { size: before - 400_000 })
    expect(total(some, 'closed')).toBeGreaterThan(10)
    expect([total(some, 'open'), store.findings()]).toEqual([0, []])
    expect(store.size().used).toBeLessThan(before - 400_000)
    expect(() => incidentOf(nth(99))).toThrow()
    expect(incidentOf(nth(0))).toBeDefined()
    const more = pass(T + DAY, { size: before / 4 })
    expect(store.incidents({ status: 'closed' }).items).toEqual([])
    expect(total(more, 'open')).toBeGreaterThan(0)
    expect(store.incidents({ limit: 500 }).items.length).toBeGreaterThan(0)
    expect(store.findings()).toMatchObject([{ message: expect.stringContaining('retention.size') }])
    expect(look().isSound).toBe(true)
    expect(more.some(({ full }) => full)).toBe(false)
  })

  it('says so where nothing is left that may be removed, and reuses what was freed', () => {
    for (let n = 0; n < 200; n += 1) happen([matchOf(nth(n), { cmd: filler(n) })], T)
    const parts = pass(T, { size: 1 })
    expect(parts.filter(({ full }) => full).length).toBe(1)
    expect(store.incidents().items).toEqual([])
    const { used, free } = store.size()
    for (let n = 0; n < 190; n += 1) happen([matchOf(nth(n), { cmd: filler(n) })], T)
    expect(store.size().used + store.size().free).toBeLessThanOrEqual(used + free)
  })
})

it('findings, with the memory of who was told, and dead letters go by age', () => {
  const finding = { kind: 'producer-loss', about: 'x', since: T, until: T, message: 'lost' } as const
  const outbox = [anEntry({ subject: 'old' })]
  store.commit(aCommit({ at: T, findings: [{ ...finding, id: 'old' }], outbox }))
  store.commit(aCommit({ at: T + 50 * DAY, findings: [{ ...finding, id: 'new' }] }))
  store.died(store.notifications().items[0]?.id ?? 0, T + 3 * DAY, 'no')
  pass(T + 92 * DAY)
  expect(store.findings().map(({ id }) => id)).toEqual(['new'])
  expect([look().rows('notified'), look().rows('outbox')]).toEqual([0, 1])
  pass(T + 94 * DAY)
  expect(look().rows('outbox')).toBe(0)
})

it('a stream is forgotten when its input knows no file of it and nothing made of it can be left', () => {
  const streams = (names: readonly string[]): Commit['streams'] =>
    names.map((stream) => ({ stream, offset: 7, state: undefined }))
  const checkpoint = { streams: [{ name: 'idle', path: '/var/log/x' }] }
  store.commit(aCommit({ at: T, input: 'log', checkpoint, streams: streams(['idle', 'rotated']) }))
  store.commit(aCommit({ at: T, input: 'once', streams: streams(['read']) }))
  store.commit(aCommit({ at: T + 400 * DAY, input: 'log', streams: streams(['young']) }))
  pass(T + 454 * DAY)
  expect(store.resume('log').offset('rotated')).toBe(7)
  pass(T + 456 * DAY)
  expect(['idle', 'rotated', 'young'].map((name) => store.resume('log').offset(name))).toEqual([
    7,
    undefined,
    7,
  ])
  expect(store.resume('once').offset('read')).toBe(7)
})

it('looks through any number of streams, a part at a time', () => {
  const streams = Array.from({ length: 5_000 }, (_, n) => ({ stream: `s${n}`, offset: n, state: undefined }))
  store.commit(aCommit({ at: T, input: 'log', checkpoint: { streams: [{ name: 's4321' }] }, streams }))
  const parts = pass(T + 456 * DAY)
  expect(total(parts, 'rows')).toBe(4_999)
  expect(Math.max(...parts.map(({ rows }) => rows))).toBe(2_000)
  expect(store.resume('log').offset('s4321')).toBe(4_321)
})

it('a container of which nobody tells is forgotten, unless its engine knows it', () => {
  const row = { resource: {}, mounts: [], time: T, by: { input: 'docker', engine: true } }
  const containers = ['living', 'lost', 'retold'].map((id) => ({ ...row, id }))
  store.commit(aCommit({ at: T, containers, checkpoint: { containers: ['living'] } }))
  store.commit(aCommit({ at: T + 80 * DAY, containers: [{ ...row, id: 'retold', time: T + 80 * DAY }] }))
  pass(T + 91 * DAY)
  expect(store.containers().map(({ id }) => id)).toEqual(['living', 'retold'])
})

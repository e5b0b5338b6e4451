import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aCommit, aContainer, rated } from '../../test/builders.ts'
import { fold, stateKeys, type RatedMatch } from '../engine/alerting.ts'
import { MIGRATIONS } from './schema.ts'
import { openStore } from './sqlite.ts'
import type { Store } from './store.ts'

const T = Date.UTC(2026, 10, 20, 10)
const HOUR = 3_600_000
let folder: string
let store: Store

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-queue-'))
  store = openStore(join(folder, 'store.db'), { durable: true })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

function foldInto(matches: readonly RatedMatch[]): void {
  store.commit(aCommit({ output: fold(store.load(stateKeys(matches)), matches) }))
}

describe('an incident', () => {
  it('adds up what its alerts hold, whatever the batches', () => {
    foldInto([rated({ id: 'a' }), rated({ id: 'b' }, { id: 'rule-2', title: 'Other', attack: ['T1611'] })])
    foldInto([rated({ id: 'c' }), rated({ id: 'd' }, { id: 'rule-2', title: 'Other', attack: ['T1611'] })])
    foldInto([rated({ id: 'a' })])
    const [incident] = store.incidents().items
    expect([incident?.count, incident?.attack]).toEqual([4, ['T1610', 'T1611']])
    expect(incident?.count).toBe(incident?.alerts.reduce((sum, { count }) => sum + count, 0))
  })

  it('is found by what was learnt of its entity later', () => {
    foldInto([rated({ id: 'a', resource: { 'container.id': 'c', 'host.name': 'n' } })])
    expect(store.incidents({ entity: 'shop/cart' }).items).toEqual([])
    foldInto([
      rated({ id: 'b', resource: { 'container.id': 'c', 'container.image.name': 'registry/Shop/Cart' } }),
    ])
    expect(store.incidents({ entity: 'shop/cart' }).items).toHaveLength(1)
  })

  it('is not taken for one of a strategy whose name it holds a part of', () => {
    foldInto([rated({ id: 'a' }, { strategy: 't1-long' }), rated({ id: 'b' }, { id: 'r', strategy: 'x-t1' })])
    expect(store.incidents({ strategy: 't1' }).items).toEqual([])
    expect(store.incidents({ strategy: 'x-t1' }).items).toHaveLength(1)
    expect(store.incidents({ strategy: 't1-long' }).items).toHaveLength(1)
  })

  it('is searched for text, not for patterns', () => {
    foldInto([rated({ resource: aContainer({ 'container.name': "x'); DROP TABLE alert; --%_\\" }) })])
    expect(store.incidents({ entity: "'); DROP TABLE alert; --%_\\" }).items).toHaveLength(1)
    expect(store.incidents({ text: '%x_' }).items).toEqual([])
    expect(store.incidents({ strategy: "' OR 1=1 --" }).items).toEqual([])
  })

  it('is closed with all its alerts in one transaction', () => {
    foldInto([rated({ id: 'a' }), rated({ id: 'b' }, { id: 'rule-2' })])
    const [incident] = store.incidents().items
    expect(store.closeIncident(incident?.id ?? '', 'benign', 'planned', 'console', T)).toBe(2)
    expect(store.closeIncident(incident?.id ?? '', 'benign', 'again', 'console', T)).toBe(0)
    expect(store.incidents({ status: 'open' }).items).toEqual([])
    expect(store.alerts({ status: 'open' }).items).toEqual([])
    expect(store.auditTrail().map(({ action }) => action)).toEqual(['alert.close', 'alert.close'])
  })
})

describe('a page', () => {
  it('ends early where its alerts hold much evidence, and loses none', () => {
    const large = 'x'.repeat(1_500)
    const record = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`field${n}`, large]))
    const fields = Object.keys(record)
    for (let n = 0; n < 60; n += 1) {
      const resource = aContainer({ 'container.id': `c${n}` })
      foldInto(
        Array.from({ length: 20 }, (_, k) =>
          rated({ id: `e${n}.${k}`, time: T + n, resource, record }, { fields }),
        ),
      )
    }
    const sizes: number[] = []
    const ids = new Set<string>()
    let after: string | undefined
    do {
      const page = store.alerts({ limit: 500, ...(after === undefined ? {} : { after }) })
      sizes.push(JSON.stringify(page.items).length)
      for (const { id } of page.items) ids.add(id)
      after = page.next
    } while (after !== undefined)
    expect(ids.size).toBe(60)
    expect(sizes.length).toBeGreaterThan(1)
    expect(Math.max(...sizes)).toBeLessThan(10_000_000)
  })
})

it('leaves the posture report to whoever asks for it', () => {
  foldInto([
    rated({ id: 'a', time: T }),
    rated({ id: 'b', time: T - 9 * HOUR, inventory: true, resource: aContainer({ 'container.id': 'c2' }) }),
  ])
  for (const kind of ['incident', 'posture'] as const) {
    expect(store.incidents({ kind }).items.map((each) => each.kind)).toEqual([kind])
    const { since, buckets } = store.histogram({ kind }, T)
    expect(since, 'the axis is of that kind').toBe(kind === 'incident' ? T : T - 9 * HOUR)
    expect(buckets.map(({ counts }) => counts)).toEqual([{ medium: 1 }])
  }
  expect(store.incidents().items).toHaveLength(2)
})

describe('a histogram', () => {
  it('counts each incident once, by its last match', () => {
    const at = (n: number, level: 'low' | 'high'): RatedMatch =>
      rated(
        { id: `e${n}`, time: T + n * HOUR, resource: aContainer({ 'container.id': `c${n}` }) },
        { level },
        level,
      )
    foldInto([at(0, 'low'), at(1, 'high'), at(1.1, 'high'), at(9, 'low')])
    const { since, step, buckets } = store.histogram({}, T)
    expect([since, step, buckets.length]).toEqual([T, 300_000, 109])
    const filled = buckets.flatMap(({ time, counts }) =>
      Object.keys(counts).length === 0 ? [] : [[(time - T) / HOUR, counts]],
    )
    expect(filled).toEqual([
      [0, { low: 1 }],
      [1, { high: 1 }],
      [expect.closeTo(1.083, 2), { high: 1 }],
      [9, { low: 1 }],
    ])
    const high = store.histogram({ level: 'high' }, T)
    expect(high.buckets.flatMap(({ counts }) => Object.values(counts)).reduce((a, b) => a + b, 0)).toBe(2)
  })

  it('leaves nothing out that its filters choose', () => {
    foldInto([rated({ id: 'a', time: T }), rated({ id: 'b', time: T + HOUR - 1 })])
    const { until, buckets } = store.histogram({ since: T - 60_000, until: T + 60_000 }, T)
    expect(until).toBeGreaterThanOrEqual(T + 60_000)
    expect(buckets.at(-1)?.counts).toEqual({ medium: 1 })
  })

  it('of nothing is empty, up to now', () => {
    const { since, until, buckets } = store.histogram({ since: T - HOUR }, T)
    expect([since, buckets.flatMap(({ counts }) => Object.keys(counts))]).toEqual([T - HOUR, []])
    expect(until).toBeGreaterThanOrEqual(T)
    expect(store.histogram({}, T).buckets).toEqual([{ time: T, counts: {} }])
  })
})

it('finds out of an older store what its incidents add up to', () => {
  foldInto([
    rated({ id: 'a' }),
    rated({ id: 'b' }),
    rated({ id: 'c' }, { id: 'rule-2', title: 'Other', attack: ['T1611'], strategy: 's2' }),
  ])
  const [before] = store.incidents().items
  store.close()
  asFirstRelease(join(folder, 'store.db'))
  store = openStore(join(folder, 'store.db'), { durable: true })
  expect(store.incidents().items).toEqual([before])
  for (const query of [{ entity: 'NGINX' }, { text: 'other' }, { strategy: 's2' }]) {
    expect(store.incidents(query).items.map(({ id }) => id)).toEqual([before?.id])
  }
  foldInto([rated({ id: 'd' })])
  expect(store.incidents().items[0]?.count).toBe(4)
})

/** The same rows under the first migration alone, as the first release wrote them. */
function asFirstRelease(file: string): void {
  const old = new DatabaseSync(`${file}.old`)
  old.exec(MIGRATIONS[0] ?? '')
  old.exec(`ATTACH '${file}' AS new`)
  for (const table of ['incident', 'alert', 'evidence', 'counter']) {
    const columns = (
      old.prepare(`SELECT name FROM pragma_table_info('${table}', 'main')`).all() as { name: string }[]
    )
      .map(({ name }) => name)
      .join(', ')
    old.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM new.${table}`)
  }
  old.exec('PRAGMA user_version = 1; DETACH new')
  old.close()
  for (const rest of ['', '-wal', '-shm']) rmSync(`${file}${rest}`, { force: true })
  const copy = new DatabaseSync(`${file}.old`)
  copy.exec(`VACUUM INTO '${file}'`)
  copy.close()
}

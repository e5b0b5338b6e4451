import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aCommit, aContainer, BY_ANYBODY, BY_ENGINE, rated } from '../../test/builders.ts'
import { UserError } from '../domain/errors.ts'
import { BODY_HORIZON, IDENTITY_HORIZON } from '../domain/state.ts'
import { fold, stateKeys, type RatedMatch } from '../engine/alerting.ts'
import { MIGRATIONS } from './schema.ts'
import { openReader, openStore } from './sqlite.ts'
import type { Commit, Store } from './store.ts'

const T = Date.UTC(2026, 10, 20, 10)
let folder: string
let store: Store

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-store-'))
  store = openStore(join(folder, 'store.db'), { durable: true })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

function foldInto(matches: readonly RatedMatch[], parts: Partial<Commit> = {}): void {
  store.commit(aCommit({ ...parts, output: fold(store.load(stateKeys(matches)), matches) }))
}

describe('a commit', () => {
  it('keeps what is known of containers, with the addresses that they had', () => {
    const bare = { id: 'a', resource: { 'container.name': 'web' }, mounts: [], by: BY_ANYBODY, time: 1 }
    const known = {
      ...bare,
      id: 'b',
      by: BY_ENGINE,
      time: 2,
      gone: 9,
      addresses: [{ address: '10.0.0.2', since: 1, seen: 2, until: 9 }],
    }
    store.commit(aCommit({ at: 10, containers: [bare, known] }))
    expect(store.containers()).toEqual([bare, known])
    store.commit(aCommit({ at: 10, forgotten: ['a'] }))
    expect(store.containers()).toEqual([known])
  })

  it('keeps alerts over batches as folding at once would have made them', () => {
    foldInto([rated({ id: 'a', time: T })])
    foldInto([
      rated({ id: 'b', time: T + 1_000 }),
      rated({ id: 'c', time: T + 2_000 }, { id: 'rule-2' }, 'high'),
    ])
    const { items } = store.alerts({ order: 'oldest' })
    expect(
      items.map(({ count, level, evidence }) => [count, level, evidence.map(({ event }) => event)]),
    ).toEqual([
      [2, 'medium', ['a', 'b']],
      [1, 'high', ['c']],
    ])
    expect(store.incidents().items.map(({ level, alerts }) => [level, alerts.length])).toEqual([['high', 2]])
  })

  it('keeps why an alert has another level than its rule', () => {
    const rating = { by: 'priority', rule: 'medium', condition: { 'container.privileged': true } } as const
    foldInto([{ ...rated({ id: 'a', time: T }, {}, 'high'), rating }])
    const of = () => store.alerts().items.map(({ level, rating: why }) => [level, why])
    expect(of()).toEqual([['high', rating]])
    foldInto([rated({ id: 'b', time: T + 1_000 }, {}, 'critical')])
    expect(of()).toEqual([['critical', undefined]])
  })

  it('is all or nothing', () => {
    const broken = aCommit({
      checkpoint: { since: 1 },
      findings: [
        {
          id: 'f',
          kind: 'bound-reached',
          about: 'x',
          since: 0,
          until: 0,
          message: undefined as unknown as string,
        },
      ],
    })
    expect(() => store.commit(broken)).toThrow()
    expect(store.resume('docker').checkpoint).toBeUndefined()
    store.commit(aCommit({ checkpoint: { since: 2 } }))
    expect(store.resume('docker').checkpoint).toEqual({ since: 2 })
  })

  it('says per stream where to go on', () => {
    store.commit(aCommit({ streams: [{ stream: 's', offset: 123, state: { source: 'falco' } }] }))
    const resume = store.resume('docker')
    expect([resume.offset('s'), resume.state('s'), resume.offset('other')]).toEqual([
      123,
      { source: 'falco' },
      undefined,
    ])
    expect(store.resume('file').offset('s')).toBeUndefined()
  })

  it('remembers the newest bodies, each for its input', () => {
    const body = (stream: string) => ({ stream, length: 7 })
    store.commit(aCommit({ bodies: [body('oldest'), body('again')] }))
    const others = Array.from({ length: BODY_HORIZON - 1 }, (_, n) => body(`other-${n}`))
    store.commit(aCommit({ bodies: others }))
    expect(store.resume('docker').offset('oldest')).toBeUndefined()
    expect(store.resume('docker').offset('again')).toBe(7)
    expect(store.resume('docker').offset(`other-${BODY_HORIZON - 2}`)).toBe(7)
    expect(store.resume('other').offset('again')).toBeUndefined()
  })

  it('adds counters up', () => {
    const counters = {
      records: 3,
      evaluated: 1,
      failed: 1,
      duplicates: 1,
      suppressed: { f: 2 },
      late: {},
      sources: { falco: 1 },
      failures: { 'not JSON': 1 },
    }
    store.commit(aCommit({ counters }))
    store.commit(aCommit({ counters }))
    expect(store.totals()).toMatchObject({
      records: 6,
      evaluated: 2,
      failed: 2,
      duplicates: 2,
      suppressed: { f: 4 },
      late: {},
      failures: { 'not JSON': 2 },
    })
  })

  it('remembers identities, and kept ones beyond the horizon until they are released', () => {
    store.commit(
      aCommit({
        seen: [
          { id: 'k', content: '1', keep: true },
          { id: 'w', content: '1', keep: true, watched: true },
          { id: 'a', content: '2', keep: false },
          { id: 'b', content: '3', keep: false },
        ],
      }),
    )
    expect(store.seen(1)).toEqual([
      { id: 'k', content: '1', keep: true },
      { id: 'w', content: '1', keep: true, watched: true },
      { id: 'b', content: '3', keep: false },
    ])
    store.commit(aCommit({ released: ['k', 'w'] }))
    expect(store.seen(1).map(({ id }) => id)).toEqual(['b'])
  })

  it('remembers the newest identities, across batches, and no more of the others than one batch', () => {
    const third = IDENTITY_HORIZON / 3
    for (let batch = 0; batch < 5; batch += 1) {
      const seen = Array.from({ length: third }, (_, n) => ({
        id: `${batch}:${n}`,
        content: '1',
        keep: false,
      }))
      store.commit(aCommit({ seen }))
    }
    expect(store.seen(2).map(({ id }) => id)).toEqual([`4:${third - 2}`, `4:${third - 1}`])
    const all = store.seen(1_000_000).map(({ id }) => id)
    expect([all.length, all[0]]).toEqual([IDENTITY_HORIZON, '2:0'])
  })
})

it('takes identities over from where each was a row of its own', () => {
  const file = join(folder, 'older.db')
  const older = new DatabaseSync(file)
  const before = MIGRATIONS.findIndex((sql) => sql.includes('seen_batch'))
  for (const sql of MIGRATIONS.slice(0, before)) older.exec(sql)
  older.exec(`INSERT INTO seen (id, content, keep) VALUES ('a', '1', 0), ('k', '2', 1), ('w', '3', 2), ('"b', '4', 0);
              PRAGMA user_version = ${before}`)
  older.close()
  const taken = openStore(file, { durable: true })
  expect(taken.seen(10)).toEqual([
    { id: 'k', content: '2', keep: true },
    { id: 'w', content: '3', keep: true, watched: true },
    { id: 'a', content: '1', keep: false },
    { id: '"b', content: '4', keep: false },
  ])
  taken.close()
})

describe('questions', () => {
  it('page through all alerts without gap or repeat, both ways', () => {
    const many = Array.from({ length: 57 }, (_, n) =>
      rated({ id: `e${n}`, time: T + (n % 7), resource: aContainer({ 'container.id': `c${n}` }) }),
    )
    foldInto(many)
    for (const order of ['newest', 'oldest'] as const) {
      const ids: string[] = []
      let after: string | undefined
      do {
        const page = store.alerts({ limit: 10, order, ...(after === undefined ? {} : { after }) })
        ids.push(...page.items.map(({ id }) => id))
        after = page.next
      } while (after !== undefined)
      expect(new Set(ids).size).toBe(57)
      expect(ids).toHaveLength(57)
    }
  })

  it('take hostile text as text', () => {
    foldInto([rated({ resource: aContainer({ 'container.name': "x'); DROP TABLE alert; --%_" }) })])
    expect(store.alerts({ text: "'); DROP TABLE alert; --%_" }).items).toHaveLength(1)
    expect(store.alerts({ text: '%x_' }).items).toHaveLength(0)
    expect(store.alerts({ after: "0.' OR 1=1" }).items).toHaveLength(0)
  })

  it('leave the posture report out of the alerts', () => {
    foldInto([rated({ inventory: true })])
    expect(store.alerts().items).toEqual([])
    expect(store.alerts({ posture: true }).items).toHaveLength(1)
    expect(store.incidents().items.map(({ kind }) => kind)).toEqual(['posture'])
  })

  it('are answered on a connection of their own while the writer writes', () => {
    const reader = openReader(join(folder, 'store.db'))
    foldInto([rated()])
    expect(reader.alerts().items).toHaveLength(1)
    reader.close()
  })
})

describe('a verdict', () => {
  it('closes the alert, its incident with the last of them, and is audited', () => {
    foldInto([rated({ id: 'a' }), rated({ id: 'b' }, { id: 'rule-2' })])
    const [one, two] = store.alerts().items
    expect(store.closeAlert(one?.id ?? '', 'benign', 'planned', 'console', T)).toBe(true)
    expect(store.incidents().items[0]?.status).toBe('open')
    expect(store.closeAlert(two?.id ?? '', 'benign', 'planned', 'console', T)).toBe(true)
    expect(store.incidents().items[0]?.status).toBe('closed')
    expect(store.closeAlert(two?.id ?? '', 'benign', 'again', 'console', T)).toBe(false)
    expect(store.auditTrail().map(({ action, actor }) => [action, actor])).toEqual([
      ['alert.close', 'console'],
      ['alert.close', 'console'],
    ])
  })

  it('cannot be taken out of the audit trail', () => {
    store.audit('cli', 'silence.add', { id: 's' }, T)
    const db = new DatabaseSync(join(folder, 'store.db'))
    expect(() => db.exec('DELETE FROM audit')).toThrow('append-only')
    expect(() => db.exec("UPDATE audit SET actor = 'x'")).toThrow('append-only')
    db.close()
  })
})

it('refuses a store that a newer version wrote', () => {
  const file = join(folder, 'newer.db')
  const db = new DatabaseSync(file)
  db.exec('PRAGMA user_version = 99')
  db.close()
  expect(() => openStore(file, { durable: true })).toThrow(UserError)
})

it('refuses a file that is no store, saying what mends it', () => {
  expect(() => openStore(import.meta.filename, { durable: true })).toThrow(UserError)
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from './sqlite.ts'
import { reader } from './sqlite-reader.ts'
import type { Reader } from './store.ts'

let folder: string
let db: DatabaseSync

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-plan-'))
  const file = join(folder, 'store.db')
  openStore(file, { durable: true }).close()
  db = new DatabaseSync(file, { readOnly: true })
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

/** How SQLite answers what the reader asks: the plan's lines of every statement. */
function plan(ask: (reader: Reader) => unknown): readonly string[] {
  const asked: string[] = []
  const prepare = (sql: string): StatementSync => {
    asked.push(sql)
    return db.prepare(sql)
  }
  const watched = reader({ prepare } as unknown as DatabaseSync)
  asked.length = 0
  ask(watched)
  return asked.flatMap((sql) =>
    (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]).map(({ detail }) => detail),
  )
}

const SORTED = 'USE TEMP B-TREE FOR ORDER BY'

test.each<[string, (reader: Reader) => unknown, string]>([
  [
    'the queue',
    (ask) => ask.incidents({ kind: 'incident' }),
    'SCAN incident USING COVERING INDEX incident_queue',
  ],
  [
    'its next page',
    (ask) => ask.incidents({ kind: 'incident', after: '5.a' }),
    'SEARCH incident USING COVERING INDEX incident_queue ((last,id)<(?,?))',
  ],
  [
    'what is open',
    (ask) => ask.incidents({ kind: 'incident', status: 'open' }),
    'SEARCH incident USING COVERING INDEX incident_status (status=?)',
  ],
  [
    'what is open and mentions something',
    (ask) =>
      ask.incidents({
        kind: 'incident',
        status: 'open',
        text: 'x',
        entity: 'y',
        strategy: 'z',
        level: 'high',
      }),
    'SCAN incident USING COVERING INDEX incident_queue',
  ],
  [
    'a day',
    (ask) => ask.incidents({ kind: 'incident', since: 5, until: 9 }),
    'SEARCH incident USING COVERING INDEX incident_queue (last>?)',
  ],
  ['alerts', (ask) => ask.alerts(), 'SEARCH alert USING COVERING INDEX alert_queue (posture=?)'],
  [
    'open alerts',
    (ask) => ask.alerts({ status: 'open' }),
    'SEARCH alert USING COVERING INDEX alert_status (posture=? AND status=?)',
  ],
  [
    'alerts of a strategy',
    (ask) => ask.alerts({ strategy: 's' }),
    'SEARCH alert USING INDEX alert_strategy (strategy=?)',
  ],
])('%s is found in order in an index, and then only the page is looked up', (_what, ask, found) => {
  const [first, second, ...rest] = plan(ask)
  expect([first, second]).toEqual([expect.stringMatching('^CO-ROUTINE'), found])
  expect(rest.filter((line) => line === SORTED)).toHaveLength(1)
  const pageOf = found.split(' ')[1]
  expect(rest).toContain(`SEARCH ${pageOf} USING PRIMARY KEY (id=?)`)
  expect(rest.filter((line) => line.startsWith(`SCAN ${pageOf}`))).toEqual([])
})

test('a histogram is counted from an index alone', () => {
  const lines = plan((ask) => ask.histogram({ kind: 'incident', level: 'high', text: 'x' }, 9))
  expect(lines.filter((line) => /(?:SCAN|SEARCH) incident/.test(line))).toEqual([
    'SEARCH incident USING COVERING INDEX incident_queue',
    'SEARCH incident USING COVERING INDEX incident_queue',
    'SCAN incident USING COVERING INDEX incident_queue',
  ])
})

test('what a sink is told next is found in the order of its rows, whatever waits', () => {
  const asked = plan((ask) => ask.outboxState('ops', { now: 5, within: 5, atMost: 5 }))
  expect(asked.filter((line) => line.startsWith('SCAN outbox'))).toEqual([])
  expect(asked).not.toContain(SORTED)
})

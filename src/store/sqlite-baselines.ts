import type { DatabaseSync } from 'node:sqlite'
import type { BaselineKey, BaselineRow, ObservedRow } from '../domain/state.ts'
import type { BaselineCommit, BaselineReader, BaselineStore, BaselineWriter } from './baselines.ts'
import type { Row } from './sqlite-row.ts'

const PLACE = 'baseline-place'
/** Rows that are past and removed with one step: as many as one adds. */
const REMOVED_A_STEP = 500
/** Keys of a baseline that is gone that are removed as one. */
const DROPPED_AT_ONCE = 5_000
/** Those that learn are forgotten first: what somebody makes up pushes out nothing that has learned. */
const STALEST = ['learning', 'drifted', 'armed'] as const
const PAGE = { limit: 100, most: 500 } as const
/** No text of Unicode is greater. */
const LAST_CHARACTER = '\u{10ffff}'

/** What a batch and a step write of it, within their transaction. */
export interface BaselineRows {
  readonly observe: (rows: readonly ObservedRow[]) => void
  readonly fold: (commit: BaselineCommit) => void
}

/** Questions about baselines that the writer asks, and what writes them. `guarded` runs in a transaction of its own. */
export function baselineStore(
  db: DatabaseSync,
  guarded: (work: () => void) => void,
): BaselineStore & BaselineWriter & BaselineRows {
  const sql = statements(db)
  /** Of baselines that are in force. */
  let numbers: ReadonlyMap<string, number> = new Map()
  let changes = 0
  const numberOf = (hash: string): number => {
    const known = numbers.get(hash)
    if (known !== undefined) return known
    sql.name.run(hash)
    return (sql.number.get(hash) as { n: number }).n
  }
  const put = ({ baseline, key, state, past, status, last, deadline, expires, isSteady }: BaselineRow) => {
    const n = numberOf(baseline)
    const text = JSON.stringify(state)
    if (isSteady === true) sql.go.run(text, last, n, key)
    else sql.put.run(n, key, status, last, deadline ?? null, bounded(expires), text)
    if (past !== undefined) sql.putPast.run(JSON.stringify(past), n, key)
  }
  const drop = ({ baseline, key }: BaselineKey): void => void sql.drop.run(numberOf(baseline), key)
  return {
    baselinePlace: () => placeIn(sql),
    observedEpochs: () => (sql.epochs.all() as Row[]).map((row) => Number(row['epoch'])),
    newestObserved() {
      const row = sql.newest.get() as { upto: number } | undefined
      return row?.upto
    },
    observedIn: (epoch) =>
      (sql.observed.all(epoch) as Row[]).map((row) => JSON.parse(String(row['body'])) as unknown),
    baselineKey(baseline, key) {
      const row = sql.state.get(numberOf(baseline), key) as Row | undefined
      return row === undefined ? undefined : rowOf({ ...row, baseline, key })
    },
    dueBaselines: (until, limit) => (sql.due.all(bounded(until), limit) as Row[]).map(keyOf),
    nextDueBaseline() {
      const row = sql.nextDue.get() as { deadline: number } | undefined
      return row?.deadline
    },
    keptTold: (limit) =>
      (sql.told.all(limit) as Row[]).map((row) => ({
        n: Number(row['n']),
        time: Number(row['time']),
        event: String(row['event']),
        body: JSON.parse(String(row['body'])) as unknown,
      })),
    baselineKeyCounts: () =>
      new Map((sql.counts.all() as Row[]).map((row) => [String(row['baseline']), Number(row['keys'])])),
    stalestBaselines(baseline, limit) {
      const found: BaselineKey[] = []
      for (const status of STALEST) {
        const rows = sql.stalest.all(numberOf(baseline), status, limit - found.length) as { key: string }[]
        for (const { key } of rows) found.push({ baseline, key })
      }
      return found
    },
    troubles: (entity, since, until) =>
      (sql.troubles.all(entity, bounded(since), bounded(until)) as Row[]).map((row) => ({
        first: Number(row['first']),
        last: Number(row['last']),
        isOpen: row['status'] === 'open',
        isTrue: row['true'] === 1,
      })),
    wasBlind: (strategy, since, until, assumptions = []) =>
      (assumptions.length === 0
        ? sql.blind.get(strategy, bounded(until), bounded(since))
        : sql.failed.get(strategy, bounded(until), bounded(since), JSON.stringify(assumptions))) !==
      undefined,
    baselineChanges: () => changes,
    keepBaselinesOf(baselines) {
      const counts = (sql.counts.all() as Row[]).map(
        (row) => [String(row['baseline']), Number(row['keys'])] as const,
      )
      const gone = counts.filter(([hash]) => !baselines.has(hash))
      for (const [hash, keys] of gone)
        for (let left = keys; left > 0; left -= DROPPED_AT_ONCE)
          guarded(() => void sql.dropSome.run(numberOf(hash), DROPPED_AT_ONCE))
      guarded(() => {
        for (const [hash] of gone) sql.dropName.run(hash)
        for (const hash of baselines) sql.name.run(hash)
      })
      numbers = new Map([...baselines].map((hash) => [hash, numberOf(hash)]))
      return new Map(gone)
    },
    changeBaselines({ keys, dropped, audit, at }) {
      guarded(() => {
        for (const row of keys) put(row)
        for (const key of dropped) drop(key)
        sql.audit.run(at, audit.actor, audit.action, JSON.stringify(audit.detail))
      })
      changes += 1
    },
    observe(rows) {
      for (const { epoch, upto, body } of rows) sql.observe.run(epoch, upto, JSON.stringify(body))
    },
    fold({ keys, dropped, over, told = [], taken = [], place }) {
      for (const key of dropped) drop(key)
      for (const row of keys) put(row)
      for (const { n } of sql.past.all(bounded(over), REMOVED_A_STEP) as { n: number }[]) sql.remove.run(n)
      for (const { time, event, body } of told) sql.keepTold.run(time, event, JSON.stringify(body))
      for (const n of taken) sql.takeTold.run(n)
      if (place === undefined) return
      sql.putPlace.run(PLACE, String(place))
      sql.forgetObserved.run(bounded(place))
    },
  }
}

/** Questions of the API, which has a connection of its own. */
export function baselineReader(db: DatabaseSync): BaselineReader {
  const sql = readerStatements(db)
  return {
    baselinePlace: () => placeIn(sql),
    baselineCounts: () =>
      (sql.statuses.all() as Row[]).map((row) => ({
        baseline: String(row['baseline']),
        status: String(row['status']),
        keys: Number(row['keys']),
      })),
    expiringBaselines(baseline, before) {
      const row = sql.expiring.get(baseline, bounded(before)) as { keys: number }
      return row.keys
    },
    baselineKeys({
      baseline,
      status,
      text,
      prefix = '',
      since = -Infinity,
      before = Infinity,
      limit,
      after,
    }) {
      const most = Math.min(Math.max(1, limit ?? PAGE.limit), PAGE.most)
      const where = [
        baseline,
        after ?? '',
        prefix,
        `${prefix}${LAST_CHARACTER}`,
        bounded(since),
        bounded(before),
      ]
      return (sql.keys.all(...where, status ?? null, text ?? null, most) as Row[]).map(rowOf)
    },
    baselineKey(baseline, key) {
      const row = sql.key.get(baseline, key) as Row | undefined
      return row === undefined ? undefined : rowOf(row)
    },
    baselineAudit: (rule, key) =>
      (sql.changed.all(rule, key) as Row[]).map((row) => ({
        at: Number(row['at']),
        actor: String(row['actor']),
        action: String(row['action']),
        detail: JSON.parse(String(row['detail'])) as unknown,
      })),
  }
}

function placeIn(sql: Pick<ReturnType<typeof readerStatements>, 'place'>): number | undefined {
  const row = sql.place.get(PLACE) as { value: string } | undefined
  return row === undefined ? undefined : Number(row.value)
}

/** Integers of SQLite have 64 bits. */
function bounded(time: number): number {
  return Math.min(Math.max(time, -8.64e15), 8.64e15)
}

function keyOf(row: Row): BaselineKey {
  return { baseline: String(row['baseline']), key: String(row['key']) }
}

function rowOf(row: Row): BaselineRow {
  const { deadline, past } = row
  return {
    ...keyOf(row),
    state: JSON.parse(String(row['state'])) as unknown,
    ...(typeof past === 'string' ? { past: JSON.parse(past) as unknown } : {}),
    status: String(row['status']),
    last: Number(row['last']),
    deadline: typeof deadline === 'number' ? deadline : undefined,
    expires: Number(row['expires']),
  }
}

const KEY = `SELECT hash AS baseline, key, state, past, status, last, deadline, expires
  FROM baseline_state JOIN baseline ON baseline.n = baseline_state.baseline
  LEFT JOIN baseline_numbers ON baseline_numbers.n = baseline_state.n
  WHERE baseline_state.baseline = (SELECT n FROM baseline WHERE hash = ?)`

function readerStatements(db: DatabaseSync) {
  return {
    place: db.prepare('SELECT value FROM meta WHERE key = ?'),
    key: db.prepare(`${KEY} AND key = ?`),
    keys: db.prepare(
      `${KEY} AND key > ? AND key >= ? AND key < ? AND last >= ? AND last < ?
       AND status = coalesce(?, status) AND instr(key, coalesce(?, '')) > 0 ORDER BY key LIMIT ?`,
    ),
    changed: db.prepare(
      `SELECT at, actor, action, detail FROM audit WHERE action IN ('baseline.approve', 'baseline.forget')
       AND json_extract(detail, '$.rule') = ? AND json_extract(detail, '$.key') = ? ORDER BY n DESC LIMIT 100`,
    ),
    expiring: db.prepare(
      `SELECT coalesce(sum(keys), 0) AS keys FROM baseline_count
       WHERE baseline = (SELECT n FROM baseline WHERE hash = ?) AND status = 'armed' AND expires < ?`,
    ),
    statuses: db.prepare(
      `SELECT hash AS baseline, status, sum(keys) AS keys FROM baseline_count
       JOIN baseline ON baseline.n = baseline_count.baseline GROUP BY hash, status ORDER BY hash, status`,
    ),
  }
}

function statements(db: DatabaseSync) {
  return {
    place: db.prepare('SELECT value FROM meta WHERE key = ?'),
    putPlace: db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    observe: db.prepare('INSERT INTO observed (epoch, upto, body) VALUES (?, ?, ?)'),
    epochs: db.prepare('SELECT DISTINCT epoch FROM observed ORDER BY epoch'),
    newest: db.prepare('SELECT upto FROM observed ORDER BY upto DESC LIMIT 1'),
    observed: db.prepare('SELECT body FROM observed WHERE epoch = ? ORDER BY n'),
    forgetObserved: db.prepare('DELETE FROM observed WHERE upto < ?'),
    state: db.prepare(
      `SELECT state, past, status, last, deadline, expires FROM baseline_state LEFT JOIN baseline_numbers USING (n)
       WHERE baseline = ? AND key = ?`,
    ),
    name: db.prepare('INSERT INTO baseline (hash) VALUES (?) ON CONFLICT DO NOTHING'),
    number: db.prepare('SELECT n FROM baseline WHERE hash = ?'),
    put: db.prepare(
      `INSERT INTO baseline_state (baseline, key, status, last, deadline, expires, state) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET state = excluded.state, status = excluded.status, last = excluded.last,
       deadline = excluded.deadline, expires = excluded.expires`,
    ),
    go: db.prepare('UPDATE baseline_state SET state = ?, last = ? WHERE baseline = ? AND key = ?'),
    putPast: db.prepare(
      `INSERT INTO baseline_numbers SELECT n, ? FROM baseline_state WHERE baseline = ? AND key = ?
       ON CONFLICT DO UPDATE SET past = excluded.past`,
    ),
    drop: db.prepare('DELETE FROM baseline_state WHERE baseline = ? AND key = ?'),
    remove: db.prepare('DELETE FROM baseline_state WHERE n = ?'),
    due: db.prepare(
      `SELECT hash AS baseline, key FROM baseline_state JOIN baseline ON baseline.n = baseline_state.baseline
       WHERE deadline <= ? ORDER BY deadline, baseline_state.n LIMIT ?`,
    ),
    nextDue: db.prepare(
      'SELECT deadline FROM baseline_state WHERE deadline IS NOT NULL ORDER BY deadline LIMIT 1',
    ),
    told: db.prepare('SELECT * FROM baseline_told ORDER BY time, event, n LIMIT ?'),
    keepTold: db.prepare('INSERT INTO baseline_told (time, event, body) VALUES (?, ?, ?)'),
    takeTold: db.prepare('DELETE FROM baseline_told WHERE n = ?'),
    counts: db.prepare(
      `SELECT hash AS baseline, sum(keys) AS keys FROM baseline_count
       JOIN baseline ON baseline.n = baseline_count.baseline GROUP BY hash`,
    ),
    stalest: db.prepare(
      'SELECT key FROM baseline_state WHERE baseline = ? AND status = ? ORDER BY expires, n LIMIT ?',
    ),
    past: db.prepare(
      `SELECT n FROM baseline_count CROSS JOIN baseline_state USING (baseline, status, expires)
       WHERE baseline_count.expires <= ? LIMIT ?`,
    ),
    dropSome: db.prepare(
      'DELETE FROM baseline_state WHERE n IN (SELECT n FROM baseline_state WHERE baseline = ? LIMIT ?)',
    ),
    dropName: db.prepare('DELETE FROM baseline WHERE hash = ?'),
    troubles: db.prepare(
      `SELECT first, last, status, EXISTS (SELECT 1 FROM alert WHERE alert.incident = incident.id
       AND alert.verdict = 'true-positive') AS true FROM incident WHERE key = ? AND last >= ? AND first < ?
       AND kind = 'incident'`,
    ),
    blind: db.prepare(
      `SELECT 1 FROM coverage_interval WHERE strategy = ? AND state = 'blind' AND since < ?
       AND (until IS NULL OR until > ?) LIMIT 1`,
    ),
    failed: db.prepare(
      `SELECT 1 FROM coverage_interval WHERE strategy = ? AND since < ? AND (until IS NULL OR until > ?)
       AND assumption IN (SELECT value FROM json_each(?)) LIMIT 1`,
    ),
    audit: db.prepare('INSERT INTO audit (at, actor, action, detail) VALUES (?, ?, ?, ?)'),
  }
}

import type { DatabaseSync } from 'node:sqlite'
import type { BaselineKey, BaselineRow, ObservedRow } from '../domain/state.ts'
import type { BaselineCommit, BaselineReader, BaselineStore, BaselineWriter } from './baselines.ts'

const PLACE = 'baseline-place'
/** Rows that are past and removed with one step: more than one adds. */
const REMOVED_A_STEP = 5_000
const PAGE = { limit: 100, most: 500 } as const
/** Expiry is kept by days, so that the index changes seldom. */
const DAY = 86_400_000
/** No text of Unicode is greater. */
const LAST_CHARACTER = '\u{10ffff}'

type Row = Readonly<Record<string, string | number | null>>

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
  let changes = 0
  const put = ({ baseline, key, state, past, status, last, deadline, expires }: BaselineRow): void => {
    const until = bounded(Math.ceil(expires / DAY) * DAY)
    sql.put.run(baseline, key, JSON.stringify(state), status, last, deadline ?? null, until)
    if (past !== undefined) sql.putPast.run(baseline, key, JSON.stringify(past))
  }
  const drop = ({ baseline, key }: BaselineKey): void => {
    sql.drop.run(baseline, key)
    sql.dropPast.run(baseline, key)
  }
  return {
    baselinePlace: () => placeIn(sql),
    observedEpochs: () => (sql.epochs.all() as Row[]).map((row) => Number(row['epoch'])),
    newestObserved() {
      const row = sql.newest.get() as { upto: number } | undefined
      return row?.upto
    },
    observedIn: (epoch) =>
      (sql.observed.all(epoch) as Row[]).map((row) => JSON.parse(String(row['body'])) as unknown),
    baselineKeysOf: (baseline, keys) =>
      keys.flatMap((key) => {
        const row = sql.key.get(baseline, key) as Row | undefined
        return row === undefined ? [] : [rowOf(row)]
      }),
    dueBaselines: (until, limit) => (sql.due.all(bounded(until), limit) as Row[]).map(keyOf),
    nextDueBaseline() {
      const row = sql.nextDue.get() as { deadline: number } | undefined
      return row?.deadline
    },
    baselineKeyCounts: () =>
      new Map((sql.counts.all() as Row[]).map((row) => [String(row['baseline']), Number(row['n'])])),
    stalestBaselines: (baseline, limit) => (sql.stalest.all(baseline, limit) as Row[]).map(keyOf),
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
        (row) => [String(row['baseline']), Number(row['n'])] as const,
      )
      const gone = counts.filter(([hash]) => !baselines.has(hash))
      if (gone.length > 0)
        guarded(() => {
          for (const [hash] of gone) {
            sql.dropBaseline.run(hash)
            sql.dropBaselinePast.run(hash)
          }
        })
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
    fold({ keys, dropped, place }) {
      for (const row of keys) put(row)
      for (const key of dropped) drop(key)
      if (place === undefined) return
      sql.putPlace.run(PLACE, String(place))
      sql.forgetObserved.run(bounded(place))
      for (const row of sql.past.all(bounded(place), REMOVED_A_STEP) as Row[]) drop(keyOf(row))
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
        keys: Number(row['n']),
      })),
    expiringBaselines(baseline, before) {
      const row = sql.expiring.get(baseline, bounded(before)) as { n: number }
      return row.n
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

const KEY = `SELECT baseline_key.*, baseline_past.past FROM baseline_key LEFT JOIN baseline_past USING (baseline, key)`

function readerStatements(db: DatabaseSync) {
  return {
    place: db.prepare('SELECT value FROM meta WHERE key = ?'),
    key: db.prepare(`${KEY} WHERE baseline_key.baseline = ? AND baseline_key.key = ?`),
    keys: db.prepare(
      `${KEY} WHERE baseline_key.baseline = ? AND baseline_key.key > ?
       AND baseline_key.key >= ? AND baseline_key.key < ? AND last >= ? AND last < ? AND status = coalesce(?, status) AND instr(baseline_key.key, coalesce(?, '')) > 0
       ORDER BY baseline_key.key LIMIT ?`,
    ),
    changed: db.prepare(
      `SELECT at, actor, action, detail FROM audit WHERE action IN ('baseline.approve', 'baseline.forget')
       AND json_extract(detail, '$.rule') = ? AND json_extract(detail, '$.key') = ? ORDER BY n DESC LIMIT 100`,
    ),
    expiring: db.prepare(
      "SELECT count(*) AS n FROM baseline_key WHERE baseline = ? AND expires < ? AND status = 'armed'",
    ),
    statuses: db.prepare(
      'SELECT baseline, status, count(*) AS n FROM baseline_key GROUP BY baseline, status ORDER BY baseline, status',
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
    key: db.prepare(`${KEY} WHERE baseline_key.baseline = ? AND baseline_key.key = ?`),
    put: db.prepare(
      `INSERT INTO baseline_key (baseline, key, state, status, last, deadline, expires) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET state = excluded.state, status = excluded.status, last = excluded.last,
       deadline = excluded.deadline, expires = excluded.expires`,
    ),
    putPast: db.prepare(
      'INSERT INTO baseline_past VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET past = excluded.past',
    ),
    drop: db.prepare('DELETE FROM baseline_key WHERE baseline = ? AND key = ?'),
    dropPast: db.prepare('DELETE FROM baseline_past WHERE baseline = ? AND key = ?'),
    due: db.prepare(
      'SELECT baseline, key FROM baseline_key WHERE deadline <= ? ORDER BY deadline, baseline, key LIMIT ?',
    ),
    nextDue: db.prepare(
      'SELECT deadline FROM baseline_key WHERE deadline IS NOT NULL ORDER BY deadline LIMIT 1',
    ),
    counts: db.prepare('SELECT baseline, count(*) AS n FROM baseline_key GROUP BY baseline'),
    stalest: db.prepare(
      'SELECT baseline, key FROM baseline_key WHERE baseline = ? ORDER BY expires, key LIMIT ?',
    ),
    past: db.prepare('SELECT baseline, key FROM baseline_key WHERE expires <= ? LIMIT ?'),
    dropBaseline: db.prepare('DELETE FROM baseline_key WHERE baseline = ?'),
    dropBaselinePast: db.prepare('DELETE FROM baseline_past WHERE baseline = ?'),
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

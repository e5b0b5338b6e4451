import type { DatabaseSync } from 'node:sqlite'
import type { SignalBody, SignalRow, SignalUse, WindowKey, WindowRow } from '../domain/state.ts'
import type { CorrelationCommit, SignalPlace, SignalStore, SignalWriter } from './signals.ts'

/** Rows that are past and removed with one step: more than one adds. */
const REMOVED_A_STEP = 20_000
const PLACE = 'signal-place'

type Row = Readonly<Record<string, string | number | null>>

/** What a batch and a step write of it, within their transaction. */
export interface SignalRows {
  readonly add: (signals: readonly SignalRow[]) => void
  readonly step: (commit: CorrelationCommit) => void
}

/** Questions about signals and windows, and what writes them. `guarded` runs in a transaction of its own. */
export function signalStore(
  db: DatabaseSync,
  guarded: (work: () => void) => void,
): SignalStore & SignalWriter & SignalRows {
  const sql = statements(db)
  return {
    signalPlace() {
      const row = sql.place.get(PLACE) as { value: string } | undefined
      const place = row === undefined ? undefined : (JSON.parse(row.value) as SignalPlace)
      const last = sql.last.get() as { seq: number } | undefined
      const { time, event, n } = place ?? { time: bounded(-Infinity), event: '', n: 0 }
      const waiting = sql.waiting.get(time, event, n) as { n: number }
      return { place, waiting: waiting.n, last: last?.seq ?? 0 }
    },
    pendingSignals: ({ time, event, n }, before, limit) =>
      (sql.pending.all(time, event, n, bounded(before), limit) as Row[]).map((row) => ({
        n: Number(row['n']),
        time: Number(row['time']),
        event: String(row['event']),
        uses: JSON.parse(String(row['uses'])) as SignalUse[],
      })),
    crowdedSince({ time, event, n }, count) {
      const row = sql.crowded.get(time, event, n, count) as { time: number } | undefined
      return row?.time
    },
    signalBodies(numbers) {
      const bodies = new Map<number, SignalBody>()
      for (const n of numbers) {
        const row = sql.body.get(n) as { body: string } | undefined
        if (row !== undefined) bodies.set(n, JSON.parse(row.body) as SignalBody)
      }
      return bodies
    },
    windows: (correlation, groups) =>
      groups.flatMap((group) => {
        const row = sql.window.get(correlation, group) as Row | undefined
        return row === undefined ? [] : [windowOf(correlation, group, row)]
      }),
    dueWindows: (before, limit) =>
      (sql.due.all(bounded(before), limit) as Row[]).map((row) => ({
        ...keyOf(row),
        deadline: Number(row['deadline']),
      })),
    windowCounts: () => countsOf(sql.counts.all() as Row[]),
    stalestWindows: (correlation, limit) => (sql.stalest.all(correlation, limit) as Row[]).map(keyOf),
    keepWindowsOf(correlations) {
      const gone = [...countsOf(sql.counts.all() as Row[])].filter(([hash]) => !correlations.has(hash))
      if (gone.length > 0) guarded(() => gone.forEach(([hash]) => sql.dropCorrelation.run(hash)))
      return new Map(gone)
    },
    add(signals) {
      for (const { n, time, event, uses, body, expires } of signals)
        sql.add.run(n, time, event, JSON.stringify(uses), JSON.stringify(body), bounded(expires))
    },
    step({ place, windows, closed, over }) {
      for (const { correlation, group, state, deadline, expires } of windows)
        sql.put.run(correlation, group, JSON.stringify(state), deadline ?? null, bounded(expires))
      for (const { correlation, group } of closed) sql.drop.run(correlation, group)
      sql.putPlace.run(PLACE, JSON.stringify(place))
      sql.pastSignals.run(bounded(over), REMOVED_A_STEP)
      sql.pastWindows.run(bounded(over), REMOVED_A_STEP)
    },
  }
}

/** Integers of SQLite have 64 bits. */
function bounded(time: number): number {
  return Math.min(Math.max(time, -8.64e15), 8.64e15)
}

function windowOf(correlation: string, group: string, row: Row): WindowRow {
  const deadline = row['deadline']
  return {
    correlation,
    group,
    state: JSON.parse(String(row['state'])) as unknown,
    deadline: typeof deadline === 'number' ? deadline : undefined,
    expires: Number(row['expires']),
  }
}

function keyOf(row: Row): WindowKey {
  return { correlation: String(row['correlation']), group: String(row['grp']) }
}

function countsOf(rows: readonly Row[]): ReadonlyMap<string, number> {
  return new Map(rows.map((row) => [String(row['correlation']), Number(row['n'])]))
}

function statements(db: DatabaseSync) {
  return {
    place: db.prepare('SELECT value FROM meta WHERE key = ?'),
    putPlace: db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    waiting: db.prepare('SELECT count(*) AS n FROM signal WHERE (time, event, n) > (?, ?, ?)'),
    last: db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'signal'"),
    pending: db.prepare(
      `SELECT n, time, event, uses FROM signal WHERE (time, event, n) > (?, ?, ?) AND time < ?
       ORDER BY time, event, n LIMIT ?`,
    ),
    crowded: db.prepare(
      `SELECT time FROM signal WHERE (time, event, n) > (?, ?, ?)
       ORDER BY time DESC, event DESC, n DESC LIMIT 1 OFFSET ?`,
    ),
    body: db.prepare('SELECT body FROM signal WHERE n = ?'),
    window: db.prepare(
      'SELECT state, deadline, expires FROM correlation_window WHERE correlation = ? AND grp = ?',
    ),
    due: db.prepare(
      `SELECT correlation, grp, deadline FROM correlation_window WHERE deadline < ?
       ORDER BY deadline, correlation, grp LIMIT ?`,
    ),
    counts: db.prepare('SELECT correlation, count(*) AS n FROM correlation_window GROUP BY correlation'),
    stalest: db.prepare(
      'SELECT correlation, grp FROM correlation_window WHERE correlation = ? ORDER BY expires, grp LIMIT ?',
    ),
    dropCorrelation: db.prepare('DELETE FROM correlation_window WHERE correlation = ?'),
    add: db.prepare('INSERT INTO signal (n, time, event, uses, body, expires) VALUES (?, ?, ?, ?, ?, ?)'),
    put: db.prepare(
      `INSERT INTO correlation_window (correlation, grp, state, deadline, expires) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET state = excluded.state, deadline = excluded.deadline, expires = excluded.expires`,
    ),
    drop: db.prepare('DELETE FROM correlation_window WHERE correlation = ? AND grp = ?'),
    pastSignals: db.prepare('DELETE FROM signal WHERE n IN (SELECT n FROM signal WHERE expires < ? LIMIT ?)'),
    pastWindows: db.prepare(
      `DELETE FROM correlation_window WHERE (correlation, grp) IN
       (SELECT correlation, grp FROM correlation_window WHERE expires < ? LIMIT ?)`,
    ),
  }
}

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { digest } from '../domain/hash.ts'
import { LEVELS } from '../domain/match.ts'
import {
  DIGEST_INCIDENTS,
  DIGEST_STRATEGIES,
  type DigestNotice,
  type IncidentNotice,
  type Notice,
  type Notification,
  type NotificationState,
  type OutboxEntry,
  type SinkSummary,
} from '../domain/notice.ts'
import type { OutboxReader, OutboxWriter } from './outbox.ts'
import type { Row } from './sqlite-row.ts'

/** Delivered rows that are kept at most, over all sinks. */
const DELIVERED_KEPT = 10_000

/** Rows that one call changes at most: alerts wait for the end of it. */
const SLICE = 5_000

/** Rows that are sent on their own: neither a digest nor in one. One that reached somebody stays out of digests. */
const SINGLE = "state = 'pending' AND digest IS NULL AND kind <> 'digest' AND receivers IS NULL"

export function outboxReader(db: DatabaseSync): OutboxReader {
  const all = (sql: string, ...values: SQLInputValue[]): Row[] => db.prepare(sql).all(...values) as Row[]
  const one = (sql: string, ...values: SQLInputValue[]): Row | undefined =>
    db.prepare(sql).get(...values) as Row | undefined

  return {
    notifications({ state, sink, limit = 100, after } = {}) {
      const most = Math.min(Math.max(1, limit), 500)
      const conditions: string[] = []
      const values: SQLInputValue[] = []
      const where = (condition: string, value: SQLInputValue): void => {
        conditions.push(condition)
        values.push(value)
      }
      if (state !== undefined) where('state = ?', state)
      if (sink !== undefined) where('sink = ?', sink)
      const cursor = Number(after?.split('.')[1] ?? Number.NaN)
      if (Number.isSafeInteger(cursor)) where('id < ?', cursor)
      const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
      const rows = all(`SELECT * FROM outbox ${filter} ORDER BY id DESC LIMIT ?`, ...values, most + 1)
      const last = rows[most - 1]
      return {
        items: rows.slice(0, most).map(toNotification),
        next: rows.length > most && last !== undefined ? `${last['created']}.${last['id']}` : undefined,
      }
    },
    notification(id) {
      const row = one('SELECT * FROM outbox WHERE id = ?', id)
      return row === undefined ? undefined : toNotification(row)
    },
    sinkSummaries() {
      const sinks = new Map<string, Row[]>()
      const counts =
        'SELECT sink, state, count(*) AS n, min(created) AS oldest FROM outbox GROUP BY sink, state'
      for (const row of all(counts)) {
        const sink = String(row['sink'])
        sinks.set(sink, [...(sinks.get(sink) ?? []), row])
      }
      return [...sinks].map(([sink, rows]) =>
        summaryOf(
          sink,
          rows,
          one(
            "SELECT attempts, error, next FROM outbox WHERE sink = ? AND state = 'pending' AND digest IS NULL AND attempts > 0 ORDER BY next DESC LIMIT 1",
            sink,
          ),
          one(
            'SELECT error FROM outbox WHERE sink = ? AND error IS NOT NULL ORDER BY coalesce(settled, next) DESC LIMIT 1',
            sink,
          ),
        ),
      )
    },
    outboxState(sink, { now, within, atMost }) {
      // Unary plus: in order of their ids, not of their times.
      const due = (which: string): Row | undefined =>
        one(
          `SELECT * FROM outbox WHERE sink = ? AND state = 'pending' AND digest IS NULL AND +next <= ? AND ${which} ORDER BY id LIMIT 1`,
          sink,
          now,
        )
      const head = due('receivers IS NULL') ?? due('receivers IS NOT NULL')
      const next =
        head === undefined
          ? one(
              "SELECT min(next) AS next FROM outbox WHERE sink = ? AND state = 'pending' AND digest IS NULL",
              sink,
            )?.['next']
          : undefined
      const waiting = one(
        `SELECT count(*) AS n FROM (SELECT 1 FROM outbox WHERE sink = ? AND ${SINGLE} LIMIT ?)`,
        sink,
        atMost,
      )
      const told = one(
        "SELECT count(*) AS n, min(settled) AS first FROM outbox WHERE sink = ? AND state = 'delivered' AND settled > ? AND digest IS NULL AND kind <> 'digest'",
        sink,
        now - within,
      )
      const last = one("SELECT max(created) AS at FROM outbox WHERE sink = ? AND kind = 'digest'", sink)
      return {
        head: head === undefined ? undefined : toNotification(head),
        since: Number(head?.['since'] ?? now),
        next: numberOf(next),
        waiting: Number(waiting?.['n'] ?? 0),
        told: Number(told?.['n'] ?? 0),
        firstTold: numberOf(told?.['first']),
        lastDigest: numberOf(last?.['at']),
      }
    },
  }
}

/**
 * Changes of the outbox. `guarded` runs in one transaction of its own; `enqueue` belongs into the one that commits
 * what caused the entries.
 */
export function outboxWriter(
  db: DatabaseSync,
  guarded: (work: () => void) => void,
): OutboxWriter & { readonly enqueue: (entries: readonly OutboxEntry[], at: number) => void } {
  const run = (sql: string, ...values: SQLInputValue[]): number =>
    Number(db.prepare(sql).run(...values).changes)
  const notified = db.prepare(
    'INSERT INTO notified VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET rank = excluded.rank WHERE excluded.rank > rank',
  )
  const insert = db.prepare(
    `INSERT OR IGNORE INTO outbox (sink, key, kind, incident, alert, level, strategy, notice, created, since, next, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')`,
  )
  const add = (sink: string, key: string, notice: Notice, at: number): number | bigint => {
    const { incident, alert, level } = partsOf(notice)
    const { lastInsertRowid } = insert.run(
      sink,
      key,
      notice.kind,
      incident?.id ?? null,
      alert?.id ?? null,
      level === undefined ? null : LEVELS.indexOf(level),
      alert?.strategy ?? null,
      JSON.stringify(notice),
      at,
      at,
      at,
    )
    return lastInsertRowid
  }
  /** A row in a digest shares its fate. */
  const leading = (id: number): number => {
    const row = db.prepare('SELECT digest FROM outbox WHERE id = ?').get(id) as Row | undefined
    return numberOf(row?.['digest']) ?? id
  }
  const note = (actor: string, action: string, detail: object, at: number): void =>
    void run(
      'INSERT INTO audit (at, actor, action, detail) VALUES (?, ?, ?, ?)',
      at,
      actor,
      action,
      JSON.stringify(detail),
    )
  const changed = (work: () => number): number => {
    let rows = 0
    guarded(() => {
      rows = work()
    })
    return rows
  }

  return {
    enqueue(entries, at) {
      for (const { sink, key, subject, rank, notice } of entries) {
        if (Number(notified.run(sink, subject, rank).changes) > 0) add(sink, key, notice, at)
      }
    },
    delivered: (id, at) =>
      guarded(() => {
        run('UPDATE outbox SET attempts = attempts + 1 WHERE id = ?', id)
        run(
          "UPDATE outbox SET state = 'delivered', settled = ?, error = NULL WHERE (id = ? OR digest = ?) AND state = 'pending'",
          at,
          id,
          id,
        )
      }),
    postponed: (id, next, error, receivers) =>
      guarded(
        () =>
          void run(
            'UPDATE outbox SET attempts = attempts + 1, next = ?, error = ?, receivers = coalesce(?, receivers) WHERE id = ?',
            next,
            error,
            receivers === undefined ? null : JSON.stringify(receivers),
            id,
          ),
      ),
    died: (id, at, error) =>
      guarded(() => {
        run('UPDATE outbox SET attempts = attempts + 1 WHERE id = ?', id)
        run(
          "UPDATE outbox SET state = 'dead', settled = ?, error = ? WHERE (id = ? OR digest = ?) AND state = 'pending'",
          at,
          error,
          id,
          id,
        )
      }),
    expire: (sink, before, at, error) =>
      changed(() => {
        const old = `SELECT id FROM outbox WHERE sink = ? AND state = 'pending' AND digest IS NULL AND since < ? ORDER BY id LIMIT ${SLICE}`
        return run(
          `UPDATE outbox SET state = 'dead', settled = ?, error = ?
           WHERE state = 'pending' AND (id IN (${old}) OR digest IN (${old}))`,
          at,
          error,
          sink,
          before,
          sink,
          before,
        )
      }),
    abandon: (known, at, error) =>
      changed(() => {
        // From name to name through the index, so that what is known and waits is not read.
        const names = `WITH RECURSIVE each (sink) AS (SELECT min(sink) FROM outbox UNION ALL
             SELECT (SELECT min(sink) FROM outbox WHERE sink > each.sink) FROM each WHERE each.sink IS NOT NULL)
           SELECT sink FROM each WHERE sink NOT IN (SELECT value FROM json_each(?))`
        return run(
          `UPDATE outbox SET state = 'dead', settled = ?, error = ? WHERE id IN
             (SELECT id FROM outbox WHERE sink IN (${names}) AND state = 'pending' LIMIT ${SLICE})`,
          at,
          error,
          JSON.stringify(known),
        )
      }),
    hurry: (sink, at) =>
      guarded(
        () =>
          void run(
            `UPDATE outbox SET next = ?2 WHERE id IN (SELECT id FROM outbox
               WHERE sink = ?1 AND state = 'pending' AND digest IS NULL AND next > ?2 ORDER BY next LIMIT ${SLICE})`,
            sink,
            at,
          ),
      ),
    gather: (sink, at) =>
      guarded(() => {
        const { notice, first, last } = digestOf(db, sink, at)
        const id = add(sink, digest('digest', sink, String(first), String(last)), notice, at)
        run(`UPDATE outbox SET digest = ? WHERE sink = ? AND ${SINGLE} AND id <= ?`, id, sink, last)
      }),
    retryNotification: (id, actor, at) =>
      changed(() => {
        const rows = run(
          "UPDATE outbox SET state = 'pending', attempts = 0, since = ?2, next = ?2, settled = NULL WHERE (id = ?1 OR digest = ?1) AND state = 'dead'",
          leading(id),
          at,
        )
        if (rows > 0) note(actor, 'notification.retry', { notification: id }, at)
        return rows
      }) > 0,
    retrySink: (sink, actor, at) =>
      changed(() => {
        // The oldest first: what a digest stands for becomes pending before it does, and none is left behind.
        const rows = run(
          `UPDATE outbox SET state = 'pending', attempts = 0, since = ?2, next = ?2, settled = NULL WHERE id IN
             (SELECT id FROM outbox WHERE sink = ?1 AND state = 'dead' AND settled <= ?2 ORDER BY created, id LIMIT ${SLICE})`,
          sink,
          at,
        )
        if (rows > 0) note(actor, 'notification.retry', { sink, notifications: rows }, at)
        return rows
      }),
    dismissNotification: (id, actor, at) =>
      changed(() => {
        const rows = run("DELETE FROM outbox WHERE (id = ?1 OR digest = ?1) AND state = 'dead'", leading(id))
        if (rows > 0) note(actor, 'notification.dismiss', { notification: id }, at)
        return rows
      }) > 0,
    forgetDelivered: (before) =>
      changed(() =>
        run(
          `DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state = 'delivered' AND (settled < ? OR id <= coalesce(
             (SELECT id FROM outbox WHERE state = 'delivered' ORDER BY id DESC LIMIT 1 OFFSET ?), 0)) LIMIT ?)`,
          before,
          DELIVERED_KEPT,
          SLICE,
        ),
      ) === SLICE,
  }
}

function digestOf(
  db: DatabaseSync,
  sink: string,
  at: number,
): { readonly notice: DigestNotice; readonly first: number; readonly last: number } {
  const bound = db
    .prepare(`SELECT id FROM outbox WHERE sink = ? AND ${SINGLE} ORDER BY id LIMIT 1 OFFSET ?`)
    .get(sink, SLICE - 1) as Row | undefined
  const most = Number(bound?.['id'] ?? Number.MAX_SAFE_INTEGER)
  const all = (sql: string): Row[] => db.prepare(sql).all(sink, most) as Row[]
  const [span] = all(
    `SELECT count(*) AS n, min(id) AS first, max(id) AS last, min(created) AS since, max(created) AS until FROM outbox WHERE sink = ? AND ${SINGLE} AND id <= ?`,
  )
  const levels = all(
    `SELECT level, count(*) AS n FROM outbox WHERE sink = ? AND ${SINGLE} AND id <= ? AND level IS NOT NULL GROUP BY level ORDER BY level DESC`,
  )
  const strategies = all(
    `SELECT strategy, count(*) AS n FROM outbox WHERE sink = ? AND ${SINGLE} AND id <= ? AND strategy IS NOT NULL GROUP BY strategy ORDER BY n DESC, strategy LIMIT ${DIGEST_STRATEGIES}`,
  )
  const incidents = all(
    `SELECT notice FROM outbox WHERE sink = ? AND ${SINGLE} AND id <= ? AND kind = 'incident' ORDER BY level DESC, id LIMIT ${DIGEST_INCIDENTS}`,
  )
  return {
    first: Number(span?.['first']),
    last: Number(span?.['last']),
    notice: {
      kind: 'digest',
      at,
      since: Number(span?.['since']),
      until: Number(span?.['until']),
      count: Number(span?.['n']),
      levels: Object.fromEntries(
        levels.map(({ level, n }) => [LEVELS[Number(level)] ?? 'informational', Number(n)]),
      ),
      strategies: strategies.map(({ strategy, n }) => ({ id: String(strategy), count: Number(n) })),
      incidents: incidents.map(({ notice }) => JSON.parse(String(notice)) as IncidentNotice),
    },
  }
}

function partsOf(notice: Notice): Partial<Pick<IncidentNotice, 'incident' | 'alert' | 'level'>> {
  if (notice.kind === 'incident') return notice
  if (notice.kind !== 'posture') return {}
  const { incident, level } = notice
  return { incident: { ...incident, first: notice.at, last: notice.at }, level }
}

function summaryOf(
  sink: string,
  rows: readonly Row[],
  failing: Row | undefined,
  failed: Row | undefined,
): SinkSummary {
  const of = (state: NotificationState): Row | undefined => rows.find((row) => row['state'] === state)
  const n = (state: NotificationState): number => Number(of(state)?.['n'] ?? 0)
  const oldest = numberOf(of('pending')?.['oldest'])
  return {
    sink,
    pending: n('pending'),
    delivered: n('delivered'),
    dead: n('dead'),
    ...(oldest === undefined ? {} : { oldest }),
    ...(failing === undefined
      ? {}
      : {
          failing: {
            attempts: Number(failing['attempts']),
            error: String(failing['error'] ?? ''),
            next: Number(failing['next']),
          },
        }),
    ...(failed === undefined ? {} : { error: String(failed['error']) }),
  }
}

function toNotification(row: Row): Notification {
  const optional = <K extends string, T>(name: K, value: T | undefined): { [P in K]?: T } =>
    value === undefined ? {} : ({ [name]: value } as { [P in K]?: T })
  const state = row['state'] as NotificationState
  return {
    id: Number(row['id']),
    sink: String(row['sink']),
    key: String(row['key']),
    notice: JSON.parse(String(row['notice'])) as Notice,
    state,
    attempts: Number(row['attempts']),
    created: Number(row['created']),
    ...optional('incident', textOf(row['incident'])),
    ...optional('alert', textOf(row['alert'])),
    ...optional('next', state === 'pending' ? numberOf(row['next']) : undefined),
    ...optional('settled', numberOf(row['settled'])),
    ...optional('error', textOf(row['error'])),
    ...optional('digest', numberOf(row['digest'])),
    ...optional('receivers', receiversOf(row['receivers'])),
  }
}

function receiversOf(value: Row[string] | undefined): readonly string[] | undefined {
  const text = textOf(value)
  return text === undefined ? undefined : (JSON.parse(text) as string[])
}

function textOf(value: Row[string] | undefined): string | undefined {
  return value === undefined || value === null ? undefined : String(value)
}

function numberOf(value: Row[string] | undefined): number | undefined {
  return value === undefined || value === null ? undefined : Number(value)
}

import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { serialize } from 'node:v8'
import { UserError } from '../domain/errors.ts'
import type { Resource } from '../domain/event.ts'
import { rank, reader, toAlertHead, toIncidentHead, transaction } from './sqlite-reader.ts'
import type { Row } from './sqlite-row.ts'
import { MIGRATIONS } from './schema.ts'
import { coverageWriter } from './sqlite-coverage.ts'
import { outboxWriter } from './sqlite-outbox.ts'
import { retentionWriter } from './sqlite-retention.ts'
import { seenWriter } from './sqlite-seen.ts'
import { baselineStore } from './sqlite-baselines.ts'
import { signalStore } from './sqlite-signals.ts'
import type { BaselineStore, BaselineWriter } from './baselines.ts'
import type { SignalStore, SignalWriter } from './signals.ts'
import type { OutboxWriter } from './outbox.ts'
import type { RetentionWriter } from './retention.ts'
import {
  BODY_HORIZON,
  GONE_HORIZON,
  SENSOR_RUN_HORIZON,
  viewKey,
  type KeyedAlert,
  type KeyedIncident,
} from '../domain/state.ts'
import type { Commit, Store } from './store.ts'

/** Bytes of records that have not ended, of one input: the oldest are let go of. */
const RESTS = 64 * 1024 * 1024
/** Failed records of which a sample is kept, in all; the newest win. */
const FAILURE_SAMPLES = 1_000

/**
 * The store in one SQLite file, WAL. Opens, creates or migrates it.
 * `durable: false` is for one-shot runs whose file is thrown away: they are never resumed, so identities of
 * records need not outlive the process.
 * Throws a UserError where the file cannot be used.
 */
export function openStore(file: string, options: { readonly durable: boolean }): Store {
  const db = open(file)
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.durable ? 'NORMAL' : 'OFF'};
             PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;`)
    migrate(db)
  } catch (cause) {
    db.close()
    throw storeTrouble(file, cause)
  }
  return { ...reader(db), ...writer(db, file, options.durable) }
}

/** A second connection for questions, beside the writer's. */
export function openReader(file: string): ReturnType<typeof reader> {
  const db = open(file, true)
  return reader(db)
}

function open(file: string, readOnly = false): DatabaseSync {
  try {
    if (!readOnly) forOwnerAlone(file)
    return new DatabaseSync(file, { readOnly, timeout: 5_000, enableForeignKeyConstraints: true })
  } catch (cause) {
    throw storeTrouble(file, cause)
  }
}

/** SQLite gives the files beside it the same rights: evidence is not for every user of the machine. */
function forOwnerAlone(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
}

function migrate(db: DatabaseSync): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > MIGRATIONS.length) {
    throw new UserError(
      `the data folder was written by a newer Tallyman (schema ${version}, this one knows ${MIGRATIONS.length})`,
      {
        mend: 'run the newer version, or name another folder with --data',
      },
    )
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue
    transaction(db, () => {
      db.exec(sql)
      db.exec(`PRAGMA user_version = ${index + 1}`)
    })
  }
}

function keyedAlert(row: Row): KeyedAlert {
  return {
    key: String(row['key']),
    posture: row['posture'] === 1,
    alert: toAlertHead(row),
    kept: Number(row['kept']),
  }
}

function keyedIncident(row: Row): KeyedIncident {
  return { key: String(row['key']), incident: toIncidentHead(row) }
}

/** SQLite's own words for trouble that the user can mend; anything else is a bug and keeps its stack. */
function storeTrouble(file: string, cause: unknown): unknown {
  if (cause instanceof UserError || !(cause instanceof Error)) return cause
  const mend = MENDS.find(([pattern]) => pattern.test(cause.message))?.[1]
  return mend === undefined
    ? cause
    : new UserError(`cannot write ${file}: ${cause.message}`, { file, mend, cause })
}

const MENDS: readonly (readonly [RegExp, string])[] = [
  [/disk is full|ENOSPC/i, 'free space on its file system and start again: nothing that was read is lost'],
  [
    /disk I\/O error/i,
    'see that its file system is healthy, not full and writable, then start again: nothing that was read is lost',
  ],
  [
    /readonly|read-only|permission|unable to open/i,
    'make the folder writable for this user, or name another with --data',
  ],
  [/not a database|malformed/i, 'the file is damaged: move it away, or name another folder with --data'],
  [/locked|busy/i, 'another process holds it: stop that one, or name another folder with --data'],
]

type WriterPart = OutboxWriter &
  RetentionWriter &
  SignalStore &
  SignalWriter &
  BaselineStore &
  BaselineWriter &
  Pick<Store, 'load' | 'commit' | 'closeAlert' | 'closeIncident' | 'audit' | 'setMeta' | 'close'>

function writer(db: DatabaseSync, file: string, durable: boolean): WriterPart {
  const sql = statements(db)
  const guarded = (work: () => void): void => {
    try {
      transaction(db, work)
    } catch (cause) {
      throw storeTrouble(file, cause)
    }
  }
  const { enqueue, ...outbox } = outboxWriter(db, guarded)
  const { add, step, ...signals } = signalStore(db, guarded)
  const { observe, fold: learn, ...baselines } = baselineStore(db, guarded)
  const cover = coverageWriter(db)
  const remember = seenWriter(db)
  const commit = (batch: Commit): void => {
    const { at, input, output } = batch
    if (batch.checkpoint !== undefined) sql.checkpoint.run(input, JSON.stringify(batch.checkpoint))
    for (const { stream, offset, state } of batch.streams) {
      sql.stream.run(input, stream, offset, state === undefined ? null : JSON.stringify(state), at)
    }
    if (batch.position !== undefined)
      sql.checkpoint.run(batch.position.of, JSON.stringify(batch.position.value))
    for (const { stream, consumed, pieces } of batch.rests ?? []) {
      sql.dropRest.run(input, stream, Math.min(consumed, Number.MAX_SAFE_INTEGER))
      for (const { offset, bytes } of pieces) sql.rest.run(input, stream, offset, bytes)
      if (pieces.length > 0) sql.forgetRests.run(input, input, RESTS)
    }
    for (const { stream, length } of batch.bodies) sql.body.run(input, stream, length)
    if (durable) remember(batch)
    for (const id of batch.forgotten) sql.forgetContainer.run(id)
    for (const row of batch.containers) {
      sql.container.run(
        row.id,
        JSON.stringify(row.resource),
        JSON.stringify(row.mounts),
        row.time,
        row.gone ?? null,
        row.addresses === undefined ? null : JSON.stringify(row.addresses),
        row.by.input,
        row.by.engine ? 1 : 0,
        row.by.cluster === true ? 1 : 0,
        row.pod === undefined ? null : JSON.stringify(row.pod),
        row.roots === undefined ? null : JSON.stringify(row.roots),
        at,
      )
    }
    for (const object of batch.forgottenCreators ?? []) sql.forgetCreator.run(object)
    for (const row of batch.creators ?? []) sql.creator.run(row.object, JSON.stringify(row))
    if (batch.signals !== undefined) add(batch.signals)
    if (batch.observed !== undefined) observe(batch.observed)
    if (batch.baselines !== undefined) learn(batch.baselines)
    if (batch.correlations !== undefined) step(batch.correlations)
    if (batch.coverage !== undefined) cover(batch.coverage)
    for (const row of batch.sensorRuns ?? []) sql.sensorRun.run(row.run, JSON.stringify(row))
    for (const key of batch.forgottenViews ?? []) sql.forgetView.run(viewKey(key))
    for (const row of batch.views ?? []) sql.view.run(viewKey(row), JSON.stringify(row))
    for (const row of batch.waiting ?? []) sql.wait.run(row.n, serialize(row))
    for (const n of batch.waited ?? []) sql.waited.run(n)
    for (const { key, incident } of output.incidents) {
      const { id, kind, entity, level, first, last, status } = incident
      sql.incident.run(
        id,
        key,
        kind,
        JSON.stringify(entity),
        rank(level),
        first,
        last,
        status,
        valuesOf(entity),
        at,
      )
    }
    for (const { key, posture, alert, kept, evidence } of output.alerts) {
      sql.alert.run(
        alert.id,
        key,
        alert.incident,
        alert.strategy,
        alert.rule.id,
        alert.rule.title,
        rank(alert.level),
        JSON.stringify(alert.attack),
        JSON.stringify(alert.entity),
        alert.first,
        alert.last,
        alert.count,
        kept,
        alert.status,
        posture ? 1 : 0,
        alert.rating === undefined ? null : JSON.stringify(alert.rating),
      )
      for (const [index, item] of evidence.entries()) {
        sql.evidence.run(
          alert.id,
          kept - evidence.length + index,
          item.event,
          item.time,
          JSON.stringify(item),
        )
      }
    }
    for (const finding of batch.findings) {
      const { id, kind, about, since, until, message, resource } = finding
      sql.finding.run(
        id,
        kind,
        about,
        since,
        until,
        message,
        resource === undefined ? null : JSON.stringify(resource),
        at,
      )
    }
    for (const { reason, stream, position, sample } of batch.failures) {
      sql.failure.run(reason, stream, String(position), sample, at)
    }
    if (batch.outbox !== undefined) enqueue(batch.outbox, at)
    for (const [kind, name, value] of counted(batch)) sql.counter.run(kind, name, value)
    if (batch.containers.length > 0) sql.forgetContainers.run(at - GONE_HORIZON)
    if ((batch.sensorRuns ?? []).length > 0) sql.forgetSensorRuns.run(SENSOR_RUN_HORIZON)
    if (batch.bodies.length > 0) sql.forgetBodies.run(BODY_HORIZON)
    if (batch.failures.length > 0) sql.forgetFailures.run(FAILURE_SAMPLES)
  }
  return {
    ...outbox,
    ...signals,
    ...baselines,
    ...retentionWriter(db, guarded, enqueue),
    load: (keys) => ({
      alerts: keys
        .filter(({ kind }) => kind === 'alert')
        .flatMap(({ key, since, until }) =>
          sql.loadAlerts.all(key, since, until).map((row) => keyedAlert(row as Row)),
        ),
      incidents: keys
        .filter(({ kind }) => kind === 'incident')
        .flatMap(({ key, since, until }) =>
          sql.loadIncidents.all(key, since, until).map((row) => keyedIncident(row as Row)),
        ),
    }),
    commit(batch) {
      // With NORMAL, the newest commits survive the process but not a power cut; a sender does not send again.
      const flushes = durable && batch.promised
      if (flushes) db.exec('PRAGMA synchronous = FULL')
      try {
        guarded(() => commit(batch))
      } finally {
        if (flushes) db.exec('PRAGMA synchronous = NORMAL')
      }
    },
    closeAlert(id, verdict, note, actor, at) {
      let closed = false
      guarded(() => {
        closed = sql.close.run(verdict, note, id).changes > 0
        if (!closed) return
        sql.settle.run(at, id)
        sql.audit.run(at, actor, 'alert.close', JSON.stringify({ alert: id, verdict, note }))
      })
      return closed
    },
    closeIncident(id, verdict, note, actor, at) {
      let closed = 0
      guarded(() => {
        for (const { alert } of sql.openOf.all(id) as { alert: string }[]) {
          sql.close.run(verdict, note, alert)
          sql.audit.run(at, actor, 'alert.close', JSON.stringify({ alert, incident: id, verdict, note }))
          closed += 1
        }
        if (closed > 0) sql.settleIncident.run(at, id)
      })
      return closed
    },
    audit: (actor, action, detail, at) =>
      guarded(() => void sql.audit.run(at, actor, action, JSON.stringify(detail))),
    setMeta: (key, value) => guarded(() => void sql.meta.run(key, value)),
    close: () => db.close(),
  }
}

/** What a search for an entity looks through: its attributes' values, one a line. */
function valuesOf(entity: Resource): string {
  return Object.values(entity).flat().join('\n')
}

function* counted({ counters }: Commit): Iterable<[kind: string, name: string, value: number]> {
  for (const name of ['records', 'evaluated', 'failed', 'duplicates'] as const) {
    if (counters[name] > 0) yield ['total', name, counters[name]]
  }
  for (const [name, value] of Object.entries(counters.suppressed)) yield ['suppressed', name, value]
  for (const [name, value] of Object.entries(counters.late)) yield ['late', name, value]
  for (const [name, value] of Object.entries(counters.unattributed ?? {})) yield ['unattributed', name, value]
  for (const [name, value] of Object.entries(counters.sources)) yield ['source', name, value]
  for (const [name, value] of Object.entries(counters.failures)) yield ['failure', name, value]
}

function statements(db: DatabaseSync) {
  return {
    checkpoint: db.prepare(
      'INSERT INTO checkpoint VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    ),
    stream: db.prepare(
      'INSERT INTO stream VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset, state = excluded.state, at = excluded.at',
    ),
    rest: db.prepare('INSERT OR REPLACE INTO stream_rest (input, stream, offset, bytes) VALUES (?, ?, ?, ?)'),
    dropRest: db.prepare(
      'DELETE FROM stream_rest WHERE input = ? AND stream = ? AND offset + length(bytes) <= ?',
    ),
    forgetRests: db.prepare(
      `DELETE FROM stream_rest WHERE input = ? AND n <= (SELECT n FROM
       (SELECT n, sum(length(bytes)) OVER (ORDER BY n DESC) AS held FROM stream_rest WHERE input = ?)
       WHERE held > ? LIMIT 1)`,
    ),
    body: db.prepare('INSERT OR REPLACE INTO body (input, stream, length) VALUES (?, ?, ?)'),
    container: db.prepare(
      `INSERT OR REPLACE INTO container (id, resource, mounts, time, gone, addresses, input, engine, cluster, pod, roots, told)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    incident: db.prepare(
      `INSERT INTO incident (id, key, kind, entity, level, first, last, status, who, changed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
       entity = excluded.entity, who = excluded.who, level = excluded.level, first = excluded.first, last = excluded.last,
       status = excluded.status, changed = excluded.changed`,
    ),
    alert: db.prepare(
      `INSERT INTO alert (id, key, incident, strategy, rule, title, level, attack, entity, first, last, count, kept, status, posture, rating)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET level = excluded.level,
       rating = excluded.rating, entity = excluded.entity, first = excluded.first, last = excluded.last, count = excluded.count, kept = excluded.kept`,
    ),
    evidence: db.prepare('INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?)'),
    finding: db.prepare(
      'INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)',
    ),
    failure: db.prepare('INSERT INTO failure (reason, stream, position, sample, at) VALUES (?, ?, ?, ?, ?)'),
    counter: db.prepare(
      'INSERT INTO counter VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value',
    ),
    forgetContainer: db.prepare('DELETE FROM container WHERE id = ?'),
    sensorRun: db.prepare('INSERT OR REPLACE INTO sensor_run (run, body) VALUES (?, ?)'),
    view: db.prepare('INSERT OR REPLACE INTO container_view (key, body) VALUES (?, ?)'),
    creator: db.prepare(
      'INSERT INTO creator (object, body) VALUES (?, ?) ON CONFLICT (object) DO UPDATE SET body = excluded.body',
    ),
    forgetCreator: db.prepare('DELETE FROM creator WHERE object = ?'),
    wait: db.prepare('INSERT INTO waiting_event (n, body) VALUES (?, ?)'),
    waited: db.prepare('DELETE FROM waiting_event WHERE n = ?'),
    forgetView: db.prepare('DELETE FROM container_view WHERE key = ?'),
    forgetSensorRuns: db.prepare(
      'DELETE FROM sensor_run WHERE n <= (SELECT n FROM sensor_run ORDER BY n DESC LIMIT 1 OFFSET ?)',
    ),
    forgetContainers: db.prepare('DELETE FROM container WHERE gone IS NOT NULL AND gone < ?'),
    forgetBodies: db.prepare('DELETE FROM body WHERE n <= (SELECT max(n) FROM body) - ?'),
    forgetFailures: db.prepare('DELETE FROM failure WHERE n <= (SELECT max(n) FROM failure) - ?'),
    loadAlerts: db.prepare('SELECT * FROM alert WHERE key = ? AND first BETWEEN ? AND ?'),
    loadIncidents: db.prepare('SELECT * FROM incident WHERE key = ? AND last >= ? AND first <= ?'),
    close: db.prepare(
      "UPDATE alert SET status = 'closed', verdict = ?, note = ? WHERE id = ? AND status = 'open'",
    ),
    settle: db.prepare(
      `UPDATE incident SET status = 'closed', changed = ? WHERE id = (SELECT incident FROM alert WHERE id = ?)
       AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.incident = incident.id AND alert.status = 'open')`,
    ),
    openOf: db.prepare("SELECT id AS alert FROM alert WHERE incident = ? AND status = 'open' ORDER BY id"),
    settleIncident: db.prepare("UPDATE incident SET status = 'closed', changed = ? WHERE id = ?"),
    audit: db.prepare('INSERT INTO audit (at, actor, action, detail) VALUES (?, ?, ?, ?)'),
    meta: db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
  }
}

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { deserialize } from 'node:v8'
import type { Alert, Evidence, Incident, IncidentHead, Status, Verdict } from '../domain/alert.ts'
import type { Failure, Finding, FindingKind, HostMount, Resource } from '../domain/event.ts'
import { LEVELS, type Level, type Rating } from '../domain/match.ts'
import type {
  AddressLease,
  ContainerRow,
  CreatorRow,
  SensorRunRow,
  ViewRow,
  WaitingRow,
} from '../domain/state.ts'
import { axisOf } from './histogram.ts'
import { baselineReader } from './sqlite-baselines.ts'
import { coverageReader } from './sqlite-coverage.ts'
import { seenReader } from './sqlite-seen.ts'
import { outboxReader } from './sqlite-outbox.ts'
import { sizeOf } from './sqlite-retention.ts'
import type { Row } from './sqlite-row.ts'
import type { AlertQuery, IncidentQuery, Page, Reader, StreamRest, Totals } from './store.ts'

/** What one page holds at most, in characters of its evidence and alerts; the rest is the next page's. */
const PAGE_WEIGHT = 8 * 1_048_576
/** An alert as an incident lists it, about. */
const HEAD_WEIGHT = 256

interface Weighed<T> {
  readonly item: T
  readonly weight: number
}

export function rank(level: Level): number {
  return LEVELS.indexOf(level)
}

/** Runs `work` in one transaction; rolls back and throws on when it throws. */
export function transaction(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    work()
    db.exec('COMMIT')
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw cause
  }
}

/** Pieces as one; undefined where they do not follow on each other. */
function joined(pieces: readonly StreamRest[]): StreamRest | undefined {
  const [first] = pieces
  if (first === undefined) return undefined
  const bytes = Buffer.concat(pieces.map((piece) => piece.bytes))
  const last = pieces.at(-1) ?? first
  const isWhole = last.offset + last.bytes.length === first.offset + bytes.length
  return isWhole ? { offset: first.offset, bytes } : undefined
}

/** The questions that the store answers, over one connection. */
export function reader(db: DatabaseSync): Reader {
  const all = (sql: string, ...values: SQLInputValue[]): Row[] => db.prepare(sql).all(...values) as Row[]
  const one = (sql: string, ...values: SQLInputValue[]): Row | undefined =>
    db.prepare(sql).get(...values) as Row | undefined
  const evidenceOf = db.prepare('SELECT body FROM evidence WHERE alert = ? ORDER BY n')
  const alertsOf = db.prepare(
    'SELECT id, strategy, rule, title, level, count FROM alert WHERE incident = ? ORDER BY level DESC, first, id LIMIT 500',
  )

  const toAlert = (row: Row): Weighed<Alert> => {
    const bodies = evidenceOf.all(row['id'] ?? '').map(({ body }) => String(body))
    const evidence = bodies.map((body) => JSON.parse(body) as Evidence)
    return {
      item: { ...toAlertHead(row), evidence },
      weight: bodies.reduce((sum, { length }) => sum + length, 0),
    }
  }
  const toIncident = (row: Row): Weighed<Incident> => {
    const alerts = (alertsOf.all(row['id'] ?? '') as Row[]).map((alert) => ({
      id: String(alert['id']),
      strategy: String(alert['strategy']),
      rule: String(alert['title']),
      level: toLevel(alert['level']),
      count: Number(alert['count']),
    }))
    const attack = JSON.parse(String(row['attack'])) as string[]
    return {
      item: { ...toIncidentHead(row), count: Number(row['count']), attack, alerts },
      weight: alerts.length * HEAD_WEIGHT,
    }
  }
  const page = <T>(
    table: 'alert' | 'incident',
    where: Where,
    query: AlertQuery & IncidentQuery,
    build: (row: Row) => Weighed<T>,
  ): Page<T> => {
    const limit = Math.min(Math.max(1, query.limit ?? 100), 500)
    const cursor = parseCursor(query.after)
    const [beyond, order] = query.order === 'oldest' ? ['>', 'ASC'] : ['<', 'DESC']
    if (cursor !== undefined) where.add(`(last, id) ${beyond} (?, ?)`, ...cursor)
    // Which ones is found in an index alone; only the page's own rows are looked up: CROSS keeps it to that order.
    const rows = all(
      `SELECT ${table}.* FROM
         (SELECT id AS found FROM ${table} ${where.sql()} ORDER BY last ${order}, id ${order} LIMIT ?)
       CROSS JOIN ${table} ON id = found ORDER BY last ${order}, id ${order}`,
      ...where.values,
      limit + 1,
    )
    const items: T[] = []
    let weight = 0
    for (const row of rows.slice(0, limit)) {
      const built = build(row)
      items.push(built.item)
      weight += built.weight
      if (weight > PAGE_WEIGHT) break
    }
    const last = rows[items.length - 1]
    const more = rows.length > items.length && last !== undefined
    return { items, next: more ? `${String(last['last'])}.${String(last['id'])}` : undefined }
  }

  return {
    ...outboxReader(db),
    ...coverageReader(db),
    ...baselineReader(db),
    resume(input) {
      const checkpoint = one('SELECT value FROM checkpoint WHERE input = ?', input)
      const stream = db.prepare('SELECT offset, state FROM stream WHERE input = ? AND stream = ?')
      const body = db.prepare('SELECT length FROM body WHERE input = ? AND stream = ?')
      const pieces = db.prepare(
        'SELECT offset, bytes FROM stream_rest WHERE input = ? AND stream = ? ORDER BY offset',
      )
      const position = db.prepare('SELECT value FROM checkpoint WHERE input = ?')
      const find = (name: string): Row | undefined => stream.get(input, name) as Row | undefined
      return {
        checkpoint:
          checkpoint === undefined ? undefined : (JSON.parse(String(checkpoint['value'])) as unknown),
        offset: (name) =>
          numberOf(find(name)?.['offset'] ?? (body.get(input, name) as Row | undefined)?.['length']),
        state: (name) => jsonOf(find(name)?.['state']),
        rest: (name) => joined(pieces.all(input, name) as unknown as readonly StreamRest[]),
        position: (of) => jsonOf((position.get(of) as Row | undefined)?.['value']),
      }
    },
    seen: seenReader(db),
    container: (id) => mapped(one('SELECT * FROM container WHERE id = ?', id), toContainer),
    containers: () => all('SELECT * FROM container ORDER BY time').map(toContainer),
    creators: () =>
      all('SELECT body FROM creator ORDER BY n').map(({ body }) => JSON.parse(String(body)) as CreatorRow),
    waiting: () =>
      all('SELECT body FROM waiting_event ORDER BY n').map(
        ({ body }) => deserialize(body as unknown as Uint8Array) as WaitingRow,
      ),
    views: () =>
      all('SELECT body FROM container_view ORDER BY n').map(
        ({ body }) => JSON.parse(String(body)) as ViewRow,
      ),
    sensorRuns: () =>
      all('SELECT body FROM sensor_run ORDER BY n').map(
        ({ body }) => JSON.parse(String(body)) as SensorRunRow,
      ),
    alerts: (query = {}) => page('alert', alertFilter(query), query, toAlert),
    alert: (id) => mapped(one('SELECT * FROM alert WHERE id = ?', id), toAlert)?.item,
    alertIds: (prefix) =>
      idsOf(all('SELECT id FROM alert WHERE id >= ? AND id < ? LIMIT 10', prefix, `${prefix}\uffff`)),
    incidentIds: (prefix) =>
      idsOf(all('SELECT id FROM incident WHERE id >= ? AND id < ? LIMIT 10', prefix, `${prefix}\uffff`)),
    incidents: (query = {}) => page('incident', incidentFilter(query), query, toIncident),
    incident: (id) => mapped(one('SELECT * FROM incident WHERE id = ?', id), toIncident)?.item,
    histogram(query, now) {
      const where = incidentFilter(query)
      // The axis is the whole queue's: it stays where it is while somebody narrows what is counted on it.
      const whole = incidentFilter(query.kind === undefined ? {} : { kind: query.kind })
      const end = (which: 'min' | 'max'): number | undefined =>
        numberOf(one(`SELECT ${which}(last) AS end FROM incident ${whole.sql()}`, ...whole.values)?.['end'])
      const since = query.since ?? end('min') ?? query.until ?? now
      const until = query.until ?? (query.since === undefined ? (end('max') ?? now) : now)
      const { first, step, buckets } = axisOf(since, until)
      // Beyond the end lies what began before it and went on; a bucket of a histogram leaves nothing out.
      const rows = all(
        `SELECT CAST(min(max((last - ?) / ?, 0), ?) AS INTEGER) AS bucket, level, count(*) AS n FROM incident ${where.sql()} GROUP BY 1, 2`,
        first,
        step,
        buckets - 1,
        ...where.values,
      )
      const counts = Array.from({ length: buckets }, (): Partial<Record<Level, number>> => ({}))
      for (const { bucket, level, n } of rows) {
        const counted = counts[Number(bucket)]
        if (counted !== undefined) counted[toLevel(level)] = Number(n)
      }
      return {
        since: first,
        until: first + buckets * step,
        step,
        buckets: counts.map((each, n) => ({ time: first + n * step, counts: each })),
      }
    },
    findings: (limit = 500) =>
      all('SELECT * FROM finding ORDER BY at DESC, id LIMIT ?', limit).map(toFinding),
    failures: (limit = 100) =>
      all('SELECT * FROM failure ORDER BY n DESC LIMIT ?', limit).map((row): Failure => ({
        reason: String(row['reason']),
        stream: String(row['stream']),
        position: String(row['position']),
        sample: String(row['sample']),
      })),
    totals: () =>
      totalsOf(
        all('SELECT * FROM counter'),
        Number(one('SELECT count(*) AS n FROM alert WHERE posture = 0')?.['n'] ?? 0),
      ),
    auditTrail: (limit = 500) =>
      all('SELECT * FROM audit ORDER BY n DESC LIMIT ?', limit).map((row) => ({
        at: Number(row['at']),
        actor: String(row['actor']),
        action: String(row['action']),
        detail: JSON.parse(String(row['detail'])) as unknown,
      })),
    meta: (key) => mapped(one('SELECT value FROM meta WHERE key = ?', key), (row) => String(row['value'])),
    size: () => sizeOf(db),
    close: () => db.close(),
  }
}

/** An alert as its row has it: all but the evidence. */
export function toAlertHead(row: Row): Omit<Alert, 'evidence'> {
  return {
    id: String(row['id']),
    strategy: String(row['strategy']),
    rule: { id: String(row['rule']), title: String(row['title']) },
    level: toLevel(row['level']),
    ...(row['rating'] === null ? {} : { rating: JSON.parse(String(row['rating'])) as Rating }),
    attack: JSON.parse(String(row['attack'])) as string[],
    entity: JSON.parse(String(row['entity'])) as Resource,
    incident: String(row['incident']),
    first: Number(row['first']),
    last: Number(row['last']),
    count: Number(row['count']),
    status: row['status'] as Status,
    ...(row['verdict'] === null ? {} : { verdict: row['verdict'] as Verdict }),
  }
}

/** An incident by itself. */
export function toIncidentHead(row: Row): IncidentHead {
  return {
    id: String(row['id']),
    kind: row['kind'] as Incident['kind'],
    entity: JSON.parse(String(row['entity'])) as Resource,
    level: toLevel(row['level']),
    first: Number(row['first']),
    last: Number(row['last']),
    status: row['status'] as Status,
  }
}

function toFinding(row: Row): Finding {
  return {
    id: String(row['id']),
    kind: row['kind'] as FindingKind,
    about: String(row['about']),
    since: Number(row['since']),
    until: Number(row['until']),
    message: String(row['message']),
    ...(row['resource'] === null ? {} : { resource: JSON.parse(String(row['resource'])) as Resource }),
  }
}

function toLevel(value: Row[string] | undefined): Level {
  return LEVELS[Number(value)] ?? 'informational'
}

/** Conditions of a WHERE, joined by AND, with their values bound. */
class Where {
  readonly values: SQLInputValue[] = []
  readonly #conditions: string[] = []

  add(condition: string, ...values: readonly SQLInputValue[]): void {
    this.#conditions.push(condition)
    this.values.push(...values)
  }

  sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`
  }
}

function incidentFilter(query: IncidentQuery): Where {
  const where = new Where()
  const { strategy, entity, text = '' } = query
  const searches = text !== '' || strategy !== undefined || entity !== undefined
  if (query.kind !== undefined) where.add('kind = ?', query.kind)
  // Unary plus: a search looks through the index that holds what is searched, not through rows by status.
  if (query.status !== undefined) where.add(`${searches ? '+' : ''}status = ?`, query.status)
  if (query.level !== undefined) where.add('level >= ?', rank(query.level as Level))
  if (query.since !== undefined) where.add('last >= ?', query.since)
  if (query.until !== undefined) where.add('first <= ?', query.until)
  if (strategy !== undefined) where.add('instr(strategies, char(10) || ? || char(10)) > 0', strategy)
  if (entity !== undefined) where.add("who LIKE ? ESCAPE '\\'", containing(entity))
  if (text !== '') {
    const id = text.toLowerCase()
    where.add(
      `(who LIKE ? ESCAPE '\\' OR rules LIKE ? ESCAPE '\\' OR (id >= ? AND id < ?)
        OR id IN (SELECT incident FROM alert WHERE id >= ? AND id < ?))`,
      containing(text),
      containing(text),
      id,
      `${id}\uffff`,
      id,
      `${id}\uffff`,
    )
  }
  return where
}

function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

function alertFilter(query: AlertQuery): Where {
  const where = new Where()
  if (query.status !== undefined) where.add('status = ?', query.status)
  if (query.level !== undefined) where.add('level >= ?', rank(query.level as Level))
  if (query.since !== undefined) where.add('last >= ?', query.since)
  if (query.until !== undefined) where.add('first <= ?', query.until)
  if (query.text !== undefined && query.text !== '') {
    const searched = ['title', 'strategy', 'entity', 'id']
    const text = containing(query.text)
    where.add(
      `(${searched.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(' OR ')})`,
      ...searched.map(() => text),
    )
  }
  if (query.strategy !== undefined) where.add('strategy = ?', query.strategy)
  if (query.rule !== undefined) where.add('rule = ?', query.rule)
  // Unary plus: of several indexes the one of the strategy leaves least to look through.
  const posture = query.strategy === undefined ? 'posture' : '+posture'
  if (query.incident === undefined) where.add(`${posture} = ?`, query.posture === true ? 1 : 0)
  else where.add('incident = ?', query.incident)
  return where
}

function parseCursor(after: string | undefined): [number, string] | undefined {
  const dot = after?.indexOf('.') ?? -1
  if (after === undefined || dot <= 0) return undefined
  const last = Number(after.slice(0, dot))
  return Number.isSafeInteger(last) ? [last, after.slice(dot + 1)] : undefined
}

function totalsOf(rows: readonly Row[], alerts: number): Totals {
  const of = (kind: string): Record<string, number> =>
    Object.fromEntries(
      rows.filter((row) => row['kind'] === kind).map((row) => [String(row['name']), Number(row['value'])]),
    )
  const total = of('total')
  return {
    records: total['records'] ?? 0,
    evaluated: total['evaluated'] ?? 0,
    failed: total['failed'] ?? 0,
    duplicates: total['duplicates'] ?? 0,
    suppressed: of('suppressed'),
    late: of('late'),
    unattributed: of('unattributed'),
    sources: of('source'),
    failures: of('failure'),
    alerts,
  }
}

function idsOf(rows: readonly Row[]): readonly string[] {
  return rows.map(({ id }) => String(id))
}

function mapped<T>(row: Row | undefined, build: (row: Row) => T): T | undefined {
  return row === undefined ? undefined : build(row)
}

function numberOf(value: Row[string] | undefined): number | undefined {
  return value === undefined || value === null ? undefined : Number(value)
}

function jsonOf(value: Row[string] | undefined): unknown {
  return value === undefined || value === null ? undefined : JSON.parse(String(value))
}

function toContainer(row: Row): ContainerRow {
  return {
    id: String(row['id']),
    resource: JSON.parse(String(row['resource'])) as Resource,
    mounts: JSON.parse(String(row['mounts'])) as HostMount[],
    by: {
      input: String(row['input']),
      engine: row['engine'] === 1,
      ...(row['cluster'] === 1 && { cluster: true as const }),
    },
    ...(row['pod'] === null ? {} : { pod: JSON.parse(String(row['pod'])) as Resource }),
    time: Number(row['time']),
    ...(row['gone'] === null ? {} : { gone: Number(row['gone']) }),
    ...(row['addresses'] === null
      ? {}
      : { addresses: JSON.parse(String(row['addresses'])) as AddressLease[] }),
    ...(row['roots'] === null ? {} : { roots: JSON.parse(String(row['roots'])) as string[] }),
  }
}

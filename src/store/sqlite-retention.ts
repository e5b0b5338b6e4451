import type { DatabaseSync } from 'node:sqlite'
import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import type { OutboxEntry } from '../domain/notice.ts'
import type { Forgotten, RetentionBounds, RetentionWriter, StoreSize } from './retention.ts'
import type { Row } from './sqlite-row.ts'

/** Alerts that one part removes at most, with up to 20 events of 16 KiB each. */
const ALERTS_A_PART = 10
/** Small rows that one part removes at most, and rows that it looks through. */
const ROWS_A_PART = 500
const LOOKED_A_PART = 2_000
/** Containers that nobody told of for so long, and of which no input knows, ms. */
const UNHEARD = 90 * 86_400_000
/** Where the store is too large it is brought down to this share, so that it is not at its bound all the time. */
const ENOUGH = 0.95
const DAY = 86_400_000

type Removed = Omit<Forgotten, 'more' | 'full'>
const NOTHING: Removed = { closed: 0, open: 0, rows: 0, findings: [] }

/** One part of a stage: what it removed, and whether the stage goes on. */
interface Part {
  readonly removed: Removed
  readonly again: boolean
  readonly full?: true
}

export function sizeOf(db: DatabaseSync): StoreSize {
  const pragma = (name: string): number =>
    Number(Object.values(db.prepare(`PRAGMA ${name}`).get() as Row)[0] ?? 0)
  const free = pragma('freelist_count')
  const page = pragma('page_size')
  return { used: (pragma('page_count') - free) * page, free: free * page }
}

/** Removes what is old, stage by stage. `guarded` runs in one transaction of its own; `enqueue` belongs into it. */
export function retentionWriter(
  db: DatabaseSync,
  guarded: (work: () => void) => void,
  enqueue: (entries: readonly OutboxEntry[], at: number) => void,
): RetentionWriter {
  const sql = statements(db)
  /** A stage that looks through a table goes on behind the row that it looked at last. */
  let cursor: readonly [string, string] = ['', '']
  let stage = 0

  /** The incidents whose last change is longest ago, whole or in part, and what there was of them. */
  const incidents = (status: 'closed' | 'open', before: number): { span: Span; alerts: number } => {
    const span: Span = { incidents: 0, since: Infinity, until: -Infinity }
    let alerts = 0
    while (alerts < ALERTS_A_PART) {
      const row = sql.oldest.get(status, before) as Row | undefined
      if (row === undefined) break
      const id = String(row['id'])
      const ids = sql.alertsOf.all(id, ALERTS_A_PART - alerts) as { id: string }[]
      for (const alert of ids) {
        sql.dropEvidence.run(alert.id)
        sql.dropAlert.run(alert.id)
      }
      span.since = Math.min(span.since, Number(row['first']))
      span.until = Math.max(span.until, Number(row['last']))
      if (alerts + ids.length < ALERTS_A_PART) {
        sql.dropNotified.run(id)
        sql.dropIncident.run(id)
        span.incidents += 1
      }
      // an incident that lost its alerts before counts too: a part is bounded whatever it meets
      alerts += Math.max(1, ids.length)
    }
    return { span, alerts }
  }
  const closed = (before: number): Part => {
    const { span, alerts } = incidents('closed', before)
    return { removed: { ...NOTHING, closed: span.incidents }, again: alerts > 0 }
  }
  const open = (before: number, why: 'age' | 'size', at: number): Part => {
    const { span, alerts } = incidents('open', before)
    if (alerts === 0) return { removed: NOTHING, again: false }
    const finding = openRemoved(why, span, at)
    const { id, kind, about, since, until, message } = finding
    sql.finding.run(id, kind, about, since, until, message, at)
    return { removed: { ...NOTHING, open: span.incidents, findings: [finding] }, again: true }
  }
  const findings = (before: number): Part => {
    const ids = sql.oldFindings.all(before) as { id: string }[]
    for (const { id } of ids) {
      sql.dropNotified.run(id)
      sql.dropFinding.run(id)
    }
    return { removed: { ...NOTHING, rows: ids.length }, again: ids.length > 0 }
  }
  const letters = (before: number): Part => {
    const rows = Number(sql.dropDead.run(before).changes)
    return { removed: { ...NOTHING, rows }, again: rows > 0 }
  }
  /** Looks through a table once a pass and removes what `drop` does not want. */
  const sweep = (
    next: 'streams' | 'containers',
    drop: (row: Row, named: ReadonlySet<string>) => boolean,
  ): Part => {
    const looked = sql[next].all(...cursor) as Row[]
    const last = looked.at(-1)
    const named = looked.length === 0 ? new Set<string>() : namedInCheckpoints(sql.checkpoints.all() as Row[])
    const rows = looked.filter((row) => drop(row, named)).length
    const again = looked.length === LOOKED_A_PART
    cursor = again ? [String(last?.['input'] ?? ''), String(last?.['id'])] : ['', '']
    return { removed: { ...NOTHING, rows }, again }
  }
  const streams = (before: number): Part =>
    sweep('streams', ({ input, id, at, resumes }, named) => {
      // Without a checkpoint the offsets say it all: what is forgotten would be read again. Agents keep their own.
      if (Number(at) >= before || Number(resumes) === 0 || named.has(String(id))) return false
      return sql.dropStream.run(input ?? '', id ?? '').changes > 0
    })
  const containers = (before: number): Part =>
    sweep('containers', ({ id, told, gone }, named) => {
      if (Number(told) >= before || gone !== null || named.has(String(id))) return false
      return sql.dropContainer.run(id ?? '').changes > 0
    })
  let shrinking = false
  const size = (most: number, at: number): Part => {
    const { used } = sizeOf(db)
    shrinking = used > (shrinking ? most * ENOUGH : most)
    if (!shrinking) return { removed: NOTHING, again: false }
    const first = closed(Infinity)
    if (first.again) return first
    const then = open(Infinity, 'size', at)
    if (then.again) return then
    shrinking = false
    return { removed: NOTHING, again: false, ...(used > most && { full: true }) }
  }

  const stages: readonly ((bounds: RetentionBounds, at: number) => Part)[] = [
    (bounds, at) => closed(at - bounds.closed),
    (bounds, at) => open(at - bounds.open, 'age', at),
    (bounds, at) => findings(at - bounds.findings),
    (bounds, at) => letters(at - bounds.closed),
    // A name is free again only when nothing is left of what was made under it.
    (bounds, at) => streams(at - bounds.open - bounds.closed),
    (_bounds, at) => containers(at - UNHEARD),
    (bounds, at) => size(bounds.size, at),
  ]
  return {
    forget(bounds, at, told) {
      let part: Part = { removed: NOTHING, again: false }
      guarded(() => {
        part = stages[stage]?.(bounds, at) ?? part
        if (part.removed.findings.length > 0) enqueue(told(part.removed.findings), at)
      })
      if (!part.again) stage = (stage + 1) % stages.length
      return { ...part.removed, more: part.again || stage !== 0, full: part.full === true }
    },
  }
}

interface Span {
  incidents: number
  since: number
  until: number
}

/** One finding a day and reason, which grows: the interval of which the queue does not tell any more. */
function openRemoved(why: 'age' | 'size', { since, until }: Span, at: number): Finding {
  const because =
    why === 'age'
      ? 'nothing more happened to them for longer than retention.open'
      : 'the store reached retention.size, and nothing closed was left to remove'
  return {
    id: digest('retention', why, String(Math.floor(at / DAY))),
    kind: 'bound-reached',
    about: 'store',
    since,
    until,
    message: `incidents that nobody had closed were removed with their evidence: ${because}`,
  }
}

/** Whatever an input's own state names is in use: a stream whose file is there, a container that its engine knows. */
function namedInCheckpoints(rows: readonly Row[]): ReadonlySet<string> {
  const names = new Set<string>()
  const walk = (value: unknown): void => {
    if (typeof value === 'string') names.add(value)
    else if (Array.isArray(value)) value.forEach(walk)
    else if (typeof value === 'object' && value !== null) {
      for (const [key, each] of Object.entries(value)) {
        names.add(key)
        walk(each)
      }
    }
  }
  for (const { value } of rows) walk(JSON.parse(String(value)))
  return names
}

function statements(db: DatabaseSync) {
  return {
    oldest: db.prepare(
      'SELECT id, first, last FROM incident INDEXED BY incident_changed WHERE status = ? AND changed < ? ORDER BY changed LIMIT 1',
    ),
    alertsOf: db.prepare('SELECT id FROM alert WHERE incident = ? LIMIT ?'),
    dropEvidence: db.prepare('DELETE FROM evidence WHERE alert = ?'),
    dropAlert: db.prepare('DELETE FROM alert WHERE id = ?'),
    dropNotified: db.prepare('DELETE FROM notified WHERE subject = ?'),
    dropIncident: db.prepare('DELETE FROM incident WHERE id = ?'),
    finding: db.prepare(
      `INSERT INTO finding (id, kind, about, since, until, message, at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET since = min(since, excluded.since), until = max(until, excluded.until)`,
    ),
    oldFindings: db.prepare(`SELECT id FROM finding WHERE at < ? ORDER BY at LIMIT ${ROWS_A_PART}`),
    dropFinding: db.prepare('DELETE FROM finding WHERE id = ?'),
    // In the order of their ids, too: what a digest stands for goes before it does.
    dropDead: db.prepare(
      `DELETE FROM outbox WHERE id IN
         (SELECT id FROM outbox WHERE state = 'dead' AND settled < ? ORDER BY settled, id LIMIT ${ROWS_A_PART})`,
    ),
    checkpoints: db.prepare('SELECT value FROM checkpoint'),
    streams: db.prepare(
      `SELECT input, stream AS id, at, instr(input, '/') OR EXISTS (SELECT 1 FROM checkpoint WHERE checkpoint.input = stream.input) AS resumes
       FROM stream WHERE (input, stream) > (?, ?) ORDER BY input, stream LIMIT ${LOOKED_A_PART}`,
    ),
    dropStream: db.prepare('DELETE FROM stream WHERE input = ? AND stream = ?'),
    containers: db.prepare(
      `SELECT id, told, gone FROM container WHERE id > ?2 AND ?1 = '' ORDER BY id LIMIT ${LOOKED_A_PART}`,
    ),
    dropContainer: db.prepare('DELETE FROM container WHERE id = ?'),
  }
}

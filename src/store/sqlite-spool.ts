import { randomBytes } from 'node:crypto'
import { closeSync, openSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { chained, type Entry, type SpoolPlace } from '../domain/chained.ts'
import { UserError } from '../domain/errors.ts'
import type { Spool, SpooledEntries } from './spool.ts'
import { transaction } from './sqlite-reader.ts'

export interface SpoolOptions {
  readonly file: string
  /** Bytes of entries at most. */
  readonly bound: number
  /** Bytes of its file system that are left to others. */
  readonly keepFree: number
}

const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE checkpoint (input TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE stream (
    n INTEGER PRIMARY KEY, input TEXT NOT NULL, stream TEXT NOT NULL, offset INTEGER NOT NULL, UNIQUE (stream, input)
  );
  CREATE TABLE entry (
    n INTEGER PRIMARY KEY, at INTEGER NOT NULL, digest TEXT NOT NULL, weight INTEGER NOT NULL, head TEXT NOT NULL,
    body BLOB NOT NULL
  );
`
const VERSION = 1
/** What an entry takes beside its bytes. */
const OVERHEAD = 128
/** Streams of which is remembered how far they were delivered, those that were delivered last. */
const STREAMS = 200_000
/** Removing takes room before it makes any: so much is set aside for that. */
const RESERVE = 4 * 1024 * 1024
const PAGE = 4_096
/** Freed pages that stay in the file while it is used, and those that are given back at once. */
const FREE_PAGES = 4_096
const GIVEN_BACK = 2_048
const ACKNOWLEDGED = 'acknowledged'

/** A spool in one SQLite file. Throws a UserError where it cannot be used. */
export function openSpool({ file, bound, keepFree }: SpoolOptions): Spool {
  const reserve = `${file}.reserve`
  const db = openAnyway(file, reserve)
  const sql = statements(db)
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      throw spoolTrouble(file, cause)
    }
  }
  const meta = (key: string): string | undefined =>
    (sql.meta.get(key) as { value: string } | undefined)?.value
  const placeOf = (key: string): SpoolPlace => {
    const stored = meta(key)
    return stored === undefined ? START : (JSON.parse(stored) as SpoolPlace)
  }

  const weightBetween = (after: number, upTo: number): number =>
    (sql.weight.get(after, upTo) as { bytes: number | null }).bytes ?? 0

  let id = meta('id') ?? newId()
  if (meta('id') === undefined) guarded(() => sql.setMeta.run('id', id))
  let acknowledged = placeOf(ACKNOWLEDGED)
  const newest = sql.newest.get() as { n: number; digest: string } | undefined
  let last: SpoolPlace = newest === undefined ? acknowledged : { number: newest.n, digest: newest.digest }
  let bytes = weightBetween(acknowledged.number, last.number)

  const unused = (): number => (sql.unused.get() as { freelist_count: number }).freelist_count
  /** Whether so many bytes more would take what is left to others: pages that were freed take nothing. */
  const isCrowded = (more: number): boolean => {
    const grows = more - unused() * PAGE
    return grows > 0 && free(file) < keepFree + grows
  }
  const setAside = (): void => {
    try {
      if (statSync(reserve, { throwIfNoEntry: false }) === undefined && free(file) > keepFree + RESERVE)
        writeFileSync(reserve, Buffer.alloc(RESERVE), { mode: 0o600 })
    } catch {
      // there is no room for it now
      rmSync(reserve, { force: true })
    }
  }
  /** Also where the disk is full: by the room that was set aside. */
  const remove = (work: () => void): boolean => {
    for (const isLast of [false, true]) {
      try {
        transaction(db, work)
        return true
      } catch (cause) {
        if (!isFull(cause)) throw spoolTrouble(file, cause)
        if (!isLast) rmSync(reserve, { force: true })
      }
    }
    return false
  }
  setAside()

  return {
    append({ input, entries, checkpoint, offsets, at }) {
      const more = entries.reduce((sum, entry) => sum + weightOf(entry), 0)
      const isOver = bytes + more > bound && bytes > 0
      if (entries.length > 0 && (isOver || isCrowded(more))) return 'full'
      let place = last
      try {
        transaction(db, () => {
          for (const entry of entries) {
            place = { number: place.number + 1, digest: chained(place.digest, entry) }
            sql.entry.run(place.number, at, place.digest, weightOf(entry), entry.head, entry.body)
          }
          if (checkpoint !== undefined) sql.checkpoint.run(input, JSON.stringify(checkpoint))
          for (const [stream, offset] of offsets) sql.stream.run(input, stream, offset)
          if (offsets.size > 0) sql.forgetStreams.run(STREAMS)
        })
      } catch (cause) {
        if (isFull(cause)) return 'full'
        throw spoolTrouble(file, cause)
      }
      last = place
      bytes += more
      return 'kept'
    },
    resume(input) {
      const stored = sql.checkpointOf.get(input) as { value: string } | undefined
      return {
        checkpoint: stored === undefined ? undefined : (JSON.parse(stored.value) as unknown),
        offset: (stream) => (sql.offset.get(input, stream) as { offset: number } | undefined)?.offset,
      }
    },
    next(most, count): SpooledEntries {
      const entries: Entry[] = []
      let length = 0
      for (const row of sql.next.iterate(acknowledged.number, count) as Iterable<Entry>) {
        if (entries.length > 0 && length + weightOf(row) > most) break
        entries.push({ head: row.head, body: row.body })
        length += weightOf(row)
      }
      return { before: acknowledged, entries, last: last.number }
    },
    replaceOldest(entry) {
      let place = acknowledged
      const isReplaced = remove(() => {
        place = acknowledged
        const first = place.number + 1
        sql.replace.run(weightOf(entry), entry.head, entry.body, first)
        // each place is known by all that came before it
        for (let n = first; n <= last.number; n += 1) {
          const kept = sql.entryOf.get(n) as Entry | undefined
          if (kept === undefined) break
          place = { number: n, digest: chained(place.digest, kept) }
          sql.setDigest.run(place.digest, n)
        }
      })
      if (!isReplaced) return
      last = place
      bytes = weightBetween(acknowledged.number, last.number)
    },
    acknowledge(number) {
      const found = sql.digest.get(number) as { digest: string } | undefined
      if (number <= acknowledged.number || found === undefined) return
      bytes -= weightBetween(acknowledged.number, number)
      acknowledged = { number, digest: found.digest }
      const isRemoved = remove(() => {
        sql.setMeta.run(ACKNOWLEDGED, JSON.stringify(acknowledged))
        sql.forget.run(number)
      })
      if (!isRemoved) return
      const pages = unused()
      if (number === last.number && pages > GIVEN_BACK) {
        remove(() => db.exec('PRAGMA incremental_vacuum'))
        db.exec('PRAGMA wal_checkpoint')
      } else if (pages > FREE_PAGES) remove(() => db.exec(`PRAGMA incremental_vacuum(${GIVEN_BACK})`))
      setAside()
    },
    digest: (number) =>
      number === acknowledged.number
        ? acknowledged.digest
        : (sql.digest.get(number) as { digest: string } | undefined)?.digest,
    renew() {
      id = newId()
      remove(() => sql.setMeta.run('id', id))
    },
    state() {
      const oldest = sql.oldest.get(acknowledged.number) as { at: number } | undefined
      const { number } = acknowledged
      return { id, acknowledged: number, last: last.number, bytes, bound, oldest: oldest?.at }
    },
    close: () => db.close(),
  }
}

const START: SpoolPlace = { number: 0, digest: '' }

function newId(): string {
  return randomBytes(16).toString('hex')
}

function weightOf({ head, body }: Entry): number {
  return OVERHEAD + Buffer.byteLength(head) + body.length
}

/** What its file system has left, in bytes. */
function free(file: string): number {
  const { bavail, bsize } = statfsSync(dirname(file))
  return bavail * bsize
}

/** Also where the disk is full: it is written to a little at each start. */
function openAnyway(file: string, reserve: string): DatabaseSync {
  try {
    return open(file)
  } catch (cause) {
    if (!isFull(cause) || statSync(reserve, { throwIfNoEntry: false }) === undefined) throw cause
    rmSync(reserve)
    return open(file)
  }
}

function open(file: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    // what is spooled is not for every user of the machine
    closeSync(openSync(file, 'a', 0o600))
    db = new DatabaseSync(file, { timeout: 5_000 })
    // whoever sends is told that it was taken: it survives a power cut
    db.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;`)
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version > VERSION)
      throw new UserError(`the spool ${file} was written by a newer Tallyman`, {
        file,
        mend: 'run the newer version, or name another folder with --data',
      })
    if (version === 0) {
      const made = db
      transaction(made, () => {
        made.exec(SCHEMA)
        made.exec(`PRAGMA user_version = ${VERSION}`)
      })
    }
    return db
  } catch (cause) {
    db?.close()
    throw spoolTrouble(file, cause)
  }
}

/** No room on the disk: SQLite says so itself, or that it cannot write. */
function isFull(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    /disk is full|ENOSPC|disk I\/O error|unable to open database/i.test(cause.message)
  )
}

function spoolTrouble(file: string, cause: unknown): unknown {
  if (cause instanceof UserError || !(cause instanceof Error)) return cause
  const mend = /malformed|not a database/i.test(cause.message)
    ? 'the file is damaged: move it away; what it held is lost, and the inputs begin anew'
    : 'free space on its file system, and make its folder writable for this user, or name another with --data'
  return new UserError(`cannot use the spool ${file}: ${cause.message}`, { file, mend, cause })
}

function statements(db: DatabaseSync) {
  return {
    meta: db.prepare('SELECT value FROM meta WHERE key = ?'),
    setMeta: db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
    unused: db.prepare('PRAGMA freelist_count'),
    newest: db.prepare('SELECT n, digest FROM entry ORDER BY n DESC LIMIT 1'),
    oldest: db.prepare('SELECT at FROM entry WHERE n > ? ORDER BY n LIMIT 1'),
    weight: db.prepare('SELECT sum(weight) AS bytes FROM entry WHERE n > ? AND n <= ?'),
    entry: db.prepare('INSERT INTO entry (n, at, digest, weight, head, body) VALUES (?, ?, ?, ?, ?, ?)'),
    digest: db.prepare('SELECT digest FROM entry WHERE n = ?'),
    next: db.prepare('SELECT head, body FROM entry WHERE n > ? ORDER BY n LIMIT ?'),
    forget: db.prepare('DELETE FROM entry WHERE n <= ?'),
    replace: db.prepare('UPDATE entry SET weight = ?, head = ?, body = ? WHERE n = ?'),
    entryOf: db.prepare('SELECT head, body FROM entry WHERE n = ?'),
    setDigest: db.prepare('UPDATE entry SET digest = ? WHERE n = ?'),
    checkpoint: db.prepare(
      'INSERT INTO checkpoint VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    ),
    checkpointOf: db.prepare('SELECT value FROM checkpoint WHERE input = ?'),
    stream: db.prepare('INSERT OR REPLACE INTO stream (input, stream, offset) VALUES (?, ?, ?)'),
    offset: db.prepare('SELECT offset FROM stream WHERE input = ? AND stream = ?'),
    forgetStreams: db.prepare('DELETE FROM stream WHERE n <= (SELECT max(n) FROM stream) - ?'),
  }
}

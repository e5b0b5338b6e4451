import type { DatabaseSync } from 'node:sqlite'
import { IDENTITY_HORIZON, type SeenRow } from '../domain/state.ts'
import type { Row } from './sqlite-row.ts'

/**
 * Identities are looked up in memory alone, and read at a start. So those of a batch are one row, in the order in
 * which they came: a row of its own for each, in an index by its id, would cost more than to read the record. What
 * changes (what is kept until its thing is gone) has a row each.
 */
export function seenReader(db: DatabaseSync): (limit: number) => readonly SeenRow[] {
  const all = (sql: string, ...values: readonly number[]): Row[] => db.prepare(sql).all(...values) as Row[]
  return (limit) => {
    const kept = all('SELECT id, content, keep FROM seen ORDER BY n').map((row): SeenRow => ({
      id: String(row['id']),
      content: String(row['content']),
      keep: true,
      ...(row['keep'] === KEPT.watched && { watched: true }),
    }))
    const batches = all(
      'SELECT body FROM seen_batch WHERE upto > (SELECT max(upto) FROM seen_batch) - ? ORDER BY upto',
      limit,
    )
    const passing = batches.flatMap(({ body }) => JSON.parse(String(body)) as [string, string][])
    return [...kept, ...passing.slice(-limit).map(([id, content]) => ({ id, content, keep: false }))]
  }
}

/** Writes what a batch made known, within its transaction. */
export function seenWriter(
  db: DatabaseSync,
): (batch: { readonly seen: readonly SeenRow[]; readonly released: readonly string[] }) => void {
  const keep = db.prepare('INSERT OR REPLACE INTO seen (id, content, keep) VALUES (?, ?, ?)')
  const release = db.prepare('DELETE FROM seen WHERE id = ?')
  const add = db.prepare(
    'INSERT INTO seen_batch VALUES ((SELECT coalesce(max(upto), 0) FROM seen_batch) + ?, ?)',
  )
  const forget = db.prepare('DELETE FROM seen_batch WHERE upto <= (SELECT max(upto) FROM seen_batch) - ?')
  return ({ seen, released }) => {
    const passing: [string, string][] = []
    for (const { id, content, keep: isKept, watched } of seen) {
      if (isKept) keep.run(id, content, watched === true ? KEPT.watched : KEPT.told)
      else passing.push([id, content])
    }
    for (const id of released) release.run(id)
    if (passing.length === 0) return
    add.run(passing.length, JSON.stringify(passing))
    forget.run(IDENTITY_HORIZON)
  }
}

/** Kept as long as there is room, or until its engine tells that it is gone. */
const KEPT = { told: 1, watched: 2 } as const

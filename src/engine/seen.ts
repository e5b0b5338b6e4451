import type { SeenRow } from '../domain/state.ts'

/** `new`; `duplicate`, the same content again; `conflict`, other content under an id that should not change. */
export type Verdict = 'new' | 'duplicate' | 'conflict'

/**
 * Producers' identities of records, the newest of them: two generations, so that memory is bounded and
 * nothing younger than `horizon` records is forgotten. What is kept (a container's specification) stays until
 * its thing is gone, or `limit` others were looked for since: those that an engine watches do not make room for
 * those that anybody may tell of.
 */
export interface Seen {
  /** Remembers the identity and says what it is; `row` is what to remember on disk, undefined for a duplicate. */
  look(identity: {
    readonly id: string
    readonly content: string
    readonly changes?: boolean
    readonly watched?: boolean
  }): {
    readonly verdict: Verdict
    readonly row?: SeenRow
  }
  /** The thing behind a kept identity is gone: it need be remembered no longer than any other. */
  release(id: string): void
  /** What was released for want of room since the last call. */
  dropped(): readonly string[]
}

/** Contents that are remembered of one id: whoever chooses ids may choose them often. */
const CONTENTS = 16
/** As many as there are containers in the inventory. */
const KEPT = 100_000

export function createSeen(rows: readonly SeenRow[], horizon: number, limit = KEPT): Seen {
  const dropped = new Set<string>()
  const watched = createKept(limit, dropped)
  const told = createKept(limit, dropped)
  for (const row of rows) if (row.keep) (row.watched === true ? watched : told).put(row.id, row.content)
  let young = new Map(rows.filter((row) => !row.keep).map((row) => [row.id, row.content]))
  let old = new Map<string, string>()

  const remember = (id: string, content: string): SeenRow => {
    young.set(id, content)
    if (young.size >= horizon) [old, young] = [young, new Map()]
    return { id, content, keep: false }
  }
  return {
    look({ id, content, changes = false, watched: isWatched = false }) {
      if (changes) {
        if ((isWatched ? watched : told).put(id, content) === content) return { verdict: 'duplicate' }
        return { verdict: 'new', row: { id, content, keep: true, ...(isWatched && { watched: true }) } }
      }
      const known = young.get(id) ?? old.get(id)
      if (known === undefined) return { verdict: 'new', row: remember(id, content) }
      const contents = known.split(' ')
      if (contents.includes(content)) return { verdict: 'duplicate' }
      return { verdict: 'conflict', row: remember(id, [...contents, content].slice(-CONTENTS).join(' ')) }
    },
    release(id) {
      watched.delete(id)
      told.delete(id)
    },
    dropped() {
      const ids = [...dropped]
      dropped.clear()
      return ids
    },
  }
}

/** The newest `limit` identities and their contents; those that leave are added to `dropped`. */
function createKept(
  limit: number,
  dropped: Set<string>,
): {
  /** The content that it had. */
  put(id: string, content: string): string | undefined
  delete(id: string): void
} {
  // in the order in which they were put
  const kept = new Map<string, string>()
  /** A slice at once: to find the oldest costs more than to let it go. */
  const makeRoom = (): void => {
    for (const id of kept.keys()) {
      if (kept.size <= limit - Math.ceil(limit / 20)) return
      kept.delete(id)
      dropped.add(id)
    }
  }
  return {
    put(id, content) {
      const before = kept.get(id)
      kept.delete(id)
      kept.set(id, content)
      dropped.delete(id)
      if (kept.size > limit) makeRoom()
      return before
    },
    delete: (id) => void kept.delete(id),
  }
}

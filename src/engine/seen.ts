import type { SeenRow } from '../domain/state.ts'

/** `new`; `duplicate`, the same content again; `conflict`, other content under an id that should not change. */
export type Verdict = 'new' | 'duplicate' | 'conflict'

/**
 * Producers' identities of records, the newest of them: two generations, so that memory is bounded and
 * nothing younger than `horizon` records is forgotten. What is kept (a container's specification) stays until
 * its thing is gone.
 */
export interface Seen {
  /** Remembers the identity and says what it is; `row` is what to remember on disk, undefined for a duplicate. */
  look(identity: { readonly id: string; readonly content: string; readonly changes?: boolean }): {
    readonly verdict: Verdict
    readonly row?: SeenRow
  }
  /** The thing behind a kept identity is gone: it need be remembered no longer than any other. */
  release(id: string): void
}

/** Contents that are remembered of one id: whoever chooses ids may choose them often. */
const CONTENTS = 16

export function createSeen(rows: readonly SeenRow[], horizon: number): Seen {
  const kept = new Map(rows.filter((row) => row.keep).map((row) => [row.id, row.content]))
  let young = new Map(rows.filter((row) => !row.keep).map((row) => [row.id, row.content]))
  let old = new Map<string, string>()

  const remember = (id: string, content: string): SeenRow => {
    young.set(id, content)
    if (young.size >= horizon) [old, young] = [young, new Map()]
    return { id, content, keep: false }
  }
  return {
    look({ id, content, changes = false }) {
      if (changes) {
        if (kept.get(id) === content) return { verdict: 'duplicate' }
        kept.set(id, content)
        return { verdict: 'new', row: { id, content, keep: true } }
      }
      const known = young.get(id) ?? old.get(id)
      if (known === undefined) return { verdict: 'new', row: remember(id, content) }
      const contents = known.split(' ')
      if (contents.includes(content)) return { verdict: 'duplicate' }
      return { verdict: 'conflict', row: remember(id, [...contents, content].slice(-CONTENTS).join(' ')) }
    },
    release(id) {
      kept.delete(id)
    },
  }
}

/** Producer identities that are remembered at least: a record repeated later than this many others is evaluated again. */
export const IDENTITY_HORIZON = 150_000

/**
 * Producers' identities of records, the newest of them: two generations, so that memory is bounded and
 * nothing younger than `horizon` records is forgotten. What is kept (a container's specification) stays until
 * its thing is gone.
 */
export interface Seen {
  /** The thing behind a kept identity is gone: it need be remembered no longer than any other. */
  release(id: string): void
  /**
   * Remembers the identity and says what it is: `new`, `duplicate` (the same content), `conflict` (other
   * content under an id that should not change).
   */
  look(identity: {
    readonly id: string
    readonly content: string
    readonly changes?: boolean
  }): 'new' | 'duplicate' | 'conflict'
}

export function createSeen(
  rows: readonly { readonly id: string; readonly content: string; readonly keep: boolean }[],
  horizon: number,
): Seen {
  const kept = new Map(rows.filter((row) => row.keep).map((row) => [row.id, row.content]))
  let young = new Map(rows.filter((row) => !row.keep).map((row) => [row.id, row.content]))
  let old = new Map<string, string>()
  return {
    release(id) {
      const content = kept.get(id)
      if (content === undefined) return
      kept.delete(id)
      young.set(id, content)
    },
    look({ id, content, changes = false }) {
      const known = kept.get(id) ?? young.get(id) ?? old.get(id)
      if (known === content) return 'duplicate'
      if (changes) {
        young.delete(id)
        old.delete(id)
        kept.set(id, content)
        return 'new'
      }
      young.set(id, content)
      if (young.size >= horizon) [old, young] = [young, new Map()]
      return known === undefined ? 'new' : 'conflict'
    },
  }
}

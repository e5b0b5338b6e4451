import type { SpoolPlace } from '../domain/chained.ts'
import type { AgentHello, Beginning } from './agent-hello.ts'

/** How far an agent was read: committed with what its entries led to. */
export interface AgentPosition {
  readonly spool: string
  /** Up to here all of it is committed; and where the request began that led here. */
  readonly place: SpoolPlace
  readonly before: SpoolPlace
  /** When it was heard last, ms. */
  readonly contact: number
  /** Records that it said are lost, in all. */
  readonly lost: number
  readonly inputs: readonly { readonly name: string; readonly type: string }[]
}

/** Under which name an agent's position is kept; inputs have no such name. */
export function positionName(agent: string): string {
  return `${agent}/`
}

/** How a request goes on from what is committed. */
export type Following =
  /** So many of its first entries are committed already; `begins` where the spool is another one. */
  | { readonly kind: 'follows'; readonly repeated: number; readonly begins: Beginning | undefined }
  /** It does not: something in between is missing, or was otherwise before. */
  | { readonly kind: 'elsewhere' }

/**
 * Whether a request goes on where the agent was read to, or repeats the request before. A spool that is not known is
 * read from wherever it begins, if its agent says why.
 */
export function followingOf(hello: AgentHello, position: AgentPosition | undefined): Following {
  const { spool, before, begins } = hello
  if (position?.spool === spool) {
    if (isSame(before, position.place)) return { kind: 'follows', repeated: 0, begins: undefined }
    const repeated = position.place.number - position.before.number
    if (isSame(before, position.before)) return { kind: 'follows', repeated, begins: undefined }
    return { kind: 'elsewhere' }
  }
  if (begins !== undefined) return { kind: 'follows', repeated: 0, begins }
  // one that nothing is known of, from its first entry on
  if (position === undefined && before.number === 0) return { kind: 'follows', repeated: 0, begins: 'new' }
  return { kind: 'elsewhere' }
}

export function isSame(one: SpoolPlace, other: SpoolPlace): boolean {
  return one.number === other.number && one.digest === other.digest
}

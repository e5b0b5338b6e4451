import { createHash } from 'node:crypto'

/** What an agent's input delivered at once, as it is kept and sent: JSON, and the bytes that it speaks of. */
export interface Entry {
  readonly head: string
  readonly body: Uint8Array
}

/** A place in an agent's spool: the number of an entry, and a digest of all entries up to it. */
export interface SpoolPlace {
  readonly number: number
  /** 32 hex digits; empty before the first. */
  readonly digest: string
}

/** The digest of all entries up to this one; `before` is that of those before it. */
export function chained(before: string, { head, body }: Entry): string {
  const hash = createHash('sha256')
  hash.update(`${before}:${head.length}:`).update(head).update(body)
  return hash.digest('hex').slice(0, 32)
}

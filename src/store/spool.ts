import type { Entry, SpoolPlace } from '../domain/chained.ts'

/**
 * What an agent's inputs delivered and the daemon does not have yet, with where the inputs go on: one transaction
 * each time, on the disk when it returns.
 */
export interface Spool {
  /** Keeps it all, or nothing where there is no room. Throws a UserError where the spool is of no use. */
  append(kept: Kept): 'kept' | 'full'
  resume(input: string): SpoolResume
  /** The oldest entries that the daemon does not have, about so many bytes of them; one where there is any. */
  next(bytes: number, entries: number): SpooledEntries
  /** Something else stands in the place of the oldest entry that the daemon does not have. */
  replaceOldest(entry: Entry): void
  /** The daemon has all entries up to this one: they need no longer be kept. */
  acknowledge(number: number): void
  /** The digest of the entries up to this one, where it is still known. */
  digest(number: number): string | undefined
  /** Entries go on under another name: whoever knows the old one is to forget what it read of it. */
  renew(): void
  state(): SpoolState
  close(): void
}

/** What one batch of an input is kept as. */
export interface Kept {
  readonly input: string
  readonly entries: readonly Entry[]
  /** The input's own state (JSON), where it has one. */
  readonly checkpoint?: unknown
  /** Up to where streams were delivered. */
  readonly offsets: ReadonlyMap<string, number>
  /** ms. */
  readonly at: number
}

export interface SpoolResume {
  readonly checkpoint: unknown
  offset(stream: string): number | undefined
}

export interface SpooledEntries {
  /** What stands before the first of them. */
  readonly before: SpoolPlace
  readonly entries: readonly Entry[]
  /** The newest entry of the spool. */
  readonly last: number
}

export interface SpoolState {
  /** Made up at its beginning: numbers mean something within it. */
  readonly id: string
  readonly acknowledged: number
  readonly last: number
  /** Of entries, and at most. */
  readonly bytes: number
  readonly bound: number
  /** When the oldest entry was kept that the daemon does not have, ms. */
  readonly oldest: number | undefined
}

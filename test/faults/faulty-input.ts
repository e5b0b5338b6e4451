import type { Event } from '../../src/domain/event.ts'
import type { Input } from '../../src/inputs/input.ts'

/** An input, and a peer that tells it of things and goes wrong. */
export interface FaultyInput {
  /** The input, as a start of the daemon makes it. */
  input(): Input
  /** The peer tells of it. Resolves when the peer has nothing more to do for it: acknowledged, where there is such a thing. */
  tell(mark: string): Promise<void>
  /**
   * The peer tells of it and is cut in the middle of the record, then does what such a peer does. How many records
   * are lost to that, each of which is to be counted as a failure, and whether the mark comes all the same.
   */
  tellCut(mark: string): Promise<{ readonly failed: number; readonly comes: boolean }>
  /** The peer is restarted, with what it knew, or without. */
  restart(memory: 'kept' | 'lost'): Promise<void>
  /** Tells of the marks, with the garbage between them. How many failures that is to come to. */
  tellAmid(garbage: readonly Buffer[], marks: readonly string[]): Promise<number>
  /** Of an event that each record leads to once: its mark. */
  markOf(event: Event): string | undefined
  /** Bytes that a record may have; longer ones are garbage. */
  readonly longest: number
  /** The input ends with its peer: it is read on by the next start. */
  readonly endsWithPeer?: true
  /** Whether what is told while nobody listens comes afterwards, or is said to be lost. */
  readonly whileAway: 'comes' | 'lost'
  stop(): Promise<void>
}

/** Starts a peer in a folder of its own. */
export type StartFaulty = (folder: string) => Promise<FaultyInput>

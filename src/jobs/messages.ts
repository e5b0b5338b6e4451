import type { Fact, Failure, SourceName } from '../domain/event.ts'
import type { Match } from '../domain/match.ts'
import type { Joined } from '../inventory/inventory.ts'
import type { SharedRules } from '../sigma/sigma.ts'
import type { Evaluable } from '../loop/decide.ts'
import type { MappingFile } from '../mapping/mapping.ts'

/** What a worker is started with, before there are rules. */
export interface WorkerStart {
  /** A format that is read besides, before all others. */
  readonly mapping?: MappingFile
}

/** What the one writer asks of a worker; `number` names the batch. */
export type Work =
  /** The first: the rules, as data, because compiled ones are functions. */
  | { readonly kind: 'compile'; readonly rules: SharedRules }
  | ReadWork
  /** Read the batch again: what was guessed of its first stream was wrong. */
  | {
      readonly kind: 'again'
      readonly number: number
      readonly state: unknown
      /** What the stream's decoder had begun, before the batch's first byte. */
      readonly lead: Uint8Array
    }
  /** Evaluate these events, of whose containers this is known; the batch is dealt with then. */
  | {
      readonly kind: 'match'
      readonly number: number
      readonly events: readonly number[]
      readonly joined: readonly Joined[]
    }
  /** Nothing more is asked about the batch. */
  | { readonly kind: 'drop'; readonly number: number }

export interface ReadWork {
  readonly kind: 'read'
  readonly number: number
  /** When it came, ms: records that state no time have this one. */
  readonly now: number
  readonly pieces: readonly Piece[]
}

/** Consecutive bytes of one stream. Only the first of a batch goes on with a stream, and only the last is gone on with. */
export interface Piece {
  readonly stream: string
  readonly path?: string
  /** State to go on with; undefined at the stream's beginning. */
  readonly state?: unknown
  /**
   * Lines before the first: the state was guessed, and is what it would be before them. Reading them brings the
   * decoders to where they have to be.
   */
  readonly warmUp?: Span
  readonly spans: readonly Span[]
}

export interface Span {
  readonly offset: number
  readonly bytes: Uint8Array
  /** The stream ends with it. */
  readonly end?: true
}

export type Answer =
  | { readonly kind: 'read'; readonly number: number; readonly batch: ReadBatch }
  | { readonly kind: 'matched'; readonly number: number; readonly found: readonly Found[] }

/** What a worker made of a batch. Events are numbered through it; only those that matched are in it. */
export interface ReadBatch {
  readonly chunks: readonly ReadChunk[]
  /** Of the events that can be evaluated without knowing more of whose they are. */
  readonly found: readonly Found[]
  /** Where the reading of each piece ended. */
  readonly reached: readonly Reached[]
  /** Where the warm-up of the first piece had led. */
  readonly assumed?: Checkpoint
}

export interface Found {
  readonly event: number
  readonly matches: readonly Match[]
}

export interface Checkpoint {
  readonly offset: number
  readonly state: unknown
}

export interface Reached extends Checkpoint {
  readonly stream: string
  /** Bytes behind the offset that were read already; none of a stream that ended. */
  readonly rest: Uint8Array
}

/** What the records of one span mean, in columns: most records are nothing but their identity. */
export interface ReadChunk {
  readonly stream: string
  readonly path?: string
  /** Of each understood record: its source as its place in SOURCE_NAMES. */
  readonly sources: readonly number[]
  /** How many events it means. */
  readonly counts: readonly number[]
  /** Of its identity: bits (`IDENTITY`); where it has one, its texts. */
  readonly identities: readonly number[]
  readonly ids: readonly string[]
  readonly contents: readonly string[]
  readonly facts: readonly { readonly item: number; readonly facts: readonly Fact[] }[]
  /** What several records mean together: how many events, behind all of these. */
  readonly completed: readonly {
    readonly source: SourceName
    readonly count: number
    readonly facts: readonly Fact[]
  }[]
  /** Of each event. */
  readonly times: readonly number[]
  /** What else must be known of an event before it is evaluated, by its number in the chunk. */
  readonly evaluables: readonly { readonly event: number; readonly evaluable: Evaluable }[]
  readonly failures: readonly Failure[]
  readonly moreFailures: Readonly<Record<string, number>>
}

/** Bits of a record's identity. */
export const IDENTITY = { known: 1, changes: 2, watched: 4 } as const

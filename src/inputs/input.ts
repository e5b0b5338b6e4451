import type { Chunk, Finding, SourceName } from '../domain/event.ts'
import type { AgentStatus } from './agent-status.ts'
import type { Reach } from './reach.ts'
import type { Sender } from './senders.ts'

export type { Reach } from './reach.ts'

/** What an input hands to the loop at once: bytes of one stream, or of several. */
export interface InputBatch {
  readonly chunks: readonly Chunk[]
  /** What the input itself knows to be lost or unresolved. */
  readonly findings: readonly Finding[]
  /** Files or streams that could not be read at all; one failure each, or as many as `count` says. */
  readonly unreadable: readonly {
    readonly stream: string
    readonly reason: string
    readonly count?: number
  }[]
  /**
   * The input's own state after this batch (JSON), committed together with what the batch led to.
   * Undefined where the streams' offsets say it all.
   */
  readonly checkpoint?: unknown
  /** Whose batch it is, where an input hands on what those of other machines delivered. */
  readonly of?: Member
  /** How far the member's machine was read, committed together with what the batch led to. */
  readonly position?: { readonly of: string; readonly value: unknown }
  /**
   * Called once what the batch led to is committed, and would survive a power cut: only now may a sender be told
   * that it was taken. Never called for a batch whose commit fails. Must not throw.
   */
  readonly committed?: () => void
}

/** An input of another machine. */
export interface Member {
  /** Unique in a data folder: streams, coverage and findings stand under it. */
  readonly name: string
  readonly sources?: readonly SourceName[] | undefined
}

/** What is known about where to go on: the input's own checkpoint, and per stream the offset that is committed. */
export interface Resume {
  readonly checkpoint: unknown
  /** Asked at any time, it tells of what is committed then. */
  offset(stream: string): number | undefined
  /** How far another machine was read; asked at any time. */
  readonly position?: (of: string) => unknown
}

/** How bytes arrive. Knows no format. */
export interface Input {
  /** Unique in a data folder; checkpoints are stored under it. */
  readonly name: string
  /** Runs until the input ends or `signal` aborts. Waiting for the next batch to be asked for is the back-pressure. */
  read(resume: Resume, signal: AbortSignal): AsyncIterable<InputBatch>
  /**
   * Of an input that describes containers: whether those that are there are told and committed, or cannot be told
   * now.
   */
  readonly settled?: () => boolean
  /** How far it has come. An input that does not say promises nothing until it has ended. */
  readonly reach?: () => Reach
  /** Whether what it is to be read from is not there yet. */
  readonly awaited?: () => boolean
  /** Who sends, where others send; for people. */
  readonly senders?: () => readonly Sender[]
  /** The machines whose inputs it hands on. What each of those has reached counts, in place of its own. */
  readonly agents?: () => readonly AgentStatus[]
  /** Whether it hands on what an input of this name delivers, on whichever machine. */
  readonly handsOn?: (member: string) => boolean
}

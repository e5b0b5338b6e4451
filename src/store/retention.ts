import type { Finding } from '../domain/event.ts'
import type { OutboxEntry } from '../domain/notice.ts'

/** How long what is stored stays; ages in ms of wall-clock time. */
export interface RetentionBounds {
  /** Closed incidents since their last change, and notifications since they were given up. */
  readonly closed: number
  /** Open incidents since their last match. */
  readonly open: number
  readonly findings: number
  /** Bytes that the store may hold: beyond it what is closed for longest goes first, then what is open. */
  readonly size: number
}

/** What one part of a pass removed. */
export interface Forgotten {
  /** True until the pass is over. */
  readonly more: boolean
  /** Incidents that are gone with all of their alerts, and rows of everything else. */
  readonly closed: number
  readonly open: number
  readonly rows: number
  /** Written with the removal: what nobody had looked at is never removed silently. */
  readonly findings: readonly Finding[]
  /** The store holds more than it may, and nothing is left that may be removed. */
  readonly full: boolean
}

/** Removal of what is old, a bounded part at a time, so that commits never wait for it. The audit trail stays. */
export interface RetentionWriter {
  /** The next part of the pass that is under way, in one transaction; `told` says what sinks are told of findings. */
  forget(
    bounds: RetentionBounds,
    at: number,
    told: (findings: readonly Finding[]) => readonly OutboxEntry[],
  ): Forgotten
}

/** Bytes of the store's file: in use, and freed inside it for what comes next. */
export interface StoreSize {
  readonly used: number
  readonly free: number
}

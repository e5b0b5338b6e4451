import type { Notification, NotificationState, SinkSummary } from '../domain/notice.ts'
import type { Page } from './page.ts'

export interface NotificationQuery {
  readonly state?: NotificationState | undefined
  readonly sink?: string | undefined
  /** At most 500; 100 unless told. */
  readonly limit?: number | undefined
  /** Opaque, from the page before. */
  readonly after?: string | undefined
}

/** What decides a sink's next step. */
export interface OutboxState {
  /** The oldest that is due; one that reached some of its receivers only where no other is. */
  readonly head: Notification | undefined
  /** Since when it is tried: written, or asked for again. ms. */
  readonly since: number
  /** When the next is due where none is now. */
  readonly next: number | undefined
  /** Pending, and not in a digest; counted up to `atMost`. */
  readonly waiting: number
  /** Delivered one by one within the span, and when the first of them was. */
  readonly told: number
  readonly firstTold: number | undefined
  /** When the newest digest was written. */
  readonly lastDigest: number | undefined
}

/** Questions about the outbox. */
export interface OutboxReader {
  /** Newest first. */
  notifications(query?: NotificationQuery): Page<Notification>
  notification(id: number): Notification | undefined
  sinkSummaries(): readonly SinkSummary[]
  outboxState(
    sink: string,
    parts: { readonly now: number; readonly within: number; readonly atMost: number },
  ): OutboxState
}

/** What happens to rows of the outbox after they were committed. A digest takes the rows with it for which it stands. */
export interface OutboxWriter {
  delivered(id: number, at: number): void
  /** The attempt failed; another follows at `next`, for these receivers alone where the others have it. */
  postponed(id: number, next: number, error: string, receivers?: readonly string[]): void
  /** Given up: stays until somebody retries or dismisses it. */
  died(id: number, at: number, error: string): void
  /** Gives up what is older, the oldest 5,000; returns how many. */
  expire(sink: string, before: number, at: number, error: string): number
  /** Gives up what belongs to sinks that are no longer there, the oldest 5,000; returns how many. */
  abandon(known: readonly string[], at: number, error: string): number
  /** What waits for a sink's next attempt need not wait: after a start, or when somebody asks. The next 5,000. */
  hurry(sink: string, at: number): void
  /** One digest for what waits of a sink, the oldest 5,000. */
  gather(sink: string, at: number): void
  /** True if there was such a dead one. Writes the audit trail. */
  retryNotification(id: number, actor: string, at: number): boolean
  /** The same for all of a sink that are dead by then, the oldest 5,000; returns how many. */
  retrySink(sink: string, actor: string, at: number): number
  dismissNotification(id: number, actor: string, at: number): boolean
  /** Drops what was delivered before, and all but the newest; a part of it at a time: true where there may be more. */
  forgetDelivered(before: number): boolean
}

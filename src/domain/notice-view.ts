import { instant } from './alert-view.ts'
import type { Notice, Notification, NotificationState, SinkSummary } from './notice.ts'

/** A row of the outbox, as it leaves. */
export interface NotificationView {
  readonly id: string
  readonly sink: string
  readonly key: string
  readonly kind: Notice['kind']
  readonly alert?: string
  readonly incident?: string
  readonly state: NotificationState
  readonly attempts: number
  /** ISO 8601, UTC. */
  readonly created: string
  readonly next?: string
  readonly settled?: string
  readonly error?: string
  readonly digest?: string
  /** Whom alone it is still to reach. */
  readonly receivers?: readonly string[]
}

export function notificationView(row: Notification): NotificationView {
  const { id, sink, key, notice, incident, alert, state, attempts, created, next, settled, error } = row
  const { digest, receivers } = row
  return {
    id: String(id),
    sink,
    key,
    kind: notice.kind,
    ...(alert === undefined ? {} : { alert }),
    ...(incident === undefined ? {} : { incident }),
    state,
    attempts,
    created: instant(created),
    ...(next === undefined ? {} : { next: instant(next) }),
    ...(settled === undefined ? {} : { settled: instant(settled) }),
    ...(error === undefined ? {} : { error }),
    ...(digest === undefined ? {} : { digest: String(digest) }),
    ...(receivers === undefined ? {} : { receivers }),
  }
}

/** How one sink is doing, as it leaves. */
export interface SinkSummaryView {
  readonly sink: string
  readonly pending: number
  readonly delivered: number
  readonly dead: number
  readonly oldest?: string
  readonly failing?: { readonly attempts: number; readonly error: string; readonly next: string }
  readonly error?: string
}

export function sinkSummaryView({ oldest, failing, ...summary }: SinkSummary): SinkSummaryView {
  return {
    ...summary,
    ...(oldest === undefined ? {} : { oldest: instant(oldest) }),
    ...(failing === undefined ? {} : { failing: { ...failing, next: instant(failing.next) } }),
  }
}

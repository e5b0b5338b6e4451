import type { Notification } from '../domain/notice.ts'
import type { OutboxState } from '../store/outbox.ts'

/** What a sink's lane does next. */
export type Step =
  | { readonly kind: 'send'; readonly notification: Notification; readonly since: number }
  | { readonly kind: 'gather' }
  /** Until then, or until it is woken. */
  | { readonly kind: 'wait'; readonly until: number | undefined }

export interface StepParts {
  readonly now: number
  /** The sink is left alone until then: it failed. */
  readonly paused: number
  /** Messages within the span; more become one digest. */
  readonly over: number
  /** ms. */
  readonly within: number
}

/**
 * One by one, in order, and not more within the span than a person reads: what is beyond becomes one digest a span.
 * A digest that waits goes first, so that there is never more than one.
 */
export function nextStep(state: OutboxState, { now, paused, over, within }: StepParts): Step {
  const { head, since, next, waiting, told, firstTold, lastDigest } = state
  if (paused > now) return { kind: 'wait', until: paused }
  if (head === undefined) return { kind: 'wait', until: next }
  const send: Step = { kind: 'send', notification: head, since }
  if (head.notice.kind === 'digest') return send
  if (waiting > over) {
    const earliest = lastDigest === undefined ? now : lastDigest + within
    return now >= earliest ? { kind: 'gather' } : { kind: 'wait', until: earliest }
  }
  if (told >= over) return { kind: 'wait', until: (firstTold ?? now) + within }
  return send
}

/** The first pause after a failure, and the longest; ms. */
export const FIRST_PAUSE = 1_000
export const LONGEST_PAUSE = 300_000
/** A receiver that asks for longer is asked again after this, ms. */
const LONGEST_ASKED = 3_600_000

/**
 * How long a sink is left alone after so many failures in a row, ms: twice as long each time, a part of it by chance,
 * so that many senders do not come back at once; as long as it asks for where it does.
 */
export function pauseAfter(failures: number, retryAfter: number | undefined, random: () => number): number {
  const full = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 20))
  const pause = Math.round(full * (0.75 + random() / 4))
  return Math.max(pause, Math.min(retryAfter ?? 0, LONGEST_ASKED))
}

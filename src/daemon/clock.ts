import { setTimeout as sleep } from 'node:timers/promises'

/** Time, so that a test can have its own. */
export interface Clock {
  /** ms since the epoch. */
  readonly now: () => number
  /** Resolves after so many ms, or when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Timers hold 31 bits of ms. */
const LONGEST_WAIT = 2 ** 31 - 1

export const systemClock: Clock = {
  now: Date.now,
  wait: (ms, signal) =>
    sleep(Math.min(Math.max(0, ms), LONGEST_WAIT), undefined, { signal, ref: false }).catch(() => {}),
}

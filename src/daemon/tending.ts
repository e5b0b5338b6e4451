import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../domain/errors.ts'
import type { Finding } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'

/** Pauses before an input that failed is read again, ms; each is twice the one before. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000

/** What went wrong with an input, for people; hostile text. */
export interface InputTrouble {
  readonly message: string
  readonly mend: string
}

export interface Tending {
  /** See `PipelineParts.tend`: waits, longer each time, while what is told of the blind interval grows. */
  readonly tend: (input: string, cause: unknown, signal: AbortSignal) => AsyncGenerator<Finding>
}

interface Ward {
  /** When the input failed first without having been read for long since, ms. */
  readonly since: number
  readonly pause: number
  /** When it is read again, ms. */
  readonly again: number
}

/**
 * Looks after inputs that throw: one that cannot be read must not end the others. Each failure is told, is an
 * `unobserved-interval` that lasts until the input is read again, and is followed by another try.
 */
export function createTending({
  now,
  failed,
  again,
}: {
  readonly now: () => number
  readonly failed: (input: string, trouble: InputTrouble) => void
  readonly again: (input: string) => void
}): Tending {
  const wards = new Map<string, Ward>()
  return {
    async *tend(input, cause, signal) {
      const before = wards.get(input)
      // one that was read for longer than the longest pause had recovered
      const recovered = before === undefined || now() - before.again > LONGEST_PAUSE
      const since = recovered ? now() : before.since
      const pause = recovered ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, before.pause * 2)
      const trouble = troubleOf(cause)
      failed(input, trouble)
      yield blindFinding(input, trouble, since, now())
      await sleep(pause, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      yield blindFinding(input, trouble, since, now())
      wards.set(input, { since, pause, again: now() })
      again(input)
    },
  }
}

function troubleOf(cause: unknown): InputTrouble {
  const mend = cause instanceof UserError ? cause.mend : undefined
  return {
    message: cause instanceof Error ? cause.message : String(cause),
    mend: mend ?? 'if it lasts, this is a bug: please report it',
  }
}

/** The same finding as long as the input fails: its interval grows. */
function blindFinding(about: string, { message, mend }: InputTrouble, since: number, until: number): Finding {
  return {
    id: digest('input-failed', about, String(since)),
    kind: 'unobserved-interval',
    about,
    since,
    until,
    message: `not read, and tried again: ${message}; ${mend}`,
  }
}

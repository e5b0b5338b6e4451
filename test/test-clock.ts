import type { Clock } from '../src/daemon/clock.ts'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** Time that passes when a test says so. */
export interface TestClock extends Clock {
  /** To the next instant for which somebody waits, at most `until`; false where it is later. */
  readonly next: (until: number) => boolean
}

export function testClock(start: number): TestClock {
  let now = start
  const sleepers = new Set<Sleeper>()
  return {
    now: () => now,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) {
          resolve()
          return
        }
        const sleeper = {
          at: now + ms,
          wake: (): void => {
            sleepers.delete(sleeper)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal.addEventListener('abort', sleeper.wake, { once: true })
      }),
    next(until) {
      const first = Math.min(until, ...[...sleepers].map(({ at }) => at))
      now = first
      const due = [...sleepers].filter(({ at }) => at <= now)
      for (const { wake } of due) wake()
      return due.length > 0 && first < until
    },
  }
}

const SECOND = 1_000
/** Seconds that count. */
const SPAN = 60

/** How many a second, over the last minute (or since the first, while that is shorter). */
export interface Rate {
  add(count: number): void
  perSecond(): number
}

/** Counts in buckets of one second: sixty numbers, whatever comes. */
export function createRate(now: () => number): Rate {
  const counts = Array.from({ length: SPAN }, () => 0)
  const began = now()
  let last = Math.floor(began / SECOND)
  const advance = (): void => {
    const second = Math.floor(now() / SECOND)
    for (let passed = Math.max(last + 1, second - SPAN + 1); passed <= second; passed += 1)
      counts[passed % SPAN] = 0
    last = Math.max(last, second)
  }
  return {
    add(count) {
      advance()
      counts[last % SPAN] = (counts[last % SPAN] ?? 0) + count
    },
    perSecond() {
      advance()
      const seconds = Math.min(SPAN, Math.max(1, (now() - began) / SECOND))
      return counts.reduce((sum, count) => sum + count, 0) / seconds
    },
  }
}

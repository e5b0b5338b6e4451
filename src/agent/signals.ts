/** Wakes whoever waits for something to happen. */
export interface Signals {
  readonly give: () => void
  /** Resolves when it happens, after so many ms, or when the signal aborts. */
  readonly next: (within: number, signal: AbortSignal) => Promise<void>
}

export function createSignals(): Signals {
  const waiting = new Set<() => void>()
  return {
    give() {
      for (const wake of waiting) wake()
    },
    async next(within, signal) {
      if (signal.aborted) return
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, Math.max(0, within))
        waiting.add(done)
        signal.addEventListener('abort', done, { once: true })
      })
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { InputBatch, Resume } from './input.ts'
import { createFollower } from './follower.ts'
import type { ReadOptions } from './read-files.ts'

/** Changes are looked for so often, ms; less often where there is much to look at: 1,000 files take some 30 ms. */
const POLL = 250
const LONGEST_POLL = 2_000

/** Files as they grow, until the signal aborts. */
export async function* followFiles(
  options: ReadOptions,
  resume: Resume,
  signal: AbortSignal,
  /** Told when all was handed on that there was by then, ms. */
  caughtUp: (until: number) => void = () => {},
): AsyncGenerator<InputBatch> {
  const follower = createFollower(options, resume)
  try {
    while (!signal.aborted) {
      const began = performance.now()
      const there = Date.now()
      let delivered = false
      for await (const batch of follower.look()) {
        if (signal.aborted) return
        yield batch
        delivered = true
      }
      caughtUp(there)
      if (delivered) continue
      const pause = Math.min(LONGEST_POLL, Math.max(POLL, 20 * (performance.now() - began)))
      await sleep(pause, undefined, { signal }).catch(() => {})
    }
  } finally {
    await follower.close()
  }
}

import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Input } from './input.ts'

const LOOK_EVERY = 1_000

/** The input, read as soon as its socket or file is there. */
export function onceThere(path: string, input: Input): Input {
  return {
    name: input.name,
    async *read(resume, signal) {
      while (!existsSync(path)) {
        if (signal.aborted) return
        await sleep(LOOK_EVERY, undefined, { signal }).catch(() => {})
      }
      yield* input.read(resume, signal)
    },
  }
}

import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Input } from './input.ts'

const LOOK_EVERY = 1_000

/** Whether a socket is there: a folder of that name is what a bind mount of a missing socket leaves behind. */
export function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true
}

/** The input, read as soon as its socket is there. */
export function onceThere(socket: string, input: Input): Input {
  const { settled, reach } = input
  let isOpen = false
  return {
    name: input.name,
    awaited: () => !isOpen,
    // where no engine is nothing happens
    ...(reach && { reach: () => (isOpen ? reach() : { kind: 'caught-up', until: Date.now() }) }),
    ...(settled === undefined ? {} : { settled: () => settled() || !isSocket(socket) }),
    async *read(resume, signal) {
      while (!isSocket(socket)) {
        if (signal.aborted) return
        await sleep(LOOK_EVERY, undefined, { signal }).catch(() => {})
      }
      isOpen = true
      yield* input.read(resume, signal)
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Input } from '../inputs/input.ts'

/** An input, and what kind it is. */
export interface TypedInput {
  readonly type: string
  readonly input: Input
}

/** An engine that told nothing for so long has told what it had to, ms. */
const QUIET = 750
/** Files wait no longer, ms: an engine may be away. */
const PATIENCE = 10_000
const LOOK_EVERY = 50

/**
 * The same inputs, but files are read once the engines have told which containers there are: what a sensor wrote
 * while nobody read it is then told with the names and images of its containers.
 */
export function containersFirst(
  inputs: readonly TypedInput[],
  { quiet = QUIET, patience = PATIENCE }: { readonly quiet?: number; readonly patience?: number } = {},
): readonly TypedInput[] {
  if (!inputs.some(({ type }) => type === 'docker')) return inputs
  let begun: number | undefined
  let told = 0
  let isOpen = false
  const opened = async (signal: AbortSignal): Promise<void> => {
    while (!isOpen && !signal.aborted) {
      const now = performance.now()
      begun ??= now
      isOpen = now - Math.max(told, begun) >= quiet || now - begun >= patience
      if (!isOpen) await sleep(LOOK_EVERY, undefined, { signal }).catch(() => {})
    }
  }
  return inputs.map(({ type, input }) => {
    if (type === 'docker') return { type, input: telling(input, () => (told = performance.now())) }
    return type === 'file' ? { type, input: waiting(input, opened) } : { type, input }
  })
}

function telling(input: Input, tell: () => void): Input {
  return {
    ...input,
    async *read(resume, signal) {
      for await (const batch of input.read(resume, signal)) {
        tell()
        yield batch
        // the next one is asked for when this one is committed
        tell()
      }
    },
  }
}

function waiting(input: Input, opened: (signal: AbortSignal) => Promise<void>): Input {
  return {
    ...input,
    async *read(resume, signal) {
      await opened(signal)
      yield* input.read(resume, signal)
    },
  }
}

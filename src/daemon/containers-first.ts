import { setTimeout as sleep } from 'node:timers/promises'
import type { Input } from '../inputs/input.ts'

/** An input, and what kind it is. */
export interface TypedInput {
  readonly type: string
  readonly input: Input
}

/** Files wait no longer, ms: an engine may hang. */
const PATIENCE = 10_000
const LOOK_EVERY = 25

/**
 * The same inputs, but files are read once those that describe containers have told which there are, or cannot: what
 * a sensor wrote while nobody read it is then told with the names, images and mounts of its containers.
 */
export function containersFirst(inputs: readonly TypedInput[], patience = PATIENCE): readonly TypedInput[] {
  const describing = inputs.flatMap(({ input: { settled } }) => settled ?? [])
  if (describing.length === 0) return inputs
  let begun: number | undefined
  let isOpen = false
  const opened = async (signal: AbortSignal): Promise<void> => {
    while (!isOpen && !signal.aborted) {
      const now = performance.now()
      begun ??= now
      isOpen = describing.every((settled) => settled()) || now - begun >= patience
      if (!isOpen) await sleep(LOOK_EVERY, undefined, { signal }).catch(() => {})
    }
  }
  return inputs.map(({ type, input }) => ({ type, input: type === 'file' ? waiting(input, opened) : input }))
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

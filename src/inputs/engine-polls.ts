import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from './engine-api.ts'

/** Something that an engine is asked now and then; what it answers becomes lines of its stream. */
export interface Poll {
  /** ms from one answer to the next question. */
  readonly every: number
  readonly ask: (signal: AbortSignal) => Promise<readonly string[]>
}

/** Polls on their own time: events never wait for them. */
export interface Polls {
  /** The lines that wait. */
  take(): readonly string[]
}

/** So much waits to be taken; until then nothing more is asked. Characters. */
const MAX_WAITING = 32 * 1024 * 1024

/** Asks until the signal aborts, and tells when there are lines. What an engine does not answer is asked again when it is due. */
export function startPolls(polls: readonly Poll[], told: () => void, signal: AbortSignal): Polls {
  let lines: string[] = []
  let waiting = 0
  const run = async ({ every, ask }: Poll): Promise<void> => {
    while (!signal.aborted) {
      if (waiting < MAX_WAITING) {
        for (const line of await answered(ask, signal)) {
          lines.push(line)
          waiting += line.length
        }
        if (lines.length > 0) told()
      }
      await sleep(every, undefined, { signal }).catch(() => {})
    }
  }
  for (const poll of polls) void run(poll)
  return {
    take() {
      const taken = lines
      lines = []
      waiting = 0
      return taken
    },
  }
}

async function answered(ask: Poll['ask'], signal: AbortSignal): Promise<readonly string[]> {
  try {
    return await ask(signal)
  } catch (cause) {
    // that the engine is away shows by its events; what is not answered is seen by its absence
    if (cause instanceof EngineError || signal.aborted) return []
    throw cause
  }
}

/** Asks about each of many, some at a time. */
export async function someAtOnce<T, R>(
  items: readonly T[],
  atOnce: number,
  ask: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = []
  for (let from = 0; from < items.length; from += atOnce)
    answers.push(...(await Promise.all(items.slice(from, from + atOnce).map(ask))))
  return answers
}

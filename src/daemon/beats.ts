import type { Beat } from '../loop/pipeline.ts'
import type { Clock } from './clock.ts'

const EVERY = 1_000

/** A beat a second, so that correlations go on where no input does. */
export function beatsOf(clock: Pick<Clock, 'wait'>): (signal: AbortSignal) => AsyncIterable<Beat> {
  return async function* (signal) {
    for (;;) {
      await clock.wait(EVERY, signal)
      if (signal.aborted) return
      yield { beat: true }
    }
  }
}

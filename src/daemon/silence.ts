import type { PipelineParts } from '../loop/pipeline.ts'
import type { Clock } from './clock.ts'

/** Files wait for what the engines have to tell, and what was written meanwhile is to be read, ms. */
const STARTING = 15_000
const LOOK_EVERY = 1_000

/**
 * Looks after sensors that fell silent: nothing comes from a dead one that could tell it. Its interval grows as long
 * as it lasts; what began before a restart is told after it.
 */
export function watchSilence(clock: Pick<Clock, 'wait'>): PipelineParts['watch'] & {} {
  return async function* (overdue, signal) {
    await clock.wait(STARTING, signal)
    while (!signal.aborted) {
      yield* overdue()
      await clock.wait(LOOK_EVERY, signal)
    }
  }
}

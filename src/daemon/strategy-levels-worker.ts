import { parentPort, workerData } from 'node:worker_threads'
import { levelOfStrategy } from '../level-of-strategy.ts'
import type { ComputedLevel } from '../strategy/levels.ts'
import type { Strategy } from '../strategy/strategy.ts'

/** What the worker is given: every document, and the time at which reviews and filters are judged. */
export interface LevelsWork {
  readonly strategies: readonly Strategy[]
  readonly now: number
}

/** What it answers with, one document after the other. */
export interface LevelAnswer {
  readonly id: string
  readonly level: ComputedLevel
}

const { strategies, now } = workerData as LevelsWork
for (const strategy of strategies) {
  const answer: LevelAnswer = { id: strategy.id, level: await levelOfStrategy(strategy, strategies, now) }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread, not a window
  parentPort?.postMessage(answer)
}

import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Detection } from '../detection.ts'
import type { ComputedLevel } from '../strategy/levels.ts'
import type { Strategy } from '../strategy/strategy.ts'
import type { LevelAnswer, LevelsWork } from './strategy-levels-worker.ts'

/** Reviews fall due with time alone: levels older than this are computed again, ms. */
const STALE = 86_400_000

/** Beside this file, as source or as built. */
const WORKER = new URL(`strategy-levels-worker${extname(import.meta.filename)}`, import.meta.url)

export interface StrategyLevels {
  /** Computes what is not computed yet, before anybody asks. */
  readonly begin: () => void
  /** Undefined until it is computed. */
  readonly of: (strategy: Strategy) => ComputedLevel | undefined
  readonly stop: () => void
}

/**
 * How far each strategy is proven: its lint, and its tests, run with the engine that decides. That takes seconds,
 * so that a thread of its own does it, when first asked and after each reload: events and requests come first.
 */
export function strategyLevels({
  detection,
  now,
  report,
}: {
  readonly detection: () => Detection
  readonly now: () => number
  /** Told of what is a bug or broken I/O. */
  readonly report: (cause: unknown) => void
}): StrategyLevels {
  const levels = new Map<string, { readonly hash: string; readonly level: ComputedLevel }>()
  let [computed, at]: [Detection | undefined, number] = [undefined, 0]
  let worker: Worker | undefined

  const compute = ({ strategies }: Detection): void => {
    void worker?.terminate()
    const hashes = new Map(strategies.map(({ id, hash }) => [id, hash]))
    for (const id of levels.keys()) if (!hashes.has(id)) levels.delete(id)
    const work: LevelsWork = { strategies, now: now() }
    worker = new Worker(WORKER, { workerData: work })
    worker.unref()
    worker.on('message', ({ id, level }: LevelAnswer) =>
      levels.set(id, { hash: hashes.get(id) ?? '', level }),
    )
    worker.on('error', report)
  }
  const keepUp = (): void => {
    const current = detection()
    if (current === computed && now() < at + STALE) return
    ;[computed, at] = [current, now()]
    compute(current)
  }
  return {
    begin: keepUp,
    of(strategy) {
      keepUp()
      const known = levels.get(strategy.id)
      return known?.hash === strategy.hash ? known.level : undefined
    },
    stop: () => void worker?.terminate(),
  }
}

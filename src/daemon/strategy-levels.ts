import { setTimeout as sleep } from 'node:timers/promises'
import type { Detection } from '../detection.ts'
import { levelOfStrategy } from '../level-of-strategy.ts'
import type { ComputedLevel } from '../strategy/levels.ts'
import type { Strategy } from '../strategy/strategy.ts'

/** Reviews fall due with time alone: levels older than this are computed again, ms. */
const STALE = 86_400_000

/** Of the time, at most one part in so many is spent here: events and requests come first. */
const SHARE = 3
/** Work is not interrupted for less than this, ms. */
const SLICE = 10

/**
 * How far each strategy is proven: its lint, and its tests, run with the engine that decides. Computed beside
 * the loop, one document after the other, and again after a reload; until then a document has no level.
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
}): (strategy: Strategy) => ComputedLevel | undefined {
  let levels = new Map<string, { readonly hash: string; readonly level: ComputedLevel }>()
  let [computed, at]: [Detection | undefined, number] = [undefined, 0]

  const compute = async (current: Detection): Promise<void> => {
    const next: typeof levels = new Map()
    const pause = paced()
    for (const strategy of current.strategies) {
      await pause()
      if (computed !== current) return
      const level = await levelOfStrategy(strategy, current.strategies, now(), pause)
      next.set(strategy.id, { hash: strategy.hash, level })
      levels.set(strategy.id, { hash: strategy.hash, level })
    }
    levels = next
  }
  const keepUp = (): void => {
    const current = detection()
    if (current === computed && now() < at + STALE) return
    ;[computed, at] = [current, now()]
    compute(current).catch(report)
  }
  keepUp()
  return (strategy) => {
    keepUp()
    const known = levels.get(strategy.id)
    return known?.hash === strategy.hash ? known.level : undefined
  }
}

/** Waits twice as long as was worked since it waited last. */
function paced(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    const busy = performance.now() - since
    if (busy < SLICE) return
    await sleep(busy * (SHARE - 1), undefined, { ref: false })
    since = performance.now()
  }
}

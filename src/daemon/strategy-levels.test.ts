import { resolve } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { loadDetection } from '../detection.ts'
import { levelOfStrategy } from '../level-of-strategy.ts'
import { strategyLevels } from './strategy-levels.ts'

const STRATEGIES = resolve(import.meta.dirname, '../../strategies')
const now = (): number => Date.UTC(2026, 10, 21)

test('levels of the shipped strategies come beside other work, as the command line computes them', async () => {
  const loaded = await loadDetection({ strategies: STRATEGIES, rules: [], site: undefined, zone: 'UTC', now })
  const detection = { ...loaded, strategies: loaded.strategies.slice(0, 1) }
  const [strategy] = detection.strategies
  if (strategy === undefined) throw new Error('no strategy')
  const troubles: unknown[] = []
  const levels = strategyLevels({ detection: () => detection, now, report: (cause) => troubles.push(cause) })
  onTestFinished(levels.stop)
  expect(levels.of(strategy)).toBeUndefined()
  let turns = 0
  while (levels.of(strategy) === undefined && troubles.length === 0) {
    await turn()
    turns += 1
  }
  expect(troubles).toEqual([])
  expect(levels.of(strategy)).toEqual(await levelOfStrategy(strategy, detection.strategies, now()))
  // this thread was free all the while
  expect(turns).toBeGreaterThan(100)
  expect(levels.of({ ...strategy, hash: 'edited' })).toBeUndefined()
})

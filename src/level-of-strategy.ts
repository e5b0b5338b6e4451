import { firedBy } from './engine/fired-by.ts'
import { compilePredicate, repeatedCompiler } from './sigma/sigma.ts'
import { levelOf, type ComputedLevel } from './strategy/levels.ts'
import { lintStrategy } from './strategy/lint.ts'
import { parseStrategy } from './strategy/parse.ts'
import { runStrategyTests, testFindings, type TestResult } from './strategy/run-tests.ts'
import type { Strategy } from './strategy/strategy.ts'
import { readEvents } from './read-events.ts'

/** How far a document is proven: linted, and its tests run. */
export async function levelOfStrategy(
  strategy: Strategy,
  others: readonly Strategy[],
  now: number,
): Promise<ComputedLevel> {
  const compile = repeatedCompiler()
  const results = await testResults(strategy, compile)
  const findings = lintStrategy(parseStrategy(strategy.file, strategy.text), {
    now,
    others,
    compile,
  })
  return levelOf(strategy, [...findings, ...testFindings(strategy, results)], results)
}

/** Runs the tests of one document with the real engine and the real sources. */
export function testResults(
  strategy: Strategy,
  compile = repeatedCompiler(),
): Promise<readonly TestResult[]> {
  return runStrategyTests(strategy, {
    compile,
    predicate: compilePredicate,
    readEvents,
    correlate: firedBy,
  })
}

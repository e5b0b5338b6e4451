import type { TestResult } from './test-result.ts'
import { isExecutable } from './strategy.ts'
import type { LintFinding, Strategy } from './strategy.ts'

/** How far a strategy is proven. Computed, never declared. */
export const STRATEGY_LEVELS = ['L0', 'L1', 'L2', 'L3', 'L4', 'L5'] as const
export type StrategyLevel = (typeof STRATEGY_LEVELS)[number]

/** The level that a finding keeps a document from. One that is not listed keeps it from none. */
export const LEVEL_OF_FINDING: Readonly<Record<string, StrategyLevel>> = {
  ADS004: 'L0',
  ADS005: 'L0',
  ADS006: 'L0',
  ADS001: 'L1',
  ADS010: 'L1',
  ADS011: 'L1',
  ADS012: 'L1',
  ADS013: 'L1',
  ADS014: 'L1',
  ADS015: 'L1',
  ADS019: 'L1',
  ADS020: 'L2',
  ADS021: 'L2',
  ADS022: 'L2',
  ADS032: 'L2',
  ADS043: 'L3',
  ADS050: 'L3',
  ADS051: 'L3',
  ADS052: 'L3',
  ADS053: 'L3',
  ADS057: 'L4',
  ADS058: 'L4',
  ADS059: 'L4',
  ADS030: 'L5',
  ADS033: 'L5',
  ADS042: 'L5',
  ADS090: 'L5',
  ADS091: 'L5',
}

export interface ComputedLevel {
  /** Undefined for a document that does not even parse. */
  readonly level: StrategyLevel | undefined
  /** What is missing for the next level; never empty below L5. */
  readonly missing: readonly string[]
}

/**
 * The level that a document has by itself: L0 to L3. L4 and L5 need emulations and live state, which are not the
 * document's; for them it says what is missing. `results` are those of `runStrategyTests`.
 */
export function levelOf(
  strategy: Strategy,
  findings: readonly LintFinding[],
  results: readonly TestResult[],
): ComputedLevel {
  let reached: StrategyLevel | undefined
  for (const level of ['L0', 'L1', 'L2', 'L3'] as const) {
    const missing = [...blocking(findings, level), ...needs(level, strategy, results)]
    if (missing.length > 0) return { level: reached, missing }
    reached = level
  }
  const emulated = strategy.emulations.some((emulation) => emulation.runner !== 'replay')
  const missing = emulated
    ? 'an emulation that raised its alert in time and cleaned up'
    : 'a block ads:emulate'
  return { level: reached, missing: [...blocking(findings, 'L4'), missing] }
}

function blocking(findings: readonly LintFinding[], level: StrategyLevel): string[] {
  return findings
    .filter((finding) => finding.severity !== 'hint' && LEVEL_OF_FINDING[finding.id] === level)
    .map((finding) => `${finding.id} line ${finding.line}: ${finding.message}`)
}

function needs(level: StrategyLevel, strategy: Strategy, results: readonly TestResult[]): string[] {
  if (level === 'L2') {
    return isExecutable(strategy) && strategy.rules.length > 0 ? [] : ['a block ads:rules that compiles']
  }
  if (level !== 'L3') return []
  if (results.length === 0) return ['tests that ran']
  return results.filter((result) => !result.pass).map((result) => `${result.id}: ${result.message}`)
}

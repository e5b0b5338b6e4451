import type { CompileRules } from './compile-rules.ts'
import { LEVEL_OF_FINDING } from './levels.ts'
import type { StrategyLevel } from './levels.ts'
import { lintAssumptions } from './lint-assumptions.ts'
import { lintAttack } from './lint-attack.ts'
import { lintClaims } from './lint-claims.ts'
import { lintCommands } from './lint-commands.ts'
import type { Check, LintContext } from './lint-context.ts'
import { lintFields } from './lint-fields.ts'
import { lintHeadings } from './lint-headings.ts'
import { lintResponse } from './lint-response.ts'
import { lintRules } from './lint-rules.ts'
import { lintValidation } from './lint-validation.ts'
import type { ParsedStrategy } from './parse.ts'
import { readProse } from './prose.ts'
import { isExecutable } from './strategy.ts'
import type { LintFinding, Strategy } from './strategy.ts'

export interface LintOptions {
  /** ms since the epoch: what has expired by then has. */
  readonly now: number
  /** IANA zone in which days end; UTC unless told. */
  readonly zone?: string
  /** What is missing for this level becomes an error, also in a prose-only document. */
  readonly level?: StrategyLevel
  /** The other documents: no two may have the same goal. */
  readonly others?: readonly Strategy[]
  readonly compile: CompileRules
  /** Whether a file that a command names lies beside the document; none does unless told. */
  readonly exists?: (path: string) => boolean
}

const CHECKS: readonly Check[] = [
  lintHeadings,
  lintAttack,
  lintRules,
  lintFields,
  lintClaims,
  lintAssumptions,
  lintCommands,
  lintValidation,
  lintResponse,
]

/**
 * Everything about one document that can be told from the document: what the parser found, and the checks, in the
 * order of their lines. In a prose-only document nothing is worse than a warning unless `level` asks for more.
 */
export function lintStrategy(parsed: ParsedStrategy, options: LintOptions): readonly LintFinding[] {
  const { strategy } = parsed
  // a document that could not be read at all has nothing more to say
  if (parsed.findings.some((finding) => finding.id === 'ADS006')) return parsed.findings
  const context = contextOf(strategy, options)
  const found = [...parsed.findings, ...CHECKS.flatMap((check) => check(context))]
  const judged = found.map((finding) => judge(finding, context.executable, options.level))
  return judged.sort((a, b) => a.line - b.line || a.column - b.column || a.id.localeCompare(b.id))
}

function contextOf(strategy: Strategy, options: LintOptions): LintContext {
  const executable = isExecutable(strategy)
  const { ruleset, refused } = options.compile(strategy.rules, { lists: new Map() })
  return {
    strategy,
    prose: readProse(strategy),
    executable,
    wrong: executable ? 'error' : 'warning',
    now: options.now,
    zone: options.zone ?? 'UTC',
    others: options.others ?? [],
    exists: options.exists ?? (() => false),
    rules: ruleset.rules,
    refused,
    section: (name) => strategy.sections.find((section) => section.name === name),
    finding(id, severity, at, message, mend) {
      const { line, column } = typeof at === 'number' ? { line: at, column: 1 } : at
      return { id, severity, file: strategy.file, line, column, message, mend }
    },
  }
}

function judge(finding: LintFinding, executable: boolean, level: StrategyLevel | undefined): LintFinding {
  const needed = LEVEL_OF_FINDING[finding.id]
  if (level !== undefined && needed !== undefined && needed <= level && finding.severity !== 'hint') {
    return { ...finding, severity: 'error' }
  }
  return !executable && finding.severity === 'error' ? { ...finding, severity: 'warning' } : finding
}

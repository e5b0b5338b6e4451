import { parseCondition } from './condition.ts'
import type { Condition } from './condition.ts'
import { mistake, quote } from './problem.ts'
import type { Position, Report } from './problem.ts'

const WORDS = /[A-Za-z0-9_*.-]+/g
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'not'])

/**
 * Parses a temporal correlation's condition: names of rules, `and`, `or`, `not` and parentheses, with the
 * precedence that they have in a rule's condition. Undefined if the report tells why not.
 */
export function parseExpression(source: string, at: Position, report: Report): Condition | undefined {
  const names = [...new Set(source.match(WORDS) ?? [])].filter((word) => !OPERATORS.has(word))
  const wrong = names.find((name) => !NAME.test(name) || name === 'of')
  if (wrong !== undefined) {
    report.mistakes.push(
      mistake(
        at,
        `condition: ${quote(wrong)} is no name that an expression can use`,
        'name rules by letters, digits and _ (name: rule_a), combined with and, or, not',
      ),
    )
    return undefined
  }
  return parseCondition(source, names, at, report)
}

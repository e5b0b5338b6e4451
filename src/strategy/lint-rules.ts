import { quoted } from './lint-context.ts'
import type { Check } from './lint-context.ts'

/** Rules that do not compile, and rules that another one silences: 021, 023. */
export const lintRules: Check = (context) => [
  ...context.refused.map((problem) =>
    context.finding('ADS021', 'error', problem, problem.message, problem.mend ?? 'Correct the rule.'),
  ),
  ...context.rules.flatMap((rule) =>
    rule.signalOf === undefined || rule.level === 'informational'
      ? []
      : [
          context.finding(
            'ADS023',
            'hint',
            rule.line,
            `the rule ${quoted(rule.title)} raises no alert itself: ${quoted(rule.signalOf[0] ?? '')} takes its matches`,
            'Write level: informational, or generate: true in the one that takes them where it should alert as well.',
          ),
        ],
  ),
]

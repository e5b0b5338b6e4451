import { EXTENSIONS, RESOURCE_ATTRIBUTES, SIGMA_CATEGORIES } from '../domain/fields.ts'
import type { LoadedRule } from '../sigma/sigma.ts'
import { quoted } from './lint-context.ts'
import type { Check } from './lint-context.ts'

/** Rules that do not compile, fields that no declared source has, rules that a correlation silences: 021–023. */
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
  ...context.rules.flatMap((rule) =>
    unknownFields(rule, context.rules).map((field) =>
      context.finding(
        'ADS022',
        'error',
        rule.line,
        `no source of ${quoted(rule.logsource.category ?? 'this log source')} has the field ${quoted(field)}`,
        'See the field catalogue: docs/fields.md.',
      ),
    ),
  ),
]

/**
 * Categories of ours, and those of Sigma as Linux and the network fill them, have a closed list of fields; other log
 * sources have the fields of their own records.
 */
function unknownFields(rule: LoadedRule, rules: readonly LoadedRule[]): readonly string[] {
  const { baseline } = rule
  if (baseline !== undefined)
    return baseline.inputs.flatMap((input) => unknownIn(input.rule, rule.fields.filter(isRead), rules))
  // a correlation reads the fields of its rules' events
  if (rule.correlation !== undefined)
    return rule.correlation.inputs.flatMap((input) =>
      unknownIn(input.rule, input.groupBy.filter(isRead), rules),
    )
  const { category = '', product = 'linux' } = rule.logsource
  const fields = EXTENSIONS[category] ?? (product === 'linux' ? SIGMA_CATEGORIES[category] : undefined)
  if (fields === undefined) return []
  return rule.fields.filter(
    (field) => !Object.hasOwn(fields, field) && !Object.hasOwn(RESOURCE_ATTRIBUTES, field),
  )
}

/** Of fields that something reads from the events of one of its rules; firings of others have fields of their own. */
function unknownIn(id: string, fields: readonly string[], rules: readonly LoadedRule[]): readonly string[] {
  const input = rules.find(
    (other) => other.id === id && other.correlation === undefined && other.baseline === undefined,
  )
  return input === undefined ? [] : unknownFields({ ...input, fields }, rules)
}

/** Groups by whom an event is about are of no field. */
function isRead(field: string): boolean {
  return field !== 'entity' && field !== 'workload'
}

import { EXTENSIONS, RESOURCE_ATTRIBUTES } from '../domain/fields.ts'
import type { LoadedRule } from '../sigma/sigma.ts'
import { quoted } from './lint-context.ts'
import type { Check } from './lint-context.ts'

/** Rules that do not compile, and fields that no declared source has: 021, 022. */
export const lintRules: Check = (context) => [
  ...context.refused.map((problem) =>
    context.finding('ADS021', 'error', problem, problem.message, problem.mend ?? 'Correct the rule.'),
  ),
  ...context.rules.flatMap((rule) =>
    unknownFields(rule).map((field) =>
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

/** Only categories of ours have a closed list of fields; other log sources have the fields of their own records. */
function unknownFields(rule: LoadedRule): readonly string[] {
  const fields = rule.logsource.category === undefined ? undefined : EXTENSIONS[rule.logsource.category]
  if (fields === undefined) return []
  return rule.fields.filter(
    (field) => !Object.hasOwn(fields, field) && !Object.hasOwn(RESOURCE_ATTRIBUTES, field),
  )
}

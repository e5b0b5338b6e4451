import type { ParsedRule } from './rule.ts'
import type { RuleText } from './types.ts'

/** A rule and the text that it stands in. */
export interface SourcedRule {
  readonly rule: ParsedRule
  readonly text: RuleText
}

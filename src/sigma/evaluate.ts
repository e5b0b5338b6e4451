import type { Problem } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import { compileRules, sharedReaders } from './compile.ts'
import { explainRule } from './explain.ts'
import type { Explanation } from './explain.ts'
import { readLibrary } from './library.ts'
import type { Lists } from './types.ts'

/** Whether any rule of the text holds on the record, or why the text was refused. */
export type Evaluation =
  | { readonly kind: 'holds' | 'silent' }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/**
 * Evaluates Sigma text on one record as if the record came from the log source that each rule is for, its fields
 * being those of the record. For rule authors and test suites.
 */
export function evaluate(text: string, record: unknown, lists: Lists = new Map()): Evaluation {
  const { ruleset, refused } = compileRules([{ file: 'rule', text, line: 1, strategy: 'sigma' }], { lists })
  if (refused.length > 0) return { kind: 'refused', problems: refused }
  const holds = ruleset.rules.some(({ id, logsource }) =>
    ruleset.match({ ...eventOf(record), logsource }).some(({ rule }) => rule.id === id),
  )
  return { kind: holds ? 'holds' : 'silent' }
}

/** Why each rule of the text holds on the record, or does not. */
export function explain(
  text: string,
  record: unknown,
  lists: Lists = new Map(),
):
  | { readonly rules: readonly { readonly title: string; readonly conditions: readonly Explanation[] }[] }
  | { readonly problems: readonly Problem[] } {
  const { rules, refused } = readLibrary([{ file: 'rule', text, line: 1, strategy: 'sigma' }], lists)
  if (refused.length > 0) return { problems: refused }
  const readers = sharedReaders()
  const event = eventOf(record)
  return {
    rules: rules.map(({ rule }) => ({
      title: rule.attributes.title,
      conditions: explainRule(rule, event, readers),
    })),
  }
}

function eventOf(record: unknown): Event {
  return { id: 'record', time: 0, source: 'falco', logsource: {}, resource: {}, record, mapping: {} }
}

import { deserialize, serialize } from 'node:v8'
import type { ParsedRule } from './rule.ts'
import type { SourcedRule } from './sourced-rule.ts'

/** Rules that were read, as bytes that any thread can make them from: a tenth of what it costs to read them again. */
export type SharedRules = SharedArrayBuffer

/** A rule without its text, and whose it is. */
export interface SharedRule {
  readonly rule: ParsedRule
  readonly text: { readonly file: string; readonly strategy: string }
}

/** Rules are data until they are compiled. */
export function shareRules(rules: readonly SourcedRule[]): SharedRules {
  const told: readonly SharedRule[] = rules.map(({ rule, text: { file, strategy } }) => ({
    rule,
    text: { file, strategy },
  }))
  const bytes = serialize(told)
  const shared = new SharedArrayBuffer(bytes.length)
  new Uint8Array(shared).set(bytes)
  return shared
}

/** The rules of `shareRules`; of bytes from elsewhere nothing is known. */
export function sharedRulesOf(shared: SharedRules): readonly SharedRule[] {
  return deserialize(new Uint8Array(shared)) as readonly SharedRule[]
}

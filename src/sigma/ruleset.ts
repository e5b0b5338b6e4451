import type { Event } from '../domain/event.ts'
import type { Match, MatchedField, RuleRef } from '../domain/match.ts'
import { routing } from './logsource.ts'
import type { Readers } from './predicate.ts'
import { prefilterOf } from './prefilter.ts'
import type { ParsedRule } from './rule.ts'
import type { LoadedRule, Ruleset } from './types.ts'

/** A rule that can be evaluated. */
export interface CompiledRule {
  readonly loaded: LoadedRule
  readonly ref: RuleRef
  readonly parsed: ParsedRule
  readonly logsource: ParsedRule['logsource']
  test(event: Event): boolean
  /** What made it hold, on an event on which it does. */
  matched(event: Event): readonly MatchedField[]
}

/** Compiled rules as one ruleset: for each event only those are evaluated that can hold on it. */
export function rulesetOf(
  rules: readonly CompiledRule[],
  readers: Readers,
): Pick<Ruleset, 'rules' | 'match'> {
  const routes = routing(rules, (applicable) => routeOf(applicable, readers))
  return {
    rules: rules.map((rule) => rule.loaded),
    match: (event) => routes(event.logsource)(event),
  }
}

const NONE: readonly Match[] = []

/** The rules for events of one kind, which are looked for among themselves only. */
function routeOf(rules: readonly CompiledRule[], readers: Readers): Ruleset['match'] {
  const candidatesIn = prefilterOf(
    rules.map((rule) => rule.parsed),
    readers,
  )
  return (event) => {
    const candidates = candidatesIn(event)
    if (candidates.length === 0) return NONE
    const matches: Match[] = []
    for (const candidate of candidates) {
      const rule = rules[candidate] as CompiledRule
      if (rule.test(event)) matches.push({ rule: rule.ref, event, matched: rule.matched(event) })
    }
    return matches
  }
}

import type { Event } from '../domain/event.ts'
import type { Match, RuleRef } from '../domain/match.ts'
import { routing } from './logsource.ts'
import type { Readers } from './predicate.ts'
import { markWanted, prefilterOf } from './prefilter.ts'
import type { ParsedRule } from './rule.ts'
import type { LoadedRule, Ruleset } from './types.ts'

/** A rule that can be evaluated. */
export interface CompiledRule {
  /** Its place among the rules. */
  readonly number: number
  readonly loaded: LoadedRule
  readonly ref: RuleRef
  readonly parsed: ParsedRule
  readonly logsource: ParsedRule['logsource']
  test(event: Event): boolean
}

/** Compiled rules as one ruleset: for each event only those are evaluated that can hold on it. */
export function rulesetOf(rules: readonly CompiledRule[], readers: Readers): Ruleset {
  const prefilter = prefilterOf(
    rules.map((rule) => rule.parsed),
    readers,
  )
  const isAlways = new Set(prefilter.always)
  const routes = routing(rules, (applicable) => routeOf(applicable))
  const routeOf = (applicable: readonly CompiledRule[]): Route => {
    const belongs = new Uint8Array(rules.length)
    for (const { number } of applicable) belongs[number] = 1
    return {
      belongs,
      always: applicable.flatMap(({ number }) => (isAlways.has(number) ? [number] : [])),
      fields: prefilter.fieldsOf(applicable.map(({ number }) => number)),
    }
  }
  const { needed } = prefilter
  const marked = new Float64Array(rules.length)
  let round = 0
  let candidates: number[] = []
  let belongs = new Uint8Array(0)
  const mark = (clauses: readonly number[]): void => {
    for (const clause of clauses) {
      const number = clause >>> 1
      if (belongs[number] === 0) continue
      const before = (marked[number] as number) >= round ? (marked[number] as number) : round
      const after = before | (1 << (clause & 1))
      if (before === after) continue
      marked[number] = after
      if (after - round === needed[number]) candidates.push(number)
    }
  }
  return {
    rules: rules.map((rule) => rule.loaded),
    match(event) {
      const route = routes(event.logsource)
      round += 4
      candidates = [...route.always]
      belongs = route.belongs
      for (const field of route.fields) markWanted(field, event, mark)
      if (candidates.length === 0) return NONE
      candidates.sort((a, b) => a - b)
      const matches: Match[] = []
      for (const number of candidates) {
        const rule = rules[number] as CompiledRule
        if (rule.test(event)) matches.push({ rule: rule.ref, event })
      }
      return matches
    },
  }
}

const NONE: readonly Match[] = []

interface Route {
  /** By a rule's number: whether it is for such events. */
  readonly belongs: Uint8Array<ArrayBuffer>
  readonly always: readonly number[]
  readonly fields: ReturnType<ReturnType<typeof prefilterOf>['fieldsOf']>
}

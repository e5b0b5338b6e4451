import type { Problem } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import type { Match } from '../domain/match.ts'
import { compileRules, sharedReaders } from './compile.ts'
import { baselineWords } from './baseline-words.ts'
import { correlationWords } from './correlation-words.ts'
import { explainRule } from './explain.ts'
import type { Explanation } from './explain.ts'
import { readLibrary } from './library.ts'
import { applies } from './logsource.ts'
import type { ParsedRule } from './rule.ts'
import type { Lists, Ruleset } from './types.ts'

/** Whether anything in the text would alert, or why the text was refused. */
export type Evaluation =
  | { readonly kind: 'holds' | 'silent' }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/** A record that a text is evaluated on, and when it happened, ms. */
export interface TimedRecord {
  readonly time: number
  readonly record: unknown
}

/** What correlations fire over matches by an event time, ms: the engine's to say. */
export type Correlate = (ruleset: Ruleset, matches: readonly Match[], until: number) => readonly Match[]

/**
 * Evaluates Sigma text on records as if these came from the log source that each rule is for, the fields being those
 * of the record: whether a rule holds on one that is no correlation's signal, or a correlation fires over all of
 * them by `until`, ms. For rule authors and test suites.
 */
export function evaluate(
  text: string,
  records: readonly TimedRecord[],
  { lists = new Map(), until, correlate }: { lists?: Lists; until: number; correlate: Correlate },
): Evaluation {
  const { ruleset, refused } = compileRules([{ file: 'rule', text, line: 1, strategy: 'sigma' }], { lists })
  if (refused.length > 0) return { kind: 'refused', problems: refused }
  const signals = new Set(ruleset.rules.flatMap(({ id, signalOf }) => (signalOf === undefined ? [] : [id])))
  const weak = new Set(ruleset.baselines.flatMap(({ rule, alert }) => (alert ? [] : [rule.id])))
  const matches = records.flatMap(({ time, record }, number) =>
    ruleset.rules
      .filter(({ correlation, baseline }) => correlation === undefined && baseline === undefined)
      .flatMap(({ id, logsource }) =>
        ruleset
          .match({ ...eventOf(record), id: `record-${String(number).padStart(9, '0')}`, time, logsource })
          .filter(({ rule }) => rule.id === id),
      ),
  )
  const holds =
    matches.some(({ rule }) => !signals.has(rule.id)) ||
    correlate(ruleset, matches, until).some(({ rule }) => !weak.has(rule.id))
  return { kind: holds ? 'holds' : 'silent' }
}

/** A rule of a text, and which part of it held. */
export interface ExplainedRule {
  readonly title: string
  readonly conditions: readonly Explanation[]
  /** The event of the record that the conditions are told of, where a source understood it. */
  readonly event?: Event
  /** Of a correlation or a baseline, which one event does not decide: what it looks for. */
  readonly correlation?: string
  /** Correlations that take its matches, so that it raises no alert itself. */
  readonly signalOf?: readonly string[]
}

/**
 * Why each rule of the text holds on the record, or does not: on an event that a source made of it and the rule's log
 * source sees (the first on which the rule holds, else the first), or on the record as it is.
 */
export function explain(
  text: string,
  { record, events = [] }: { readonly record: unknown; readonly events?: readonly Event[] },
  lists: Lists = new Map(),
): { readonly rules: readonly ExplainedRule[] } | { readonly problems: readonly Problem[] } {
  const texts = [{ file: 'rule', text, line: 1, strategy: 'sigma' }]
  const { rules, refused } = readLibrary(texts, lists)
  if (refused.length > 0) return { problems: refused }
  const loaded = compileRules(texts, { lists }).ruleset.rules
  const readers = sharedReaders()
  const plain = eventOf(record)
  const explainOn = (rule: ParsedRule): Pick<ExplainedRule, 'conditions' | 'event'> => {
    const seen = events.filter(({ logsource }) => applies(rule.logsource, logsource))
    let first: Pick<ExplainedRule, 'conditions' | 'event'> | undefined
    for (const event of seen) {
      const conditions = explainRule(rule, event, readers)
      first ??= { conditions, event }
      if (conditions.some(({ held }) => held)) return { conditions, event }
    }
    return first ?? { conditions: explainRule(rule, plain, readers) }
  }
  return {
    rules: loaded.map(({ id, title, correlation, baseline, signalOf }) => {
      const found = rules.find(({ rule }) => rule.id === id)
      return {
        title,
        ...(found === undefined ? { conditions: [] } : explainOn(found.rule)),
        ...(correlation === undefined ? {} : { correlation: correlationWords(correlation) }),
        ...(baseline === undefined ? {} : { correlation: baselineWords(baseline) }),
        ...(signalOf === undefined ? {} : { signalOf }),
      }
    }),
  }
}

function eventOf(record: unknown): Event {
  return { id: 'record', time: 0, source: 'falco', logsource: {}, resource: {}, record, mapping: {} }
}

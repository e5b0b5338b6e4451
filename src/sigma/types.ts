import type { Problem } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import type { Match, RuleRef } from '../domain/match.ts'
import type { Baseline } from './baseline-types.ts'
import type { CorrelationCondition } from './correlation-condition.ts'
import type { CorrelationType } from './correlation-types.ts'

/** YAML text with one or more Sigma documents, and where it stands. */
export interface RuleText {
  readonly file: string
  readonly text: string
  /** Line of `text`'s first line in `file`, 1-based: a fenced block starts below its fence. */
  readonly line: number
  /** The strategy that the rules belong to; `sigma` for plain files. */
  readonly strategy: string
}

/** Values of the site's lists, by name. A name that is missing is an unset list. */
export type Lists = ReadonlyMap<string, readonly string[]>

/** Facts about a loaded rule, for lint, tests and lists. */
export interface LoadedRule {
  readonly id: string
  readonly name: string | undefined
  readonly title: string
  readonly strategy: string
  readonly file: string
  readonly line: number
  readonly level: string
  readonly tags: readonly string[]
  readonly logsource: { readonly product?: string; readonly category?: string; readonly service?: string }
  /** Every field that its detection reads. */
  readonly fields: readonly string[]
  /** What its author wants seen (`fields:`). */
  readonly shows: readonly string[]
  /** Placeholders that it uses; those without values in the site's lists. */
  readonly lists: readonly string[]
  readonly unsetLists: readonly string[]
  /** True where an unset list switches an alternative off (so that coverage is lower), not merely an exemption. */
  readonly weakened: boolean
  /** Keys that Sigma does not define, kept as they are (`rows` is ours). */
  readonly custom: Readonly<Record<string, unknown>>
  /** Where it is a correlation: it reads matches of other rules, and no log source. */
  readonly correlation?: Correlation
  /** Where it is a baseline: it observes matches of other rules. */
  readonly baseline?: Baseline
  /** Correlations and baselines of its own file that take its matches and do not say `generate`: it raises no alert itself. */
  readonly signalOf?: readonly string[]
}

/** What a correlation takes the matches of. */
export interface CorrelationInput {
  /** The rule's id, and what the correlation calls it. */
  readonly rule: string
  readonly name: string
  readonly title: string
  /** Fields of its events that stand for `groupBy`, in that order. */
  readonly groupBy: readonly string[]
}

/** A correlation, its rules looked up. */
export interface Correlation {
  readonly rule: RuleRef
  /** What it means together with the rules that it refers to: state is kept under it. */
  readonly hash: string
  readonly type: CorrelationType | 'risk'
  readonly inputs: readonly CorrelationInput[]
  /** Fields or aliases; empty for one group of everything. */
  readonly groupBy: readonly string[]
  /** Length of its window, ms. */
  readonly timespan: number
  /** Of what is unexplained: how long before it its cause may have been, ms; `timespan` unless told. */
  readonly lookback?: number
  readonly condition: CorrelationCondition
  /** True where more matches can make it false again: it is decided when its window is over, not before. */
  readonly decidedAtEnd: boolean
  /** Of a risk: what each of `inputs` counts for. */
  readonly weights?: readonly number[]
}

/** Rules, compiled once; immutable. */
export interface Ruleset {
  /** Detection rules, then baselines, then correlations. */
  readonly rules: readonly LoadedRule[]
  readonly baselines: readonly Baseline[]
  /** Those that are referred to come before those that refer to them. */
  readonly correlations: readonly Correlation[]
  /** Rules that hold on the event, in the order in which they were loaded. Never throws on content. */
  match(event: Event): readonly Match[]
}

export interface Compiled {
  readonly ruleset: Ruleset
  /** Rules that are invalid or use what is not supported yet: not loaded, each with its reason. */
  readonly refused: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** A predicate over events: the `match` of a filter or silence, in the shape of a Sigma search identifier. */
export type EventPredicate = (event: Event) => boolean

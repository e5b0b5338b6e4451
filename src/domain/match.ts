import type { Event } from './event.ts'

/** Sigma's levels, weakest first. `informational` never pages anyone. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type Level = (typeof LEVELS)[number]

/** The stronger of two levels. */
export function maxLevel(a: Level, b: Level): Level {
  return LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b
}

/** What an alert needs to know of the rule that raised it. */
export interface RuleRef {
  /** The rule's UUID, or its name where it has none. */
  readonly id: string
  readonly title: string
  readonly level: Level
  /** ATT&CK technique ids, upper case, from the rule's tags. */
  readonly attack: readonly string[]
  /** The strategy that the rule belongs to; a rule from a folder of Sigma files has the pseudo-strategy `sigma`. */
  readonly strategy: string
  /** Fields that the rule names for the analyst. */
  readonly fields: readonly string[]
}

/** Why a match has another level than its rule's. */
export interface Rating {
  /** `priority`: a condition of the strategy's Priority held. `site`: the site's own setting. */
  readonly by: 'priority' | 'site'
  /** The rule's own level. */
  readonly rule: Level
  /** The condition of Priority that held, as the document writes it. */
  readonly condition?: Readonly<Record<string, unknown>>
}

/** A field that a rule asks about, and those of its values that it asks for. The field of keywords is ''. Hostile text. */
export interface MatchedField {
  readonly field: string
  readonly values: readonly unknown[]
}

/** A rule held on an event. */
export interface Match {
  readonly rule: RuleRef
  readonly event: Event
  /** What of the event made the rule hold. */
  readonly matched?: readonly MatchedField[]
}

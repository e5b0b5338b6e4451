import { parseDuration } from '../domain/day.ts'
import type { Event } from '../domain/event.ts'
import type { Match } from '../domain/match.ts'
import type { LoadedRule, Ruleset } from '../sigma/sigma.ts'
import type { StrategyTest } from './strategy.ts'

/** What correlations fire over matches by an event time, ms: `firedBy` of the engine. */
export type Correlate = (
  ruleset: Pick<Ruleset, 'correlations' | 'rules' | 'baselines'>,
  matches: readonly Match[],
  until: number,
) => readonly Match[]

/**
 * Whether a correlation fires on a test's events; `isHeld` says of a match that a filter holds it back. Time goes on
 * for as long as the test says after its last event.
 */
export function correlationFires(
  { id }: Pick<LoadedRule, 'id'>,
  ruleset: Ruleset,
  events: readonly Event[],
  { until }: Pick<StrategyTest, 'until'>,
  isHeld: (match: Match) => boolean,
  correlate: Correlate,
): boolean {
  const matches = events.flatMap((event) => ruleset.match(event)).filter((match) => !isHeld(match))
  const end = Math.max(...events.map(({ time }) => time)) + spanOf(until)
  // a test may be of a correlation that others take as a signal
  const audible = { ...ruleset, rules: ruleset.rules.filter((rule) => rule.id !== id) }
  return correlate(audible, matches, end + 1).some(({ rule }) => rule.id === id)
}

/** As the document form writes durations: `ms` as well. */
function spanOf(duration: string | undefined): number {
  if (duration === undefined) return 0
  const found = /^(\d{1,9})ms$/.exec(duration)
  return found === null ? (parseDuration(duration) ?? 0) : Number(found[1])
}

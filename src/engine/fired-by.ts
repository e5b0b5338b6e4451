import type { Match } from '../domain/match.ts'
import type { SignalRow } from '../domain/state.ts'
import type { Ruleset } from '../sigma/sigma.ts'
import { toldBy } from './baselines/told-by.ts'
import { createCorrelator } from './correlate.ts'
import type { Judge } from './judge.ts'

const NOBODY_HELD_BACK: Judge = {
  suppressedBy: () => undefined,
  rate: (match) => ({ match, level: match.rule.level }),
}

/**
 * Matches and the firings of the baselines and correlations over them, as if these matches were all that happened
 * until then (event time, ms): for tests of rules. Firings of correlations that are signals of others are left out;
 * those of baselines are there whether they alert or not.
 */
export function firedBy(
  { correlations, rules, baselines }: Pick<Ruleset, 'correlations' | 'rules' | 'baselines'>,
  matches: readonly Match[],
  until: number,
): readonly Match[] {
  const correlator = createCorrelator({ correlations, rules })
  const told = toldBy(baselines, matches, until)
  let last = 0
  const signals: SignalRow[] = []
  for (const match of matches) {
    const signal = correlator.signals.of(match)
    if (signal !== undefined) signals.push({ n: (last += 1), ...signal })
  }
  for (const { match, evidence } of told) {
    const signal = correlator.signals.of(match)
    if (signal !== undefined) signals.push({ n: (last += 1), ...signal, body: { ...signal.body, evidence } })
  }
  signals.sort((a, b) => a.time - b.time || (a.event < b.event ? -1 : Number(a.event > b.event)))
  const bodies = new Map(signals.map(({ n, body }) => [n, body]))
  const held = { windows: () => [], due: () => [], bodies: () => bodies }
  const step = correlator.step(signals, until, {
    held,
    judge: NOBODY_HELD_BACK,
    number: () => (last += 1),
    isBlind: () => false,
  })
  return [...told, ...step.matches].map(({ match }) => match)
}

import type { Match } from '../domain/match.ts'
import type { SignalRow } from '../domain/state.ts'
import type { Ruleset } from '../sigma/sigma.ts'
import { createCorrelator } from './correlate.ts'
import type { Judge } from './judge.ts'

const NOBODY_HELD_BACK: Judge = {
  suppressedBy: () => undefined,
  rate: (match) => ({ match, level: match.rule.level }),
}

/**
 * Matches and the firings of the correlations over them, as if these matches were all that happened until then
 * (event time, ms): for tests of rules. Firings of correlations that are signals of others are left out.
 */
export function firedBy(
  ruleset: Pick<Ruleset, 'correlations' | 'rules'>,
  matches: readonly Match[],
  until: number,
): readonly Match[] {
  const correlator = createCorrelator(ruleset)
  let last = 0
  const signals = matches
    .flatMap((match): SignalRow[] => {
      const signal = correlator.signals.of(match)
      return signal === undefined ? [] : [{ n: (last += 1), ...signal }]
    })
    .sort((a, b) => a.time - b.time || (a.event < b.event ? -1 : Number(a.event > b.event)))
  const bodies = new Map(signals.map(({ n, body }) => [n, body]))
  const held = { windows: () => [], due: () => [], bodies: () => bodies }
  const step = correlator.step(signals, until, {
    held,
    judge: NOBODY_HELD_BACK,
    number: () => (last += 1),
  })
  return step.matches.map(({ match }) => match)
}

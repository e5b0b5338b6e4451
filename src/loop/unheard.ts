import type { Detection } from '../detection.ts'
import type { StepParts } from '../engine/correlate.ts'
import { lossesOf } from '../engine/losses-of.ts'
import type { Correlation, Ruleset } from '../sigma/sigma.ts'
import type { Store } from '../store/store.ts'

export interface UnheardParts {
  readonly store: Pick<Store, 'wasBlind'>
  readonly ruleset: () => Pick<Ruleset, 'rules' | 'correlations'>
  /** What is judged of them; nothing where no coverage is kept. */
  readonly strategies: () => Pick<Detection, 'strategies'>['strategies']
}

/**
 * Whether something would perhaps not have been heard of: while an assumption of the correlation's strategy failed
 * that is about the log source of what may cause an effect, or about the losses of who tells it. Rules without a
 * strategy have none of their own, and ask whether all of it was blind.
 */
export function unheard({ store, ruleset, strategies }: UnheardParts): StepParts['isBlind'] {
  const known = new Map<string, readonly string[]>()
  let rules: unknown
  const assumed = (correlation: Correlation): readonly string[] => {
    if (rules !== ruleset()) known.clear()
    rules = ruleset()
    const found = known.get(correlation.hash) ?? assumedBy(correlation, ruleset(), strategies())
    known.set(correlation.hash, found)
    return found
  }
  return (correlation, since, until) =>
    store.wasBlind(correlation.rule.strategy, since, until, assumed(correlation))
}

/** Ids of the assumptions that its causes rest on. */
function assumedBy(
  correlation: Correlation,
  ruleset: Pick<Ruleset, 'rules' | 'correlations'>,
  strategies: Detection['strategies'],
): readonly string[] {
  const { assumptions = [] } = strategies.find(({ id }) => id === correlation.rule.strategy) ?? {}
  const causes = new Set(correlation.inputs.slice(1).map(({ rule }) => rule))
  const told = ruleset.rules
    .filter(({ id }) => causes.has(id))
    .flatMap(({ logsource: { category, service } }) =>
      assumptions.filter((one) =>
        category === undefined ? service !== undefined && one.service === service : one.category === category,
      ),
    )
  // what is lost of a source that tells them may have been the cause
  const sources = new Set(told.flatMap(({ source }) => source))
  return [...told, ...lossesOf(assumptions, sources)].map(({ id }) => id)
}

import type { Baseline } from './baseline-types.ts'
import { WEIGHTS } from './baseline.ts'
import { canTurnFalse } from './correlation-condition.ts'
import type { ResolvedBaseline } from './baseline-references.ts'
import type { Input, ResolvedCorrelation } from './correlation-references.ts'
import type { ParsedCorrelation } from './correlation.ts'
import { loadedReferrer } from './loaded-referrer.ts'
import { semanticHash, semanticHashOver } from './semantic-hash.ts'
import { techniques } from './techniques.ts'
import type { Library } from './library.ts'
import type { Correlation, CorrelationInput, LoadedRule } from './types.ts'

/**
 * Correlations as data for the engine, in the order given, and all rules as loaded: `rules` and the baselines among
 * them, those marked that raise no alert themselves, then the correlations.
 */
export function compileCorrelations(
  { correlations: resolved, baselines: observing }: Pick<Library, 'correlations' | 'baselines'>,
  baselines: readonly Baseline[],
  rules: readonly LoadedRule[],
): { readonly correlations: readonly Correlation[]; readonly loaded: readonly LoadedRule[] } {
  const learned = new Map(baselines.map((baseline) => [baseline.rule.id, baseline]))
  const compiled = new Map<ResolvedCorrelation, Correlation>()
  for (const each of resolved) compiled.set(each, compileCorrelation(each, compiled, learned))
  const silencers = silencersOf(resolved, observing)
  const loaded = [...rules, ...[...compiled].map(([each, correlation]) => loadedRule(each, correlation))]
  return {
    correlations: [...compiled.values()],
    loaded: loaded.map((rule) => {
      const signalOf = silencers.get(rule.id)
      return signalOf === undefined ? rule : { ...rule, signalOf }
    }),
  }
}

function headOf(input: Input): Pick<ParsedCorrelation, 'id' | 'attributes'> {
  if (input.kind === 'rule') return input.rule.rule
  return input.kind === 'baseline' ? input.baseline.baseline : input.correlation.correlation
}

function compileCorrelation(
  { correlation, text, inputs }: ResolvedCorrelation,
  compiled: ReadonlyMap<ResolvedCorrelation, Correlation>,
  learned: ReadonlyMap<string, Baseline>,
): Correlation {
  const { id, attributes, type, groupBy, timespan, lookback, condition } = correlation
  const meanings = inputs.map((input) => {
    if (input.kind === 'rule') return semanticHash(input.rule.rule)
    if (input.kind === 'baseline') return learned.get(input.baseline.baseline.id)?.hash ?? ''
    return compiled.get(input.correlation)?.hash ?? ''
  })
  const made = inputs.map((input): CorrelationInput => {
    const { id: rule, attributes: its } = headOf(input)
    const fieldFor = (name: string): string => {
      const fields = correlation.aliases.get(name)
      return fields?.get(input.name) ?? fields?.get(rule) ?? name
    }
    return { rule, name: input.name, title: its.title, groupBy: groupBy.map(fieldFor) }
  })
  const weights = type === 'risk' ? inputs.map((input) => weightOf(input, correlation)) : undefined
  const own = {
    strategy: text.strategy,
    id,
    type,
    groupBy,
    timespan,
    ...(lookback === undefined ? {} : { lookback }),
    condition,
    inputs: made.map(namesOf),
    weights,
  }
  return {
    rule: {
      id,
      title: attributes.title,
      level: attributes.level ?? 'medium',
      attack: techniques(attributes.tags),
      strategy: text.strategy,
      fields: attributes.fields,
    },
    hash: semanticHashOver(own, meanings),
    type,
    inputs: made,
    groupBy,
    timespan,
    ...(lookback === undefined ? {} : { lookback }),
    condition,
    decidedAtEnd: canTurnFalse(condition),
    ...(weights === undefined ? {} : { weights }),
  }
}

/** As the risk says, or the baseline, or by the rule's level. */
function weightOf(input: Input, { weights }: ParsedCorrelation): number {
  const { id, attributes } = headOf(input)
  const own = weights?.get(input.name) ?? weights?.get(attributes.name ?? id) ?? weights?.get(id)
  if (own !== undefined) return own
  return input.kind === 'baseline' ? input.baseline.baseline.weight : WEIGHTS[attributes.level ?? 'medium']
}

/** What of an input means something besides its rule's own meaning. */
function namesOf({ rule, name, groupBy }: CorrelationInput): readonly unknown[] {
  return [rule, name, groupBy]
}

function loadedRule({ correlation, text, inputs }: ResolvedCorrelation, compiled: Correlation): LoadedRule {
  const { condition } = correlation
  const fields = condition.kind === 'compare' ? condition.fields : []
  return {
    ...loadedReferrer(correlation, text, compiled.rule.level),
    fields: [...new Set([...compiled.inputs.flatMap((input) => input.groupBy), ...fields])],
    weakened: inputs.some((input) => input.kind === 'rule' && input.rule.rule.weakened),
    correlation: compiled,
  }
}

/**
 * By the id of a rule: the titles of the correlations and baselines that make it a signal of theirs. Only those of
 * its own file can, and any of them that says `generate` keeps it audible.
 */
function silencersOf(
  resolved: readonly ResolvedCorrelation[],
  baselines: readonly ResolvedBaseline[],
): ReadonlyMap<string, readonly string[]> {
  const audible = new Set<string>()
  const silenced = new Map<string, string[]>()
  const take = (
    { generate, attributes }: Pick<ParsedCorrelation, 'generate' | 'attributes'>,
    id: string,
  ): void => {
    if (generate) audible.add(id)
    else silenced.set(id, [...(silenced.get(id) ?? []), attributes.title])
  }
  for (const { correlation, text, inputs } of resolved)
    for (const input of inputs) {
      // what counts for something there alerts as it would without
      if (correlation.type === 'risk') continue
      if (sourceOf(input).file === text.file) take(correlation, headOf(input).id)
    }
  for (const { baseline, text, inputs } of baselines)
    for (const { rule } of inputs) if (rule.text.file === text.file) take(baseline, rule.rule.id)
  for (const id of audible) silenced.delete(id)
  return silenced
}

function sourceOf(input: Input): { readonly file: string } {
  if (input.kind === 'rule') return input.rule.text
  return input.kind === 'baseline' ? input.baseline.text : input.correlation.text
}

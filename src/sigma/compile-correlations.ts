import { canTurnFalse } from './correlation-condition.ts'
import type { Input, ResolvedCorrelation } from './correlation-references.ts'
import { semanticHash, semanticHashOver } from './semantic-hash.ts'
import { techniques } from './techniques.ts'
import type { Correlation, CorrelationInput, LoadedRule } from './types.ts'

/**
 * Correlations as data for the engine, in the order given, and all rules as loaded: `rules`, those marked that
 * raise no alert themselves, then the correlations.
 */
export function compileCorrelations(
  resolved: readonly ResolvedCorrelation[],
  rules: readonly LoadedRule[],
): { readonly correlations: readonly Correlation[]; readonly loaded: readonly LoadedRule[] } {
  const compiled = new Map<ResolvedCorrelation, Correlation>()
  for (const each of resolved) compiled.set(each, compileCorrelation(each, compiled))
  const silencers = silencersOf(resolved)
  const loaded = [...rules, ...[...compiled].map(([each, correlation]) => loadedRule(each, correlation))]
  return {
    correlations: [...compiled.values()],
    loaded: loaded.map((rule) => {
      const signalOf = silencers.get(rule.id)
      return signalOf === undefined ? rule : { ...rule, signalOf }
    }),
  }
}

function idOf(input: Input): string {
  return input.kind === 'rule' ? input.rule.rule.id : input.correlation.correlation.id
}

function compileCorrelation(
  { correlation, text, inputs }: ResolvedCorrelation,
  compiled: ReadonlyMap<ResolvedCorrelation, Correlation>,
): Correlation {
  const { id, attributes, type, groupBy, timespan, condition } = correlation
  const meanings = inputs.map((input) =>
    input.kind === 'rule' ? semanticHash(input.rule.rule) : (compiled.get(input.correlation)?.hash ?? ''),
  )
  const made = inputs.map((input): CorrelationInput => {
    const rule = idOf(input)
    const fieldFor = (name: string): string => {
      const fields = correlation.aliases.get(name)
      return fields?.get(input.name) ?? fields?.get(rule) ?? name
    }
    const { title } = (input.kind === 'rule' ? input.rule.rule : input.correlation.correlation).attributes
    return { rule, name: input.name, title, groupBy: groupBy.map(fieldFor) }
  })
  const own = { strategy: text.strategy, id, type, groupBy, timespan, condition, inputs: made.map(namesOf) }
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
    condition,
    decidedAtEnd: canTurnFalse(condition),
  }
}

/** What of an input means something besides its rule's own meaning. */
function namesOf({ rule, name, groupBy }: CorrelationInput): readonly unknown[] {
  return [rule, name, groupBy]
}

function loadedRule({ correlation, text, inputs }: ResolvedCorrelation, compiled: Correlation): LoadedRule {
  const { attributes, at, id, condition } = correlation
  const fields = condition.kind === 'compare' ? condition.fields : []
  return {
    id,
    name: attributes.name,
    title: attributes.title,
    strategy: text.strategy,
    file: text.file,
    line: at.line,
    level: compiled.rule.level,
    tags: attributes.tags,
    logsource: {},
    fields: [...new Set([...compiled.inputs.flatMap((input) => input.groupBy), ...fields])],
    shows: attributes.fields,
    lists: [],
    unsetLists: [],
    weakened: inputs.some((input) => input.kind === 'rule' && input.rule.rule.weakened),
    custom: attributes.custom,
    correlation: compiled,
  }
}

/**
 * By the id of a rule: the titles of the correlations that make it a signal of theirs. Only those of its own file
 * can, and any of them that says `generate` keeps it audible.
 */
function silencersOf(resolved: readonly ResolvedCorrelation[]): ReadonlyMap<string, readonly string[]> {
  const audible = new Set<string>()
  const silenced = new Map<string, string[]>()
  for (const { correlation, text, inputs } of resolved) {
    for (const input of inputs) {
      const from = input.kind === 'rule' ? input.rule.text : input.correlation.text
      if (from.file !== text.file) continue
      const id = idOf(input)
      if (correlation.generate) audible.add(id)
      else silenced.set(id, [...(silenced.get(id) ?? []), correlation.attributes.title])
    }
  }
  for (const id of audible) silenced.delete(id)
  return silenced
}

import type { ResolvedBaseline } from './baseline-references.ts'
import type { Baseline } from './baseline-types.ts'
import { loadedReferrer } from './loaded-referrer.ts'
import { semanticHash, semanticHashOver } from './semantic-hash.ts'
import { techniques } from './techniques.ts'
import type { LoadedRule } from './types.ts'

/** A baseline as data for the engine. Whether it alerts, its level and its weight say nothing about what it learned. */
export function compileBaseline({ baseline, text, inputs }: ResolvedBaseline): Baseline {
  const { id, attributes, groupBy, peers, fields, learning, retain, alert, weight, test } = baseline
  const observed = inputs.map(({ name, rule: { rule } }) => ({
    rule: rule.id,
    name,
    title: rule.attributes.title,
  }))
  const own = {
    strategy: text.strategy,
    id,
    groupBy,
    peers,
    fields,
    learning,
    retain,
    test,
    rules: observed.map(({ rule }) => rule),
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
    hash: semanticHashOver(
      own,
      inputs.map(({ rule }) => semanticHash(rule.rule)),
    ),
    inputs: observed,
    groupBy,
    peers,
    fields,
    learning,
    retain,
    alert,
    weight,
    test,
  }
}

export function loadedBaseline({ baseline, text, inputs }: ResolvedBaseline, compiled: Baseline): LoadedRule {
  const { groupBy, peers, fields } = baseline
  return {
    ...loadedReferrer(baseline, text, compiled.rule.level),
    fields: [...new Set([...groupBy, ...peers, ...fields])],
    weakened: inputs.some(({ rule }) => rule.rule.weakened),
    baseline: compiled,
  }
}

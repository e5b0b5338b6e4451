import type { Problem } from '../domain/errors.ts'
import type { ParsedBaseline, ParsedRisk } from './baseline.ts'
import type { SourcedCorrelation } from './correlation-references.ts'
import { mistake, problemIn, quote } from './problem.ts'
import type { SourcedRule } from './sourced-rule.ts'
import type { RuleText } from './types.ts'

/** A baseline and the text that it stands in. */
export interface SourcedBaseline {
  readonly baseline: ParsedBaseline
  readonly text: RuleText
}

/** A baseline whose rules were found, in the order in which it names them. */
export interface ResolvedBaseline extends SourcedBaseline {
  readonly inputs: readonly { readonly name: string; readonly rule: SourcedRule }[]
}

/** Looks up the rules that baselines name, as correlations do. They observe rules alone: those without are refused. */
export function resolveBaselines(
  baselines: readonly SourcedBaseline[],
  find: (name: string, from: { readonly text: RuleText }) => SourcedRule | undefined,
  refused: Problem[],
): readonly ResolvedBaseline[] {
  return baselines.flatMap((each) => {
    const inputs = each.baseline.references.flatMap(({ name, at }) => {
      const rule = find(name, each)
      if (rule !== undefined) return [{ name, rule }]
      const message = `there is no rule ${quote(name)} for a baseline to observe, or it was refused`
      refused.push(
        problemIn(each.text.file, mistake(at, message, 'name a rule with logsource and detection')),
      )
      return []
    })
    return inputs.length === each.baseline.references.length ? [{ ...each, inputs }] : []
  })
}

/** A risk as the correlation that it is, with the weak signals that it is to take. */
export function correlationOfRisk(
  risk: ParsedRisk,
  text: RuleText,
  baselines: readonly ResolvedBaseline[],
  refused: Problem[],
): readonly SourcedCorrelation[] {
  const { at, id, attributes, groupBy, timespan, threshold, weights } = risk
  const references =
    typeof risk.references === 'string'
      ? baselines
          .filter(({ baseline }) => !baseline.alert)
          .filter((each) => risk.references === 'any' || each.text.strategy === text.strategy)
          .map(({ baseline }) => ({ name: baseline.id, at }))
      : risk.references
  if (references.length === 0) {
    const mend = 'name rules, write rules: any, or add a baseline that does not alert'
    refused.push(problemIn(text.file, mistake(at, 'there is no weak signal for the risk to sum up', mend)))
    return []
  }
  return [
    {
      correlation: {
        at,
        id,
        attributes,
        type: 'risk',
        references,
        groupBy,
        timespan,
        condition: { kind: 'compare', comparisons: [{ operator: 'gte', value: threshold }], fields: [] },
        aliases: new Map(),
        // what counts for something may alert as well
        generate: true,
        weights,
      },
      text,
    },
  ]
}

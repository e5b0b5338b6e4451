import type { Problem } from '../domain/errors.ts'
import { correlationOfRisk, resolveBaselines } from './baseline-references.ts'
import type { ResolvedBaseline, SourcedBaseline } from './baseline-references.ts'
import type { ParsedRisk } from './baseline.ts'
import { lookup, resolveCorrelations } from './correlation-references.ts'
import type { ResolvedCorrelation, SourcedCorrelation } from './correlation-references.ts'
import { readRuleText } from './documents.ts'
import type { ReadYaml } from './documents.ts'
import { concerns, filtered } from './filter.ts'
import type { ParsedFilter } from './filter.ts'
import { mistake, problemIn, quote } from './problem.ts'
import type { Position } from './problem.ts'
import type { SourcedRule } from './sourced-rule.ts'
import type { Lists, RuleText } from './types.ts'

/** All rules of all texts, each id once, with the filters applied that concern them. */
export interface Library {
  readonly rules: readonly SourcedRule[]
  readonly baselines: readonly ResolvedBaseline[]
  /** Those that are referred to come before those that refer to them. */
  readonly correlations: readonly ResolvedCorrelation[]
  readonly refused: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** References work across texts, so that nothing is applied before everything is read. */
export function readLibrary(texts: readonly RuleText[], lists: Lists, yaml?: ReadYaml): Library {
  const refused: Problem[] = []
  const warnings: Problem[] = []
  const read: SourcedRule[] = []
  const filters: SourcedFilter[] = []
  const written: (SourcedCorrelation | SourcedBaseline | SourcedRisk)[] = []
  for (const text of texts) {
    const documents = readRuleText(text, lists, yaml)
    refused.push(...documents.refused.map((each) => problemIn(text.file, each)))
    warnings.push(...documents.warnings.map((each) => problemIn(text.file, each)))
    read.push(...documents.rules.map((rule) => ({ rule, text })))
    filters.push(...documents.filters.map((filter) => ({ filter, text })))
    written.push(...documents.correlations.map((correlation) => ({ correlation, text })))
    written.push(
      ...documents.baselines.map((each) =>
        each.kind === 'risk' ? { risk: each, text } : { baseline: each, text },
      ),
    )
  }
  const unique = withoutTwins([...read, ...written], refused)
  warnings.push(...namesakes(unique))
  const plain = unique.filter((each) => 'rule' in each)
  warnings.push(...filters.flatMap((each) => unknownReferences(each, plain)))
  const rules = plain.map((rule) => withFilters(rule, filters))
  const baselines = resolveBaselines(
    unique.filter((each) => 'baseline' in each),
    lookup(rules),
    refused,
  )
  const risks = unique
    .filter((each) => 'risk' in each)
    .flatMap(({ risk, text }) => correlationOfRisk(risk, text, baselines, refused))
  const correlations = resolveCorrelations(
    [...unique.filter((each) => 'correlation' in each), ...risks],
    [...rules, ...baselines],
    refused,
  )
  return { rules, baselines, correlations, refused, warnings }
}

interface SourcedFilter {
  readonly filter: ParsedFilter
  readonly text: RuleText
}

/** A strategy's filters are for its own rules, those of plain files for plain rules: `any` reaches no further. */
function withFilters({ rule, text }: SourcedRule, filters: readonly SourcedFilter[]): SourcedRule {
  const added = filters
    .filter((each) => each.text.strategy === text.strategy && concerns(each.filter, rule))
    .reduce((sofar, { filter }, number) => filtered(sofar, filter, number), rule)
  return { rule: added, text }
}

interface SourcedRisk {
  readonly risk: ParsedRisk
  readonly text: RuleText
}

type Sourced = SourcedRule | SourcedCorrelation | SourcedBaseline | SourcedRisk

function documentOf(each: Sourced): Pick<SourcedRule['rule'], 'at' | 'id' | 'attributes'> {
  if ('rule' in each) return each.rule
  if ('baseline' in each) return each.baseline
  return 'risk' in each ? each.risk : each.correlation
}

function withoutTwins(rules: readonly Sourced[], refused: Problem[]): readonly Sourced[] {
  const known = new Map<string, Sourced>()
  for (const each of rules) {
    const { id, at } = documentOf(each)
    const key = id.toLowerCase()
    const twin = known.get(key)
    if (twin) {
      const message = `the rule ${quote(id)} is already loaded from ${placeOf(twin)}`
      refused.push(problemIn(each.text.file, mistake(at, message, 'give it an id of its own')))
    } else known.set(key, each)
  }
  return [...known.values()]
}

function namesakes(rules: readonly Sourced[]): readonly Problem[] {
  const first = new Map<string, Sourced>()
  return rules.flatMap((each) => {
    const { attributes, at } = documentOf(each)
    const { name } = attributes
    if (name === undefined) return []
    const other = first.get(name)
    if (other === undefined) {
      first.set(name, each)
      return []
    }
    const message = `the name ${quote(name)} is also that of ${placeOf(other)}`
    return [problemIn(each.text.file, mistake(at, message, 'give it a name of its own'))]
  })
}

function unknownReferences(
  { filter, text }: SourcedFilter,
  rules: readonly SourcedRule[],
): readonly Problem[] {
  const known = new Set(rules.flatMap(({ rule }) => [rule.id.toLowerCase(), rule.attributes.name ?? '']))
  return (filter.rules ?? [])
    .filter((reference) => !known.has(reference) && !known.has(reference.toLowerCase()))
    .map((reference) =>
      problemIn(
        text.file,
        mistake(
          filter.at,
          `the filter names the rule ${quote(reference)}, which is not loaded`,
          'correct its id or name, or the rule if it is refused',
        ),
      ),
    )
}

function placeOf(each: Sourced): string {
  const { line }: Position = documentOf(each).at
  return `${each.text.file}:${line}`
}

import type { Problem } from '../domain/errors.ts'
import type { ResolvedBaseline } from './baseline-references.ts'
import type { Reference } from './correlation-reference.ts'
import type { ParsedCorrelation } from './correlation.ts'
import { mistake, problemIn, quote } from './problem.ts'
import type { SourcedRule } from './sourced-rule.ts'
import type { RuleText } from './types.ts'

/** Correlations of correlations of … so many at most. */
const MAX_DEPTH = 10
/** So many are looked up within each other at most: the stack has an end. */
const MAX_OPEN = 1_000

/** A correlation and the text that it stands in. */
export interface SourcedCorrelation {
  readonly correlation: ParsedCorrelation
  readonly text: RuleText
}

/** A correlation whose rules were found, in the order in which it names them. */
export interface ResolvedCorrelation extends SourcedCorrelation {
  readonly inputs: readonly Input[]
}

/** What a correlation takes the matches of, and what it calls it. */
export type Input =
  | { readonly kind: 'rule'; readonly name: string; readonly rule: SourcedRule }
  | { readonly kind: 'baseline'; readonly name: string; readonly baseline: ResolvedBaseline }
  | { readonly kind: 'correlation'; readonly name: string; readonly correlation: ResolvedCorrelation }

/**
 * Looks up the rules that correlations name: by id, then by name, the nearest first (the same file, the same
 * strategy, anywhere). Those whose rules are not there, or that refer to themselves in a circle, are refused. The
 * result is in an order in which what is referred to comes first.
 */
export function resolveCorrelations(
  correlations: readonly SourcedCorrelation[],
  rules: readonly (SourcedRule | ResolvedBaseline)[],
  refused: Problem[],
): readonly ResolvedCorrelation[] {
  const resolved = new Map<SourcedCorrelation, ResolvedCorrelation | undefined>()
  const depths = new Map<ResolvedCorrelation, number>()
  const open: SourcedCorrelation[] = []
  const find = lookup<Target>([...rules, ...correlations])
  const refuse = (
    { text }: SourcedCorrelation,
    { at }: Reference,
    message: string,
    mend: string,
  ): undefined => {
    refused.push(problemIn(text.file, mistake(at, message, mend)))
    return undefined
  }

  const inputOf = (each: SourcedCorrelation, reference: Reference): Input | undefined => {
    const { name } = reference
    const found = find(name, each)
    if (found === undefined)
      return refuse(
        each,
        reference,
        `there is no rule ${quote(name)}, or it was refused`,
        'name a rule by its id or its name',
      )
    if ('rule' in found) return { kind: 'rule', name, rule: found }
    if ('baseline' in found) return { kind: 'baseline', name, baseline: found }
    if (open.includes(found))
      return refuse(
        each,
        reference,
        `the correlation refers to itself through ${quote(name)}`,
        'break the circle',
      )
    const correlation = resolve(found)
    if (correlation !== undefined) return { kind: 'correlation', name, correlation }
    return refuse(each, reference, `the correlation ${quote(name)} was refused`, 'mend that one')
  }
  const refuseDepth = (each: SourcedCorrelation, first: Reference): undefined =>
    refuse(each, first, `correlations refer to others more than ${MAX_DEPTH} deep`, 'write it flatter')
  const depthOf = (inputs: readonly Input[]): number =>
    1 +
    Math.max(
      0,
      ...inputs.map((each) => (each.kind !== 'correlation' ? 0 : (depths.get(each.correlation) ?? 0))),
    )
  const resolve = (each: SourcedCorrelation): ResolvedCorrelation | undefined => {
    if (resolved.has(each)) return resolved.get(each)
    const [first] = each.correlation.references
    open.push(each)
    const inputs =
      open.length > MAX_OPEN && first !== undefined
        ? [refuseDepth(each, first)]
        : each.correlation.references.map((reference) => inputOf(each, reference))
    open.pop()
    const sound = inputs.filter((input) => input !== undefined)
    const twin = sound.find((input, index) => sound.some((other, at) => at < index && isSame(input, other)))
    if (twin !== undefined && first !== undefined)
      refuse(each, first, `the rule ${quote(twin.name)} is named twice`, 'name it once, by id or by name')
    const depth = depthOf(sound)
    if (depth > MAX_DEPTH && first !== undefined) refuseDepth(each, first)
    const complete = sound.length === inputs.length && twin === undefined && depth <= MAX_DEPTH
    const result = complete ? { ...each, inputs: sound } : undefined
    if (result !== undefined) depths.set(result, depth)
    resolved.set(each, result)
    return result
  }

  for (const each of correlations) resolve(each)
  return [...resolved.values()].filter((each) => each !== undefined)
}

function isSame(one: Input, other: Input): boolean {
  if (one.kind === 'rule') return other.kind === 'rule' && one.rule === other.rule
  if (one.kind === 'baseline') return other.kind === 'baseline' && one.baseline === other.baseline
  return other.kind === 'correlation' && one.correlation === other.correlation
}

type Target = SourcedRule | ResolvedBaseline | SourcedCorrelation

/** By id whatever its case, then by name. */
export function lookup<T extends Target>(
  targets: readonly T[],
): (name: string, from: { readonly text: RuleText }) => T | undefined {
  const ids = new Map<string, T>()
  const names = new Map<string, T[]>()
  for (const target of targets) {
    const { id, attributes } = headOf(target)
    ids.set(id.toLowerCase(), target)
    if (attributes.name === undefined) continue
    const others = names.get(attributes.name)
    if (others === undefined) names.set(attributes.name, [target])
    else others.push(target)
  }
  return (name, { text }) => {
    const called = names.get(name) ?? []
    return (
      ids.get(name.toLowerCase()) ??
      called.find((target) => target.text.file === text.file) ??
      called.find((target) => target.text.strategy === text.strategy) ??
      called[0]
    )
  }
}

function headOf(target: Target): Pick<ParsedCorrelation, 'id' | 'attributes'> {
  if ('rule' in target) return target.rule
  return 'baseline' in target ? target.baseline : target.correlation
}

import { identifiersIn } from './condition.ts'
import type { Condition } from './condition.ts'
import { alternativesOf, MAX_ALTERNATIVES } from './correlation-alternatives.ts'
import { parseExpression } from './correlation-expression.ts'
import type { Reference } from './correlation-reference.ts'
import { compares, isTemporal, OPERATORS } from './correlation-types.ts'
import type { Comparison, CorrelationType } from './correlation-types.ts'
import { mistake, quote } from './problem.ts'
import type { Position, Report } from './problem.ts'
import { entryOf } from './yaml.ts'
import type { Tree } from './yaml.ts'

/** When a correlation fires: a number compared, or which of its rules are there. */
export type CorrelationCondition =
  | {
      readonly kind: 'compare'
      /** All must hold. */
      readonly comparisons: readonly Comparison[]
      /** What is counted or calculated with; several are one tuple. */
      readonly fields: readonly string[]
      /** 0 to 100. */
      readonly percentile?: number
    }
  | { readonly kind: 'expression'; readonly expression: Condition }

type Mapping = Extract<Tree, { kind: 'mapping' }>

interface Read {
  readonly condition: CorrelationCondition
  readonly references: readonly Reference[]
}

/**
 * Reads `condition` and settles which rules are referred to: those that it names, where `rules` is left out.
 * Without a condition all rules must be there. Undefined if the report tells why not.
 */
export function readCorrelationCondition(
  body: Mapping,
  type: CorrelationType,
  written: readonly Reference[] | undefined,
  report: Report,
): Read | undefined {
  const tree = entryOf(body, 'condition')
  if (tree?.kind === 'scalar' && typeof tree.value === 'string' && type !== 'unexplained')
    return readExpression(tree.value, tree.at, type, written, report)
  if (written === undefined) {
    report.mistakes.push(
      mistake(body.at, 'a correlation needs rules', 'add rules: [a name or an id of each rule]'),
    )
    return undefined
  }
  if (type === 'unexplained') return readUnexplained(body, tree, written, report)
  if (tree === undefined) {
    if (isTemporal(type)) return { condition: allOf(written), references: written }
    report.mistakes.push(mistake(body.at, `${type} needs a condition`, 'add condition: {gte: 10}'))
    return undefined
  }
  if (tree.kind !== 'mapping') {
    report.mistakes.push(mistake(tree.at, 'condition must be a mapping', 'write condition: {gte: 10}'))
    return undefined
  }
  const condition = readComparisons(tree, type, written, report)
  return condition && { condition, references: written }
}

function allOf(references: readonly Reference[]): CorrelationCondition {
  return { kind: 'compare', comparisons: [{ operator: 'gte', value: references.length }], fields: [] }
}

/** The first rule is the effect, the others are what may cause it. */
function readUnexplained(
  body: Mapping,
  tree: Tree | undefined,
  written: readonly Reference[],
  report: Report,
): Read | undefined {
  if (tree !== undefined)
    report.mistakes.push(
      mistake(tree.at, 'unexplained has no condition', 'name the effect first under rules, then its causes'),
    )
  const [effect, ...causes] = written.map(({ name }): Condition => ({ kind: 'identifier', name }))
  if (effect === undefined || causes.length === 0) {
    report.mistakes.push(
      mistake(body.at, 'unexplained needs an effect and a cause', 'write rules: [effect, cause]'),
    )
    return undefined
  }
  const cause: Condition = { kind: 'or', items: causes }
  const expression: Condition = { kind: 'and', items: [effect, { kind: 'not', item: cause }] }
  return { condition: { kind: 'expression', expression }, references: written }
}

function readExpression(
  source: string,
  at: Position,
  type: CorrelationType,
  written: readonly Reference[] | undefined,
  report: Report,
): Read | undefined {
  if (!isTemporal(type)) {
    report.mistakes.push(
      mistake(at, `${type} compares a number: its condition is no expression`, 'write condition: {gte: 10}'),
    )
    return undefined
  }
  const expression = parseExpression(source, at, report)
  if (expression === undefined) return undefined
  const used = [...new Set(identifiersIn(expression))]
  const named = written?.map(({ name }) => name) ?? used
  for (const name of used.filter((each) => !named.includes(each)))
    report.mistakes.push(
      mistake(at, `the condition uses ${quote(name)}, which is not among the rules`, 'add it to rules'),
    )
  for (const name of named.filter((each) => !used.includes(each)))
    report.mistakes.push(
      mistake(at, `the condition does not use the rule ${quote(name)}`, 'use it, or remove it from rules'),
    )
  if (holdsWith(expression, new Set()))
    report.mistakes.push(
      mistake(
        at,
        'the condition holds where nothing has happened, so that nothing would ever decide it',
        'name a rule that must match: rule_a and not rule_b',
      ),
    )
  if (type === 'temporal_ordered' && alternativesOf(expression) === undefined)
    report.mistakes.push(
      mistake(
        at,
        `the condition has more than ${MAX_ALTERNATIVES} ways to come true`,
        'split the correlation, or leave the order out with type: temporal',
      ),
    )
  return {
    condition: { kind: 'expression', expression },
    references: written ?? used.map((name) => ({ name, at })),
  }
}

/** Whether an expression is true where these rules matched and no others. */
export function holdsWith(expression: Condition, there: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'identifier':
      return there.has(expression.name)
    case 'not':
      return !holdsWith(expression.item, there)
    case 'and':
      return expression.items.every((item) => holdsWith(item, there))
    case 'or':
      return expression.items.some((item) => holdsWith(item, there))
  }
}

/** Whether more matches can make it false again: then it is decided only when its window is over. */
export function canTurnFalse(condition: CorrelationCondition): boolean {
  if (condition.kind === 'expression') return hasNegation(condition.expression)
  return condition.comparisons.some(({ operator }) => operator !== 'gt' && operator !== 'gte')
}

function hasNegation(expression: Condition): boolean {
  if (expression.kind === 'identifier') return false
  return expression.kind === 'not' || expression.items.some(hasNegation)
}

function readComparisons(
  tree: Mapping,
  type: CorrelationType,
  references: readonly Reference[],
  report: Report,
): CorrelationCondition | undefined {
  const comparisons: Comparison[] = []
  for (const { key, at, value } of tree.entries) {
    const operator = OPERATORS.find((each) => each === key)
    if (operator === undefined) {
      if (key !== 'field' && key !== 'percentile')
        report.mistakes.push(
          mistake(
            at,
            `a condition has no ${quote(key)}`,
            `it has ${OPERATORS.join(', ')}, field, percentile`,
          ),
        )
      continue
    }
    const number = numberOf(value)
    const isWhole = isTemporal(type) || type === 'event_count' || type === 'value_count'
    if (number === undefined || (isWhole && !Number.isInteger(number)))
      report.mistakes.push(
        mistake(value.at, `${key} must be a ${isWhole ? 'whole ' : ''}number`, 'write it unquoted'),
      )
    else comparisons.push({ operator, value: number })
  }
  if (comparisons.length === 0 && report.mistakes.length === 0)
    report.mistakes.push(
      mistake(tree.at, 'the condition compares nothing', `add one of ${OPERATORS.join(', ')}`),
    )
  if (comparisons.length > 1)
    report.warnings.push(
      mistake(tree.at, 'the condition has several operators, and all must hold', 'other tools take one only'),
    )
  const fields = readFields(tree, type, report)
  const percentile = readPercentile(tree, type, report)
  if (report.mistakes.length > 0) return undefined
  refuseImpossible(tree, type, comparisons, references.length, report)
  return { kind: 'compare', comparisons, fields, ...(percentile === undefined ? {} : { percentile }) }
}

function numberOf(tree: Tree): number | undefined {
  return tree.kind === 'scalar' && typeof tree.value === 'number' ? tree.value : undefined
}

function readFields(tree: Mapping, type: CorrelationType, report: Report): readonly string[] {
  const field = entryOf(tree, 'field')
  const isValue = type.startsWith('value_')
  if (field === undefined) {
    if (isValue) report.mistakes.push(mistake(tree.at, `${type} needs a field`, 'add field: NAME'))
    return []
  }
  if (!isValue) {
    report.warnings.push(
      mistake(field.at, `${type} reads no field: it is ignored`, 'remove it, or use value_count'),
    )
    return []
  }
  const items = field.kind === 'list' ? field.items : [field]
  const names = items.flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '' ? [item.value] : [],
  )
  if (names.length !== items.length || names.length === 0)
    report.mistakes.push(mistake(field.at, 'field must be the name of a field', 'write one text'))
  else if (names.length > 1 && type !== 'value_count')
    report.mistakes.push(mistake(field.at, `${type} reads one field`, 'only value_count counts tuples'))
  return names
}

function readPercentile(tree: Mapping, type: CorrelationType, report: Report): number | undefined {
  const written = entryOf(tree, 'percentile')
  if (type === 'value_median') return 50
  if (type !== 'value_percentile') {
    if (written !== undefined)
      report.warnings.push(mistake(written.at, `${type} has no percentile: it is ignored`, 'remove it'))
    return undefined
  }
  const percentile = written && numberOf(written)
  if (percentile !== undefined && Number.isInteger(percentile) && percentile >= 0 && percentile <= 100)
    return percentile
  report.mistakes.push(
    mistake(
      written?.at ?? tree.at,
      'value_percentile needs a percentile: a whole number from 0 to 100',
      'add percentile: 95',
    ),
  )
  return undefined
}

/** A window opens with its first event: what would hold of no event alone can never be told. */
function refuseImpossible(
  tree: Mapping,
  type: CorrelationType,
  comparisons: readonly Comparison[],
  rules: number,
  report: Report,
): void {
  if (!isTemporal(type) && type !== 'event_count' && type !== 'value_count') return
  const edges = [1, ...comparisons.flatMap(({ value }) => [value - 1, value, value + 1])]
  const most = isTemporal(type) ? rules : Infinity
  const possible = edges.some((count) => count >= 1 && count <= most && compares(comparisons, count))
  if (!possible)
    report.mistakes.push(
      mistake(
        tree.at,
        isTemporal(type)
          ? `the condition can never hold: ${rules === 1 ? 'there is one rule' : `there are ${rules} rules`}, and a window opens with the first match`
          : 'the condition can never hold: a window opens with its first event, so that it has one at least',
        'correct the number',
      ),
    )
}

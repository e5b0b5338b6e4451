import { readDetections } from './detections.ts'
import type { Condition } from './condition.ts'
import { readAttributes } from './attributes.ts'
import { DIMENSIONS, readLogsource } from './logsource.ts'
import { foldText } from './fold.ts'
import type { Logsource } from '../domain/event.ts'
import type { NamedDetection } from './predicate.ts'
import { mistake } from './problem.ts'
import type { Position, Report } from './problem.ts'
import type { ParsedRule, RuleContext } from './rule.ts'
import { entryOf } from './yaml.ts'
import type { Tree } from './yaml.ts'

/** A Sigma filter: its condition must hold as well for each rule that it is for. */
export interface ParsedFilter {
  readonly at: Position
  readonly title: string
  readonly logsource: Logsource
  /** Ids and names of rules; undefined for any. */
  readonly rules: readonly string[] | undefined
  readonly identifiers: ReadonlyMap<string, NamedDetection>
  readonly condition: Condition
  readonly fields: readonly string[]
  readonly lists: readonly string[]
  readonly unsetLists: readonly string[]
}

/** Reads a document with `filter`; undefined if the report tells why not. */
export function readFilter(
  tree: Extract<Tree, { kind: 'mapping' }>,
  context: RuleContext,
  report: Report,
): ParsedFilter | undefined {
  const attributes = readAttributes(tree.entries, tree.at, report)
  const source = entryOf(tree, 'logsource')
  if (!source) report.mistakes.push(mistake(tree.at, 'a filter needs logsource', 'add logsource: …'))
  const logsource = source && readLogsource(source, report)
  const body = entryOf(tree, 'filter')
  if (body?.kind !== 'mapping') {
    report.mistakes.push(
      mistake(
        body?.at ?? tree.at,
        'filter must be a mapping',
        'write rules, search identifiers and a condition',
      ),
    )
    return undefined
  }
  const rules = readReferences(body, report)
  const condition = entryOf(body, 'condition')
  if (condition?.kind === 'list')
    report.mistakes.push(mistake(condition.at, 'a filter has one condition', 'combine them with and'))
  const definition: Tree = { ...body, entries: body.entries.filter(({ key }) => key !== 'rules') }
  const detections = readDetections(definition, { ...context, exempts: true }, report)
  const [only] = detections?.conditions ?? []
  if (report.mistakes.length > 0 || !logsource || !detections || !only) return undefined
  if (!isNegative(only))
    report.warnings.push(
      mistake(
        condition?.at ?? body.at,
        'the filter keeps only what its condition selects',
        'a filter that exempts says not, as in: not selection',
      ),
    )
  const { identifiers, fields, lists, unsetLists } = detections
  return {
    at: tree.at,
    title: attributes.title,
    logsource,
    rules,
    identifiers,
    condition: only,
    fields,
    lists,
    unsetLists,
  }
}

/** Undefined for any: the word, or an empty list. */
function readReferences(
  body: Extract<Tree, { kind: 'mapping' }>,
  report: Report,
): readonly string[] | undefined {
  const rules = entryOf(body, 'rules')
  const mend = 'name rules by id or name, or write any'
  if (!rules) {
    report.mistakes.push(mistake(body.at, 'a filter needs rules', mend))
    return undefined
  }
  const items = rules.kind === 'list' ? rules.items : [rules]
  const names = items.flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' ? [item.value] : [],
  )
  if (names.length !== items.length) {
    report.mistakes.push(mistake(rules.at, 'rules must be texts', mend))
    return undefined
  }
  const isAny = names.length === 0 || (rules.kind === 'scalar' && names[0]?.toLowerCase() === 'any')
  return isAny ? undefined : names
}

function isNegative(condition: Condition): boolean {
  if (condition.kind === 'not') return true
  return condition.kind !== 'identifier' && condition.items.some(isNegative)
}

/** Whether the filter is for the rule: named or any, and its log source contains the rule's. */
export function concerns(filter: ParsedFilter, { id, attributes: { name }, logsource }: ParsedRule): boolean {
  const contains = DIMENSIONS.every((dimension) => {
    const wanted = filter.logsource[dimension]
    return wanted === undefined || foldText(wanted) === foldText(logsource[dimension] ?? '')
  })
  return (
    contains &&
    (filter.rules === undefined ||
      filter.rules.some((reference) => reference === name || reference.toLowerCase() === id.toLowerCase()))
  )
}

/** The rule with the filter's condition added to each of its own; identifiers of the two never meet. */
export function filtered(rule: ParsedRule, filter: ParsedFilter, number: number): ParsedRule {
  const hidden = (name: string): string => `\0${number}\0${name}`
  const identifiers = new Map(rule.identifiers)
  for (const [name, detection] of filter.identifiers) identifiers.set(hidden(name), detection)
  const remaining = renamed(filter.condition, hidden)
  return {
    ...rule,
    identifiers,
    conditions: rule.conditions.map((condition) => ({ kind: 'and', items: [condition, remaining] })),
    fields: [...new Set([...rule.fields, ...filter.fields])],
    lists: [...new Set([...rule.lists, ...filter.lists])],
    unsetLists: [...new Set([...rule.unsetLists, ...filter.unsetLists])],
  }
}

function renamed(condition: Condition, rename: (name: string) => string): Condition {
  switch (condition.kind) {
    case 'identifier':
      return { ...condition, name: rename(condition.name) }
    case 'not':
      return { ...condition, item: renamed(condition.item, rename) }
    default:
      return { ...condition, items: condition.items.map((item) => renamed(item, rename)) }
  }
}

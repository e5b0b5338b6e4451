import { digest } from '../domain/hash.ts'
import type { Logsource } from '../domain/event.ts'
import { readAttributes } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { identifiersIn, parseCondition } from './condition.ts'
import type { Condition } from './condition.ts'
import { fieldsOf, readDetection } from './detection.ts'
import { readLogsource } from './logsource.ts'
import type { ListUse } from './placeholders.ts'
import type { NamedDetection } from './predicate.ts'
import { mistake, quote } from './problem.ts'
import type { Position, Report } from './problem.ts'
import type { Lists } from './types.ts'
import type { Entry, Tree } from './yaml.ts'

/** A detection rule, understood but not yet compiled. */
export interface ParsedRule {
  readonly at: Position
  readonly id: string
  readonly attributes: Attributes
  readonly logsource: Logsource
  readonly identifiers: ReadonlyMap<string, NamedDetection>
  /** The rule holds if any of them does. */
  readonly conditions: readonly Condition[]
  readonly fields: readonly string[]
  readonly lists: readonly string[]
  readonly unsetLists: readonly string[]
  readonly weakened: boolean
}

/** Where a rule comes from, and what decides about its placeholders. */
export interface RuleContext {
  readonly file: string
  readonly strategy: string
  readonly lists: Lists
}

/** Identifiers that only exempt: where their list is unset they exempt nobody. */
const EXEMPTING = 'filter_'

/** Reads a document as a detection rule; undefined if the report tells why not. */
export function readRule(tree: Tree, context: RuleContext, report: Report): ParsedRule | undefined {
  if (tree.kind !== 'mapping') {
    report.mistakes.push(mistake(tree.at, 'a rule must be a mapping', 'begin it with title: …'))
    return undefined
  }
  const attributes = readAttributes(tree.entries, tree.at, report)
  const logsourceTree = required(tree.entries, 'logsource', tree.at, report)
  const logsource = logsourceTree && readLogsource(logsourceTree, report)
  const detectionTree = required(tree.entries, 'detection', tree.at, report)
  const detections = detectionTree && readDetections(detectionTree, context, report)
  if (report.mistakes.length > 0 || !logsource || !detections) return undefined
  const id = attributes.id ?? attributes.name ?? digest(context.file, attributes.title)
  return { at: tree.at, id, attributes, logsource, ...detections }
}

function required(entries: readonly Entry[], key: string, at: Position, report: Report): Tree | undefined {
  const value = entries.find((entry) => entry.key === key)?.value
  if (!value) report.mistakes.push(mistake(at, `a rule needs ${key}`, `add ${key}: …`))
  return value
}

type Detections = Omit<ParsedRule, 'at' | 'id' | 'attributes' | 'logsource'>

function readDetections(tree: Tree, context: RuleContext, report: Report): Detections | undefined {
  if (tree.kind !== 'mapping') {
    report.mistakes.push(
      mistake(tree.at, 'detection must be a mapping', 'write search identifiers and a condition'),
    )
    return undefined
  }
  const entries = tree.entries.filter(({ key }) => key !== 'condition' && key !== 'timeframe')
  const timeframe = tree.entries.find(({ key }) => key === 'timeframe')
  if (timeframe)
    report.mistakes.push(
      mistake(timeframe.at, 'timeframe is not supported', 'write a correlation rule with a timespan'),
    )
  if (entries.length === 0)
    report.mistakes.push(mistake(tree.at, 'the detection has no search identifier', 'add selection: …'))
  const used = new Set<string>()
  const unset = new Set<string>()
  const identifiers = new Map<string, NamedDetection>()
  let weakened = false
  for (const { key, value } of entries) {
    const exempts = key.startsWith(EXEMPTING)
    const use: ListUse = {
      lists: context.lists,
      whenUnset: context.strategy === 'sigma' ? 'refused' : 'unknown',
      used,
      unset: new Set(),
    }
    const detection = readDetection(value, use, report)
    if (detection) identifiers.set(key, { detection, exempts })
    if (use.unset.size > 0 && !exempts) weakened = true
    for (const list of use.unset) unset.add(list)
  }
  const conditions = readConditions(
    tree,
    entries.map(({ key }) => key),
    report,
  )
  warnOfUnused(entries, conditions, report)
  const fields = [...new Set([...identifiers.values()].flatMap(({ detection }) => fieldsOf(detection)))]
  return { identifiers, conditions, fields, lists: [...used], unsetLists: [...unset], weakened }
}

function warnOfUnused(entries: readonly Entry[], conditions: readonly Condition[], report: Report): void {
  if (conditions.length === 0) return
  const used = new Set(conditions.flatMap(identifiersIn))
  for (const { key, at } of entries) {
    if (!used.has(key))
      report.warnings.push(
        mistake(at, `no condition uses the identifier ${quote(key)}`, 'use it, or remove it'),
      )
  }
}

function readConditions(
  tree: Extract<Tree, { kind: 'mapping' }>,
  names: readonly string[],
  report: Report,
): readonly Condition[] {
  const condition = required(tree.entries, 'condition', tree.at, report)
  if (!condition) return []
  const sources = condition.kind === 'list' ? condition.items : [condition]
  if (sources.length === 0)
    report.mistakes.push(mistake(condition.at, 'condition is empty', 'name a search identifier'))
  return sources.flatMap((source) => {
    if (source.kind === 'scalar' && typeof source.value === 'string')
      return parseCondition(source.value, names, source.at, report) ?? []
    report.mistakes.push(mistake(source.at, 'condition must be text', 'name a search identifier'))
    return []
  })
}

import { identifiersIn, parseCondition } from './condition.ts'
import type { Condition } from './condition.ts'
import { fieldsOf, readDetection } from './detection.ts'
import type { ListUse } from './placeholders.ts'
import type { NamedDetection } from './predicate.ts'
import { mistake, quote } from './problem.ts'
import type { Position, Report } from './problem.ts'
import type { Lists } from './types.ts'
import { entryOf } from './yaml.ts'
import type { Entry, Scalar, Tree } from './yaml.ts'

/** Search identifiers and the conditions over them, and what they turned out to use. */
export interface Detections {
  readonly identifiers: ReadonlyMap<string, NamedDetection>
  /** They hold if any of them does. */
  readonly conditions: readonly Condition[]
  readonly fields: readonly string[]
  readonly lists: readonly string[]
  readonly unsetLists: readonly string[]
  /** True where an unset list switches an alternative off, not merely an exemption. */
  readonly weakened: boolean
}

/** What decides about placeholders and exemptions. */
export interface DetectionContext {
  readonly strategy: string
  readonly lists: Lists
  /** Every identifier only exempts, as in a filter. */
  readonly exempts?: boolean
}

/** Identifiers that only exempt: where their list is unset they exempt nobody. */
const EXEMPTING = 'filter_'

/** Reads a mapping of search identifiers with its condition; undefined if the report tells why not. */
export function readDetections(
  tree: Tree,
  context: DetectionContext,
  report: Report,
): Detections | undefined {
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
    const exempts = context.exempts === true || key.startsWith(EXEMPTING)
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
  const condition = entryOf(tree, 'condition')
  if (!condition) {
    report.mistakes.push(mistake(tree.at, 'a rule needs condition', 'add condition: …'))
    return []
  }
  const sources = condition.kind === 'list' ? condition.items : [condition]
  if (sources.length === 0)
    report.mistakes.push(mistake(condition.at, 'condition is empty', 'name a search identifier'))
  return sources.flatMap((source) => {
    if (source.kind === 'scalar' && typeof source.value === 'string')
      return parseCondition(source.value, names, textBegin(source), report) ?? []
    report.mistakes.push(mistake(source.at, 'condition must be text', 'name a search identifier'))
    return []
  })
}

function textBegin({ at, isQuoted }: Scalar): Position {
  return isQuoted === true ? { ...at, column: at.column + 1 } : at
}

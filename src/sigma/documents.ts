import { readBaseline } from './baseline.ts'
import type { ParsedBaseline, ParsedRisk } from './baseline.ts'
import { newCollection } from './collection.ts'
import { readCorrelation } from './correlation.ts'
import type { ParsedCorrelation } from './correlation.ts'
import { readFilter } from './filter.ts'
import type { ParsedFilter } from './filter.ts'
import { newReport } from './problem.ts'
import type { Mistake } from './problem.ts'
import { readRule } from './rule.ts'
import type { ParsedRule, RuleContext } from './rule.ts'
import type { Lists, RuleText } from './types.ts'
import { entryOf, plainOf, readDocuments } from './yaml.ts'
import type { Tree, YamlDocument } from './yaml.ts'

/** What came of the documents of one text. */
export interface RuleDocuments {
  readonly rules: readonly ParsedRule[]
  readonly filters: readonly ParsedFilter[]
  readonly correlations: readonly ParsedCorrelation[]
  readonly baselines: readonly (ParsedBaseline | ParsedRisk)[]
  readonly refused: readonly Mistake[]
  readonly warnings: readonly Mistake[]
}

/** The YAML documents of a text. */
export type ReadYaml = (text: RuleText) => readonly YamlDocument[]

export const readYaml: ReadYaml = ({ text, line }) => readDocuments(text, line)

/** Reads every document on its own: one that is refused never stops the others. */
export function readRuleText(text: RuleText, lists: Lists, read: ReadYaml = readYaml): RuleDocuments {
  const context: RuleContext = { file: text.file, strategy: text.strategy, lists }
  const rules: ParsedRule[] = []
  const filters: ParsedFilter[] = []
  const correlations: ParsedCorrelation[] = []
  const baselines: (ParsedBaseline | ParsedRisk)[] = []
  const refused: Mistake[] = []
  const warnings: Mistake[] = []
  const collection = newCollection()
  const ids = new Set<string>()
  for (const [index, document] of read(text).entries()) {
    const report = newReport()
    report.mistakes.push(...document.mistakes)
    const tree = document.tree && collection.next(document.tree, report)
    if (tree && !(tree.kind === 'scalar' && tree.value === null)) {
      if (tree.kind === 'mapping' && entryOf(tree, 'correlation')) {
        const correlation = readCorrelation(tree, context, report)
        if (correlation && report.mistakes.length === 0) correlations.push(correlation)
      } else if (tree.kind === 'mapping' && entryOf(tree, 'baseline')) {
        const baseline = readBaseline(tree, context, report)
        if (baseline && report.mistakes.length === 0) baselines.push(baseline)
      } else if (tree.kind === 'mapping' && entryOf(tree, 'filter')) {
        const filter = readFilter(tree, context, report)
        if (filter && report.mistakes.length === 0) filters.push(filter)
      } else {
        const rule = readRule(tree, context, report)
        if (rule && report.mistakes.length === 0) rules.push(withOwnId(rule, document.tree, ids))
      }
    }
    refused.push(...report.mistakes.map((each) => ({ ...each, document: index + 1 })))
    warnings.push(...document.warnings, ...report.warnings)
  }
  return { rules, filters, correlations, baselines, refused, warnings }
}

/**
 * An id that a template gave, or a title, may be that of several rules of a text: the second and later ones get a
 * number. One that a document gives itself stays, and is refused where it is another rule's.
 */
function withOwnId(rule: ParsedRule, document: Tree | undefined, taken: Set<string>): ParsedRule {
  const isGiven =
    document !== undefined && (entryOf(document, 'id') ?? entryOf(document, 'name')) !== undefined
  let id = rule.id
  if (!isGiven) {
    for (let number = 2; taken.has(id.toLowerCase()); number += 1) id = `${rule.id}-${number}`
  }
  taken.add(id.toLowerCase())
  return id === rule.id ? rule : { ...rule, id }
}

/** The documents of a text as plain data, templates applied: what other tools read. */
export function plainDocuments(text: RuleText): readonly unknown[] {
  const collection = newCollection()
  return readYaml(text).flatMap((document) => {
    const tree = document.tree && collection.next(document.tree, newReport())
    return tree?.kind === 'mapping' ? [plainOf(tree)] : []
  })
}

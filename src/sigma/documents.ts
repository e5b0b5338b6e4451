import { mistake, newReport } from './problem.ts'
import type { Mistake, Report } from './problem.ts'
import { readRule } from './rule.ts'
import type { ParsedRule } from './rule.ts'
import type { Lists, RuleText } from './types.ts'
import { readDocuments } from './yaml.ts'
import type { Tree, YamlDocument } from './yaml.ts'

/** What came of the documents of one text. */
export interface RuleDocuments {
  readonly rules: readonly ParsedRule[]
  readonly refused: readonly Mistake[]
  readonly warnings: readonly Mistake[]
}

/** Reads every document on its own: one that is refused never stops the others. */
export function readRuleText(text: RuleText, lists: Lists): RuleDocuments {
  const rules: ParsedRule[] = []
  const refused: Mistake[] = []
  const warnings: Mistake[] = []
  let template: number | undefined
  for (const document of readDocuments(text.text, text.line)) {
    const report = newReport()
    report.mistakes.push(...document.mistakes)
    const action = document.tree && entry(document.tree, 'action')
    if (action) template = templateAfter(action, document, template)
    const rule = document.tree && readDocument(document.tree, text, lists, template, report)
    if (rule && report.mistakes.length === 0) rules.push(rule)
    refused.push(...report.mistakes)
    warnings.push(...document.warnings, ...report.warnings)
  }
  return { rules, refused, warnings }
}

function readDocument(
  tree: Tree,
  text: RuleText,
  lists: Lists,
  template: number | undefined,
  report: Report,
): ParsedRule | undefined {
  if (tree.kind === 'scalar' && tree.value === null) return undefined
  const unsupported = unsupportedKind(tree, template)
  if (!unsupported) return readRule(tree, { file: text.file, strategy: text.strategy, lists }, report)
  report.mistakes.push(unsupported)
  return undefined
}

function unsupportedKind(tree: Tree, template: number | undefined): Mistake | undefined {
  if (entry(tree, 'correlation')) {
    return mistake(
      tree.at,
      'correlation rules are not supported yet',
      'keep the rules that it refers to; they are loaded on their own',
    )
  }
  if (entry(tree, 'filter')) {
    return mistake(
      tree.at,
      'Sigma filter documents are not supported yet',
      'write the exemption as a filter_ identifier of the rule',
    )
  }
  if (entry(tree, 'action')) {
    return mistake(
      tree.at,
      'rule collections (action) are not supported',
      'write each rule out as a document of its own',
    )
  }
  if (template === undefined) return undefined
  return mistake(
    tree.at,
    `the rule depends on the action: global in line ${template}`,
    'write the rule out as a document of its own',
  )
}

/** The line of the template that following documents would be merged with. */
function templateAfter(
  action: Tree,
  document: YamlDocument,
  template: number | undefined,
): number | undefined {
  const name = action.kind === 'scalar' ? action.value : undefined
  if (name === 'global') return document.at.line
  return name === 'reset' ? undefined : template
}

function entry(tree: Tree, key: string): Tree | undefined {
  return tree.kind === 'mapping' ? tree.entries.find((each) => each.key === key)?.value : undefined
}

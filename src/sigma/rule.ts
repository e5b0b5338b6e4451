import { digest } from '../domain/hash.ts'
import type { Logsource } from '../domain/event.ts'
import { readAttributes } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { readDetections } from './detections.ts'
import type { Detections } from './detections.ts'
import { readLogsource } from './logsource.ts'
import { mistake } from './problem.ts'
import type { Position, Report } from './problem.ts'
import type { Lists } from './types.ts'
import type { Entry, Tree } from './yaml.ts'

/** A detection rule, understood but not yet compiled. */
export interface ParsedRule extends Detections {
  readonly at: Position
  readonly id: string
  readonly attributes: Attributes
  readonly logsource: Logsource
}

/** Where a rule comes from, and what decides about its placeholders. */
export interface RuleContext {
  readonly file: string
  readonly strategy: string
  readonly lists: Lists
}

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

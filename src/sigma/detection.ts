import { readItem, readKeyword } from './item.ts'
import type { Detection, Pattern } from './pattern.ts'
import type { ListUse } from './placeholders.ts'
import { mistake } from './problem.ts'
import type { Report } from './problem.ts'
import type { Tree } from './yaml.ts'

/**
 * Reads a search identifier's definition: a mapping is an AND of its items, a list an OR of its elements, text
 * a keyword. Undefined where something was wrong, which the report then tells.
 */
export function readDetection(tree: Tree, use: ListUse, report: Report): Detection | undefined {
  if (tree.kind === 'scalar') return readKeyword(tree, use, report)
  const isMapping = tree.kind === 'mapping'
  const size = isMapping ? tree.entries.length : tree.items.length
  if (size === 0) {
    report.mistakes.push(mistake(tree.at, 'the detection is empty', 'write at least one field or keyword'))
    return undefined
  }
  const parts = isMapping
    ? tree.entries.map((entry) => readItem(entry, use, report))
    : tree.items.map((item) => readDetection(item, use, report))
  const sound = parts.filter((part) => part !== undefined)
  if (sound.length !== parts.length) return undefined
  return sound.length === 1 ? sound[0] : { kind: isMapping ? 'all' : 'any', parts: sound }
}

/** Every field that a detection reads, those of field references included. */
export function fieldsOf(detection: Detection): readonly string[] {
  if (detection.kind !== 'item') return detection.parts.flatMap(fieldsOf)
  const referenced = patternsIn(detection).flatMap((pattern) =>
    pattern.kind === 'reference' ? [pattern.field] : [],
  )
  return detection.field === undefined ? referenced : [detection.field, ...referenced]
}

function patternsIn(item: Extract<Detection, { readonly kind: 'item' }>): readonly Pattern[] {
  return item.values.flat()
}

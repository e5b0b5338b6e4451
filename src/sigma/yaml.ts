import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import type { Document, Node, Scalar as YamlScalar } from 'yaml'
import { mistake, quote } from './problem.ts'
import type { Mistake, Position } from './problem.ts'

export type ScalarValue = string | number | bigint | boolean | null

/** YAML with positions: what the rest of the engine reads, so that the YAML library stays in this file. */
export type Tree =
  | { readonly kind: 'mapping'; readonly at: Position; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly at: Position; readonly items: readonly Tree[] }
  | Scalar
export interface Entry {
  readonly key: string
  readonly at: Position
  readonly value: Tree
}
export interface Scalar {
  readonly kind: 'scalar'
  readonly at: Position
  readonly value: ScalarValue
  /** As written, for a number whose text matters. */
  readonly source: string
  /** Its text begins one column behind where it stands. */
  readonly isQuoted?: boolean
}

export interface YamlDocument {
  readonly at: Position
  /** Undefined for a document without content, and for one with mistakes. */
  readonly tree: Tree | undefined
  readonly mistakes: readonly Mistake[]
  readonly warnings: readonly Mistake[]
}

export const MAX_CHARACTERS = 4 * 1024 * 1024
export const MAX_DOCUMENTS = 5_000
export const MAX_NODES = 100_000
export const MAX_DEPTH = 50

/**
 * The documents of a YAML 1.2 text, core schema. Duplicate keys, unknown tags, merge keys, and whatever passes
 * the bounds above are mistakes of their document. `line` is the line of the text's beginning in its file.
 */
export function readDocuments(text: string, line: number): readonly YamlDocument[] {
  const start = { line, column: 1 }
  if (text.length > MAX_CHARACTERS)
    return [broken(start, `the text is longer than ${MAX_CHARACTERS} characters`)]
  const unreadable = text.indexOf(REPLACEMENT)
  if (unreadable >= 0) {
    const { line: row, column } = placeIn(text, unreadable)
    const mend = 'write the file in UTF-8'
    const found = mistake({ line: row + line - 1, column }, 'the text is not UTF-8', mend)
    return [{ at: start, tree: undefined, mistakes: [found], warnings: [] }]
  }
  const lines = new LineCounter()
  const position = (offset: number): Position => {
    const { line: row, col } = lines.linePos(offset)
    return { line: Math.max(row, 1) + line - 1, column: Math.max(col, 1) }
  }
  try {
    const documents = parse(text, lines)
    if (documents.length > MAX_DOCUMENTS)
      return [broken(start, `there are more than ${MAX_DOCUMENTS} documents`)]
    return documents.map((document) => readDocument(document, position))
  } catch (error) {
    // the YAML library recurses: a text nested thousands of levels deep overflows its stack
    if (error instanceof RangeError) return [broken(start, 'the YAML is nested too deeply')]
    throw error
  }
}

/** What a reader of UTF-8 makes of bytes that are none. */
const REPLACEMENT = '\u{FFFD}'

function placeIn(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

function parse(text: string, lines: LineCounter): readonly Document.Parsed[] {
  // the library's own check for unique keys is quadratic; `readMapping` checks
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    intAsBigInt: true,
    uniqueKeys: false,
    prettyErrors: false,
    merge: false,
  })
  return Array.isArray(documents) ? documents : []
}

const LESS = 'split the file, or write it without that much nesting'

function broken(at: Position, message: string): YamlDocument {
  return { at, tree: undefined, mistakes: [mistake(at, message, LESS)], warnings: [] }
}

interface Reading {
  /** Nodes by the anchors read so far; the library would search the document for each alias. */
  readonly anchors: Map<string, Node>
  readonly position: (offset: number) => Position
  readonly mistakes: Mistake[]
  nodes: number
}

function readDocument(document: Document.Parsed, position: Reading['position']): YamlDocument {
  const at = position(document.contents?.range?.[0] ?? document.range[0])
  const mistakes = document.errors.map((error) =>
    mistake(
      position(error.pos[0]),
      `invalid YAML: ${error.message}`,
      error.code === 'TAB_AS_INDENT'
        ? 'indent with spaces'
        : 'correct the YAML; quote texts that begin with a special character',
    ),
  )
  const warnings: Mistake[] = []
  for (const warning of document.warnings) {
    mistakes.push(
      mistake(position(warning.pos[0]), `YAML: ${warning.message}`, 'use plain YAML without tags'),
    )
  }
  const reading: Reading = { anchors: new Map(), position, mistakes, nodes: 0 }
  const tree =
    mistakes.length === 0 && document.contents ? readNode(document.contents, reading, 0) : undefined
  return { at, tree: mistakes.length === 0 ? tree : undefined, mistakes, warnings }
}

function readNode(node: Node | null, reading: Reading, depth: number): Tree | undefined {
  const at = reading.position(node?.range?.[0] ?? 0)
  reading.nodes += 1
  if (reading.nodes > MAX_NODES || depth > MAX_DEPTH) return refuse(reading, at, tooBig(depth), LESS)
  if (isAlias(node)) {
    const target = reading.anchors.get(node.source)
    if (!target) return refuse(reading, at, `the alias *${node.source} has no anchor`, 'write the value out')
    return readNode(target, reading, depth + 1)
  }
  if (node?.anchor !== undefined) reading.anchors.set(node.anchor, node)
  if (isMap(node)) return readMapping(node.items, at, reading, depth)
  if (isSeq(node)) {
    const items: Tree[] = []
    for (const item of node.items) {
      const tree = readNode(item as Node | null, reading, depth + 1)
      if (!tree) return undefined
      items.push(tree)
    }
    return { kind: 'list', at, items }
  }
  if (isScalar(node)) return readScalar(node, at, reading)
  return { kind: 'scalar', at, value: null, source: '' }
}

function tooBig(depth: number): string {
  return depth > MAX_DEPTH
    ? `the document is nested deeper than ${MAX_DEPTH} levels`
    : `the document has more than ${MAX_NODES} nodes, its aliases expanded`
}

function refuse(reading: Reading, at: Position, message: string, mend: string): undefined {
  reading.mistakes.push(mistake(at, message, mend))
  return undefined
}

function readMapping(
  pairs: readonly { readonly key: unknown; readonly value: unknown }[],
  at: Position,
  reading: Reading,
  depth: number,
): Tree | undefined {
  const entries: Entry[] = []
  const seen = new Set<string>()
  for (const pair of pairs) {
    const keyNode = pair.key as Node
    const keyAt = reading.position(keyNode?.range?.[0] ?? 0)
    const key = isScalar(keyNode) ? keyText(keyNode.value, keyNode.source) : undefined
    if (key === undefined) return refuse(reading, keyAt, 'a key must be text', 'quote it')
    if (key === '<<')
      return refuse(reading, keyAt, 'merge keys (<<) are not part of YAML 1.2', 'write the keys out')
    if (seen.has(key)) return refuse(reading, keyAt, `duplicate key ${quote(key)}`, 'write it once')
    seen.add(key)
    const value = readNode(pair.value as Node | null, reading, depth + 1)
    if (!value) return undefined
    entries.push({
      key,
      at: keyAt,
      value: value.kind === 'scalar' && !pair.value ? { ...value, at: keyAt } : value,
    })
  }
  return { kind: 'mapping', at, entries }
}

function keyText(value: unknown, source: string | undefined): string | undefined {
  if (typeof value === 'string') return value
  return value === null ? undefined : source
}

function readScalar({ value, source, type }: YamlScalar, at: Position, reading: Reading): Tree | undefined {
  const scalar = scalarOf(value)
  if (scalar === undefined)
    return refuse(
      reading,
      at,
      'invalid number: only finite numbers are allowed',
      'write a finite number, or quote it as text',
    )
  const isQuoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE'
  return { kind: 'scalar', at, value: scalar, source: source ?? String(scalar), isQuoted }
}

function scalarOf(value: unknown): ScalarValue | undefined {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'string' || typeof value === 'boolean') return value
  return null
}

/** The tree of a value that another parser has read, all of it at one position; undefined if it is no data. */
export function treeOf(value: unknown, at: Position, depth = 0): Tree | undefined {
  if (depth > MAX_DEPTH) return undefined
  if (Array.isArray(value)) {
    const items = value.map((item) => treeOf(item, at, depth + 1))
    return items.includes(undefined) ? undefined : { kind: 'list', at, items: items as readonly Tree[] }
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => ({
      key,
      at,
      value: treeOf(item, at, depth + 1),
    }))
    if (entries.some((entry) => entry.value === undefined)) return undefined
    return { kind: 'mapping', at, entries: entries as readonly Entry[] }
  }
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  const scalar = scalarOf(value)
  return scalar === undefined ? undefined : { kind: 'scalar', at, value: scalar, source: String(value) }
}

/** The value under a key of a mapping. */
export function entryOf(tree: Tree, key: string): Tree | undefined {
  return tree.kind === 'mapping' ? tree.entries.find((entry) => entry.key === key)?.value : undefined
}

/** Plain data of a tree: objects, arrays, scalars. A key `__proto__` is an ordinary key. */
export function plainOf(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.map(plainOf)
  return Object.fromEntries(tree.entries.map((entry) => [entry.key, plainOf(entry.value)]))
}

import { isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { Document, Node } from 'yaml'

/** A place within a text of YAML, both 1-based. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface YamlProblem extends Place {
  readonly message: string
}

/** A YAML 1.2 document (core schema: `on`, `yes` and dates are strings) whose parts know where they stand. */
export interface YamlText {
  /** The value as plain data; undefined where there are problems. */
  readonly value: unknown
  readonly problems: readonly YamlProblem[]
  /** Where the part at `path` stands; for a path that does not exist, its nearest existing parent. */
  placeOf(path: readonly PropertyKey[]): Place
  /** Where the key that ends `path` stands. */
  placeOfKey(path: readonly PropertyKey[], key: string): Place
}

/** Text that is nothing but mistakes costs the parser the square of its length; several blocks are allowed. */
const MAX_CHARACTERS = 96 * 1024
const MAX_DEPTH = 32
const MAX_ALIASES = 20

/** Reads one YAML document. Never throws: hostile text (deep, large, alias bombs) is a problem like any other. */
export function readYaml(text: string): YamlText {
  const early = tooMuch(text)
  if (early !== undefined) return refused(early)
  try {
    return read(text)
  } catch (error) {
    return refused(error instanceof RangeError ? 'nested too deep to read' : messageOf(error))
  }
}

function read(text: string): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    strict: true,
    logLevel: 'silent',
    lineCounter: lines,
  })
  const place = (offset: number | undefined): Place => {
    const at = lines.linePos(offset ?? 0)
    return { line: Math.max(1, at.line), column: Math.max(1, at.col) }
  }
  const problems: YamlProblem[] = [...document.errors, ...document.warnings].map((error) => ({
    ...place(error.pos[0]),
    message: (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''),
  }))
  problems.push(...repeatedKeys(document, place), ...aliases(document, place))
  const value: unknown = problems.length > 0 ? undefined : document.toJS({ maxAliasCount: MAX_ALIASES })
  return {
    value,
    problems,
    placeOf: (path) => place(nearest(document, path)?.range?.[0]),
    placeOfKey: (path, key) => place(keyOffset(nearest(document, path), key)),
  }
}

/** The library compares all keys with all others; a set of names does it in one pass. */
function repeatedKeys(document: Document, place: (offset?: number) => Place): YamlProblem[] {
  const problems: YamlProblem[] = []
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>()
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : undefined
        const offset = isScalar(key) ? key.range?.[0] : map.range?.[0]
        if (name === undefined) problems.push({ ...place(offset), message: 'a key must be a plain value' })
        else if (seen.has(name))
          problems.push({ ...place(offset), message: `the key “${name}” stands twice` })
        else seen.add(name)
      }
    },
  })
  return problems
}

function aliases(document: Document, place: (offset?: number) => Place): YamlProblem[] {
  const offsets: (number | undefined)[] = []
  visit(document, { Alias: (_, alias) => void offsets.push(alias.range?.[0]) })
  if (offsets.length <= MAX_ALIASES) return []
  return [{ ...place(offsets[MAX_ALIASES]), message: `more than ${MAX_ALIASES} aliases` }]
}

function nearest(document: Document, path: readonly PropertyKey[]): Node | undefined {
  let node: unknown = document.contents
  for (const step of path) {
    const resolved = isAlias(node) ? node.resolve(document) : node
    if (!isMap(resolved) && !isSeq(resolved)) break
    const below: unknown = resolved.get(typeof step === 'number' ? step : String(step), true)
    if (below === undefined || below === null) break
    node = below
  }
  return (node ?? undefined) as Node | undefined
}

function keyOffset(node: Node | undefined, key: string): number | undefined {
  if (!isMap(node)) return node?.range?.[0]
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
  return isScalar(pair?.key) ? pair.key.range?.[0] : isCollection(node) ? node.range?.[0] : undefined
}

function tooMuch(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS) return `larger than ${MAX_CHARACTERS} characters`
  let depth = 0
  for (const character of text) {
    if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1)
    // brackets within quoted text count as well: no honest document has so many open ones
    if (depth > MAX_DEPTH) return `nested more than ${MAX_DEPTH} deep`
  }
  const compact = text.split('\n').find((line) => /^\s*(?:[-?:] +){33}/.test(line))
  const indented = text.split('\n').find((line) => /^ {200}/.test(line))
  return compact === undefined && indented === undefined ? undefined : `nested more than ${MAX_DEPTH} deep`
}

function refused(message: string): YamlText {
  const start = { line: 1, column: 1 }
  return {
    value: undefined,
    problems: [{ ...start, message }],
    placeOf: () => start,
    placeOfKey: () => start,
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { RE2JS } from 're2js'
import { parseRegex, RegexSyntaxError } from './regex-syntax.ts'
import type { RegexFlags, RegexNode } from './regex-syntax.ts'
import type { TextTest } from './text-pattern.ts'

/** Ways through a pattern and steps on a way up to which a backtracking engine is bounded from each start. */
const MAX_WAYS = 256
const MAX_STEPS = 512

/**
 * An unanchored search for the pattern, safe on any text: V8 runs a pattern only if it has few ways to match,
 * all of them short; a linear engine runs the others. Returns what is wrong with a pattern as text.
 */
export function compileRegex(pattern: string, flags: RegexFlags): TextTest | { readonly wrong: string } {
  try {
    const node = parseRegex(pattern, flags)
    return hasFewWays(node) ? runByV8(node) : runLinearly(node)
  } catch (error) {
    if (error instanceof RegexSyntaxError) return { wrong: error.message }
    // the linear engine's own refusals: a program that grows too large
    if (error instanceof Error) return { wrong: error.message }
    throw error
  }
}

/** Whether V8 may run the pattern. */
export function isBounded(pattern: string, flags: RegexFlags): boolean {
  return hasFewWays(parseRegex(pattern, flags))
}

function hasFewWays(node: RegexNode): boolean {
  const cost = costOf(node)
  return cost.ways <= MAX_WAYS && cost.steps <= MAX_STEPS
}

interface Cost {
  /** How many different ways there are through the pattern. */
  readonly ways: number
  /** Characters on the longest of them. */
  readonly steps: number
}

function costOf(node: RegexNode): Cost {
  switch (node.kind) {
    case 'class':
    case 'start':
    case 'end':
    case 'boundary':
      return { ways: 1, steps: 1 }
    case 'sequence':
      return node.items.map(costOf).reduce((a, b) => ({ ways: a.ways * b.ways, steps: a.steps + b.steps }), {
        ways: 1,
        steps: 0,
      })
    case 'choice':
      return node.items
        .map(costOf)
        .reduce((a, b) => ({ ways: a.ways + b.ways, steps: Math.max(a.steps, b.steps) }))
    case 'repeat':
      return repeatedCost(costOf(node.item), node.min, node.max)
  }
}

function repeatedCost(item: Cost, min: number, max: number): Cost {
  if (max === Infinity) return { ways: Infinity, steps: Infinity }
  let ways = 0
  for (let count = min; count <= max && ways <= MAX_WAYS; count += 1) ways += item.ways ** count
  return { ways, steps: item.steps * max }
}

type ClassNode = Extract<RegexNode, { readonly kind: 'class' }>

interface Dialect {
  code(point: number): string
  readonly lineStart: string
  readonly lineEnd: string
  readonly textStart: string
  readonly textEnd: string
}

const V8: Dialect = {
  code: (point) => `\\u{${point.toString(16)}}`,
  // the flag m would also break lines at \r and U+2028
  lineStart: '(?<![^\\n])',
  lineEnd: '(?![^\\n])',
  textStart: '^',
  textEnd: '$',
}
const RE2: Dialect = {
  code: (point) => `\\x{${point.toString(16)}}`,
  lineStart: '(?m:^)',
  lineEnd: '(?m:$)',
  textStart: '\\A',
  textEnd: '\\z',
}

function runByV8(node: RegexNode): TextTest {
  const expression = new RegExp(write(node, V8), 'u')
  return (text) => expression.test(text)
}

function runLinearly(node: RegexNode): TextTest {
  const expression = RE2JS.compile(write(node, RE2))
  return (text) => expression.test(text)
}

function write(node: RegexNode, dialect: Dialect): string {
  switch (node.kind) {
    case 'class':
      return node.ignoreCase ? `(?i:${writeClass(node, dialect)})` : writeClass(node, dialect)
    case 'start':
      return node.multiline ? dialect.lineStart : dialect.textStart
    case 'end':
      return node.multiline ? dialect.lineEnd : dialect.textEnd
    case 'boundary':
      return node.negated ? '\\B' : '\\b'
    case 'sequence':
      return writeSequence(node.items, dialect)
    case 'choice':
      return `(?:${node.items.map((item) => write(item, dialect)).join('|')})`
    case 'repeat':
      return `(?:${write(node.item, dialect)})${writeCount(node.min, node.max)}`
  }
}

/** Neighbours that ignore case share one group. */
function writeSequence(items: readonly RegexNode[], dialect: Dialect): string {
  let written = ''
  let folded = ''
  for (const item of items) {
    if (item.kind === 'class' && item.ignoreCase) {
      folded += writeClass(item, dialect)
    } else {
      written += (folded && `(?i:${folded})`) + write(item, dialect)
      folded = ''
    }
  }
  return written + (folded && `(?i:${folded})`)
}

function writeCount(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`
}

function writeClass({ ranges, negated }: ClassNode, dialect: Dialect): string {
  const [only] = ranges
  if (!negated && ranges.length === 1 && only?.[0] === only?.[1]) return writeCode(only?.[0] ?? 0, dialect)
  const written = ranges.map(([first, last]) => `${writeCode(first, dialect)}-${writeCode(last, dialect)}`)
  return `[${negated ? '^' : ''}${written.join('')}]`
}

function writeCode(code: number, dialect: Dialect): string {
  const character = String.fromCodePoint(code)
  return /[A-Za-z0-9]/.test(character) ? character : dialect.code(code)
}

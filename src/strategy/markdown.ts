import type { Nodes } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { frontmatterFromMarkdown } from 'mdast-util-frontmatter'
import { frontmatter } from 'micromark-extension-frontmatter'

export interface Heading {
  readonly depth: number
  /** As written, inline markup included. */
  readonly text: string
  readonly line: number
}

export interface Fence {
  /** Everything behind the opening fence: `yaml ads:rules`. */
  readonly info: string
  readonly text: string
  readonly line: number
  readonly contentLine: number
  readonly indent: number
}

/** The skeleton of a CommonMark document. Lines are 1-based; `lines[0]` is line 1. */
export interface MarkdownDocument {
  readonly lines: readonly string[]
  /** Text between the `---` lines; it begins on line 2. */
  readonly frontMatter: string | undefined
  readonly headings: readonly Heading[]
  readonly fences: readonly Fence[]
}

export interface Refusal {
  readonly line: number
  readonly reason: string
}

const MAX_BYTES = 1024 * 1024
const MAX_LINES = 20_000
const MAX_DEPTH = 32
/** Lines that open several lists or quotes at once cost the parser the square of their number. */
const MAX_COMPOUND_LINES = 500
/** Block quotes and list items that one line opens. */
const CONTAINERS = /^(?:[ \t]*(?:>|[-+*](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$)))+/
/**
 * Only the block structure is read from the tree. Inline constructs are off: they are the part of Markdown whose
 * cost a hostile text can drive up, and a heading or a fence never depends on them. The same goes for GFM.
 */
const INLINE = [
  'attention',
  'autolink',
  'characterEscape',
  'characterReference',
  'codeText',
  'definition',
  'hardBreakEscape',
  'htmlText',
  'labelEnd',
  'labelStartImage',
  'labelStartLink',
]

/** Reads CommonMark with front matter. Text that is too large or too deep to read in bounded time is refused. */
export function readMarkdown(source: string): MarkdownDocument | Refusal {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  const lines = text.split(/\r\n|\n|\r/)
  const refusal = refuse(text, lines)
  if (refusal !== undefined) return refusal
  const tree = fromMarkdown(text, {
    extensions: [frontmatter(['yaml']), { disable: { null: INLINE } }],
    mdastExtensions: [frontmatterFromMarkdown(['yaml'])],
  })
  return { lines, ...collect(tree, lines) }
}

function refuse(text: string, lines: readonly string[]): Refusal | undefined {
  if (text.length > MAX_BYTES)
    return { line: 1, reason: `the document is larger than ${MAX_BYTES} characters` }
  if (lines.length > MAX_LINES)
    return { line: MAX_LINES, reason: `the document has more than ${MAX_LINES} lines` }
  const nul = lines.findIndex((line) => line.includes('\0'))
  if (nul >= 0) return { line: nul + 1, reason: 'the document holds a NUL character: it is binary, not text' }
  const deep = lines.findIndex((line) => depthOf(line) > MAX_DEPTH)
  if (deep >= 0) return { line: deep + 1, reason: `lists or quotes are nested more than ${MAX_DEPTH} deep` }
  const compound = lines.filter((line) => depthOf(line) > 1 && /^\s*(?:>|[-+*]|\d+[.)])/.test(line)).length
  if (compound > MAX_COMPOUND_LINES)
    return { line: 1, reason: `more than ${MAX_COMPOUND_LINES} lines nest lists or quotes` }
  return undefined
}

function depthOf(line: string): number {
  const opened = CONTAINERS.exec(line)?.[0]
  const markers = opened === undefined ? 0 : (opened.match(/>|[-+*]|\d+[.)]/g)?.length ?? 0)
  return Math.max(markers, Math.floor((/^\s*/.exec(line)?.[0].length ?? 0) / 8))
}

function collect(tree: Nodes, lines: readonly string[]): Omit<MarkdownDocument, 'lines'> {
  const headings: Heading[] = []
  const fences: Fence[] = []
  let frontMatter: string | undefined
  const rest: Nodes[] = [tree]
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    const line = node.position?.start.line ?? 1
    if (node.type === 'yaml') frontMatter = node.value
    else if (node.type === 'heading') headings.push({ depth: node.depth, text: textOf(node), line })
    else if (node.type === 'code') {
      const fence = fenceOf(node, line, lines)
      if (fence !== undefined) fences.push(fence)
    } else if ('children' in node) rest.push(...node.children.toReversed())
  }
  return { frontMatter, headings, fences }
}

function textOf(node: Extract<Nodes, { type: 'heading' }>): string {
  return node.children.map((child) => ('value' in child ? child.value : '')).join('')
}

function fenceOf(
  node: Extract<Nodes, { type: 'code' }>,
  line: number,
  lines: readonly string[],
): Fence | undefined {
  const opening = lines[line - 1] ?? ''
  const column = node.position?.start.column ?? 1
  if (!/^(?:`{3}|~{3})/.test(opening.slice(column - 1))) return undefined
  const info = [node.lang, node.meta].filter((part) => part !== null && part !== undefined).join(' ')
  const value = node.value.split(/\r\n|\n|\r/)
  const filled = value.findIndex((content) => content.trim() !== '')
  const raw = lines[line + filled] ?? ''
  const indent = filled < 0 ? 0 : Math.max(0, raw.length - (value[filled] ?? '').length)
  return { info, text: node.value, line, contentLine: line + 1, indent }
}

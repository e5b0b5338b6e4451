import { MAX_POSITIONS } from './regex-bounds.ts'
import { searchForRun } from './regex-search.ts'
import type { Range } from './regex-syntax.ts'
import { contains, textSearch } from './text-search.ts'
import type { TextSearch } from './text-search.ts'

/** What a Sigma string stands for, piece by piece: text, `*`, `?`, and any of the dashes that start a parameter. */
export type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any-run' }
  | { readonly kind: 'any-one' }
  | { readonly kind: 'dash' }

const ANY_RUN: Token = { kind: 'any-run' }
const ANY_ONE: Token = { kind: 'any-one' }
const DASHES = '-/–—―'

/** Tokens of a string as a rule writes it: a backslash escapes `*`, `?` and itself and is text elsewhere. */
export function parseText(source: string): readonly Token[] {
  const tokens: Token[] = []
  let text = ''
  let from = 0
  const flush = (): void => {
    if (text !== '') tokens.push({ kind: 'text', text })
    text = ''
  }
  // whole pieces: a text put together character by character takes thirty bytes for each of them
  for (let at = 0; at < source.length; at += 1) {
    const character = source.charAt(at)
    if (character === '\\' && ESCAPED.has(source.charAt(at + 1))) {
      text += source.slice(from, at)
      from = at + 1
      at += 1
    } else if (character === '*' || character === '?') {
      text += source.slice(from, at)
      flush()
      tokens.push(character === '*' ? ANY_RUN : ANY_ONE)
      from = at + 1
    }
  }
  text += source.slice(from)
  flush()
  // a list that has grown has room for more, and a large collection of rules has a hundred thousand of them
  return [...tokens]
}

const ESCAPED: ReadonlySet<string> = new Set(['*', '?', '\\'])

export function withLeadingStar(tokens: readonly Token[]): readonly Token[] {
  return tokens[0]?.kind === 'any-run' ? tokens : [ANY_RUN, ...tokens]
}

export function withTrailingStar(tokens: readonly Token[]): readonly Token[] {
  return tokens.at(-1)?.kind === 'any-run' ? tokens : [...tokens, ANY_RUN]
}

/** The text of tokens without wildcards; undefined if there is one. */
export function plainText(tokens: readonly Token[]): string | undefined {
  let plain = ''
  for (const token of tokens) {
    if (token.kind !== 'text') return undefined
    plain += token.text
  }
  return plain
}

/** How a whole text must look; the forms that are plain string operations are told apart from the rest. */
export type TextShape =
  | { readonly kind: 'equals' | 'starts' | 'ends' | 'contains'; readonly text: string }
  | { readonly kind: 'wild'; readonly tokens: readonly Token[] }
  | { readonly kind: 'anything' }

export function shapeOf(tokens: readonly Token[]): TextShape {
  const runs = tokens.filter(
    (token, index) => token.kind !== 'any-run' || tokens[index - 1]?.kind !== 'any-run',
  )
  const leading = runs[0]?.kind === 'any-run'
  const trailing = runs.length > 1 && runs.at(-1)?.kind === 'any-run'
  const text = plainText(runs.slice(leading ? 1 : 0, trailing ? -1 : undefined))
  if (text === undefined) return { kind: 'wild', tokens: runs }
  if (leading && trailing) return { kind: 'contains', text }
  if (leading) return text === '' ? { kind: 'anything' } : { kind: 'ends', text }
  return trailing ? { kind: 'starts', text } : { kind: 'equals', text }
}

export type TextTest = (text: string) => boolean

/** Decides whether a whole text fits the tokens; fold both sides with the same function before. */
export function textTest(tokens: readonly Token[]): TextTest {
  const shape = shapeOf(tokens)
  switch (shape.kind) {
    case 'anything':
      return () => true
    case 'equals':
      return (text) => text === shape.text
    case 'starts':
      return (text) => text.startsWith(shape.text)
    case 'ends':
      return (text) => text.endsWith(shape.text)
    case 'contains':
      return (text) => contains(text, shape.text)
    case 'wild':
      return wildcardTest(shape.tokens)
  }
}

type Piece = Exclude<Token, { readonly kind: 'any-run' }>
type Segment = readonly Piece[]

/**
 * Segments between stars, each searched for once from left to right, the last one at the end: never backtracks
 * over a star.
 */
function wildcardTest(tokens: readonly Token[]): TextTest {
  const segments = segmentsOf(tokens)
  const first = segments[0] ?? []
  const last = segments.at(-1) ?? []
  if (segments.length === 1) return (text) => matchForward(text, 0, first) === text.length
  const middle = segments
    .slice(1, -1)
    .filter((segment) => segment.length > 0)
    .map(segmentSearch)
  return (text) => {
    let position = matchForward(text, 0, first)
    if (position < 0) return false
    for (const endOf of middle) {
      position = endOf(text, position)
      if (position < 0) return false
    }
    return matchBackward(text, last) >= position
  }
}

/** Whether there is more between two stars than can be searched for at a bounded cost. */
export function isTooLong(tokens: readonly Token[]): boolean {
  return segmentsOf(tokens)
    .slice(1, -1)
    .some((segment) => plainText(segment) === undefined && lengthOf(segment) > MAX_POSITIONS)
}

/** Characters of tokens, each wildcard one. */
export function lengthOf(tokens: readonly Token[]): number {
  return tokens.reduce((sum, token) => sum + (token.kind === 'text' ? token.text.length : 1), 0)
}

/**
 * Where the first occurrence ends. Text is looked for as text; `?` and dashes as a regular expression's classes are,
 * once the longest text between them is there.
 */
function segmentSearch(segment: Segment): TextSearch {
  const plain = plainText(segment)
  if (plain === undefined) {
    const find = textSearch(longestText(segment))
    const search = searchForRun(segment.flatMap(rangesOf))
    return (text, from) => (find(text, from) < 0 ? -1 : search(text, from))
  }
  const find = textSearch(plain)
  return (text, from) => {
    const start = find(text, from)
    return start < 0 ? -1 : start + plain.length
  }
}

function longestText(segment: Segment): string {
  let longest = ''
  for (const piece of segment)
    if (piece.kind === 'text' && piece.text.length > longest.length) longest = piece.text
  return longest
}

const ANY: readonly Range[] = [[0, 0x10_ff_ff]]
const ANY_DASH = Array.from(DASHES, (dash): Range => [dash.codePointAt(0) ?? 0, dash.codePointAt(0) ?? 0])

function rangesOf(piece: Piece): readonly (readonly Range[])[] {
  if (piece.kind === 'any-one') return [ANY]
  if (piece.kind === 'dash') return [ANY_DASH]
  return Array.from(piece.text, (character) => {
    const code = character.codePointAt(0) ?? 0
    return [[code, code]] as const
  })
}

function segmentsOf(tokens: readonly Token[]): readonly Segment[] {
  const segments: Piece[][] = [[]]
  for (const token of tokens) {
    if (token.kind === 'any-run') segments.push([])
    else segments.at(-1)?.push(token)
  }
  return segments
}

/** Where the segment ends if it stands at `from`; -1 if it does not. */
function matchForward(text: string, from: number, segment: Segment): number {
  let position = from
  for (const piece of segment) {
    if (piece.kind === 'text') {
      if (!text.startsWith(piece.text, position)) return -1
      position += piece.text.length
    } else {
      if (position >= text.length) return -1
      if (piece.kind === 'dash' && !DASHES.includes(text.charAt(position))) return -1
      position += isPair(text, position) ? 2 : 1
    }
  }
  return position
}

/** Where the segment begins if it ends the text; -1 if it does not. */
function matchBackward(text: string, segment: Segment): number {
  let position = text.length
  for (let index = segment.length - 1; index >= 0; index -= 1) {
    const piece = segment[index] as Piece
    if (piece.kind === 'text') {
      if (!text.endsWith(piece.text, position)) return -1
      position -= piece.text.length
    } else {
      if (position <= 0) return -1
      if (piece.kind === 'dash' && !DASHES.includes(text.charAt(position - 1))) return -1
      position -= position > 1 && isPair(text, position - 2) ? 2 : 1
    }
    if (position < 0) return -1
  }
  return position
}

function isPair(text: string, position: number): boolean {
  const high = text.charCodeAt(position)
  if (high < 0xd8_00 || high > 0xdb_ff) return false
  const low = text.charCodeAt(position + 1)
  return low >= 0xdc_00 && low <= 0xdf_ff
}

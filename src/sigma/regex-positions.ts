import { ignoringCase } from './case-relatives.ts'
import { MAX_POSITIONS } from './regex-bounds.ts'
import { complement, merged, RegexSyntaxError } from './regex-syntax.ts'
import type { Range, RegexNode } from './regex-syntax.ts'

/** A pattern with its counted repetitions written out: each place where a character is taken has a number. */
export type Part =
  | { readonly kind: 'position'; readonly position: number }
  | Extract<RegexNode, { readonly kind: 'start' | 'end' | 'boundary' }>
  /** `run`: any number of its items from the first on, none included. */
  | { readonly kind: 'sequence' | 'choice' | 'run'; readonly items: readonly Part[] }
  /** Once or more often. */
  | { readonly kind: 'loop'; readonly item: Part }

export interface Positions {
  readonly part: Part
  /** By position: what is taken there, in order and apart from each other. */
  readonly taken: readonly (readonly Range[])[]
  readonly hasBoundary: boolean
  readonly hasLines: boolean
}

/** Writes a pattern out. Throws `RegexSyntaxError` where that is too long. */
export function positionsOf(pattern: RegexNode): Positions {
  const taken: (readonly Range[])[] = []
  let hasBoundary = false
  let hasLines = false
  let parts = 0
  const expand = (node: RegexNode): Part => {
    parts += 1
    if (taken.length >= MAX_POSITIONS || parts > 4 * MAX_POSITIONS)
      throw new RegexSyntaxError(`written out it is longer than ${MAX_POSITIONS} characters`)
    switch (node.kind) {
      case 'class':
        taken.push(rangesOf(node))
        return { kind: 'position', position: taken.length - 1 }
      case 'boundary':
        hasBoundary = true
        return node
      case 'start':
      case 'end':
        hasLines ||= node.multiline
        return node
      case 'repeat':
        return repeated(node, expand)
      case 'choice': {
        const ranges = node.items.map(oneOf)
        if (!ranges.every((each) => each !== undefined)) break
        taken.push(merged(ranges.flat()))
        return { kind: 'position', position: taken.length - 1 }
      }
      case 'sequence':
        break
    }
    return { kind: node.kind, items: node.items.map(expand) }
  }
  const part = expand(pattern)
  return { part, taken, hasBoundary, hasLines }
}

function repeated(
  { item, min, max }: Extract<RegexNode, { readonly kind: 'repeat' }>,
  expand: (node: RegexNode) => Part,
): Part {
  const copies = (count: number): readonly Part[] => Array.from({ length: count }, () => expand(item))
  if (max !== Infinity)
    return { kind: 'sequence', items: [...copies(min), { kind: 'run', items: copies(max - min) }] }
  const loop = (): Part => ({ kind: 'loop', item: expand(item) })
  return min === 0
    ? { kind: 'run', items: [loop()] }
    : { kind: 'sequence', items: [...copies(min - 1), loop()] }
}

/** What an alternative takes that is one character; undefined for any other. */
function oneOf(node: RegexNode): readonly Range[] | undefined {
  if (node.kind === 'class') return rangesOf(node)
  const [only] = node.kind === 'sequence' && node.items.length === 1 ? node.items : []
  return only && oneOf(only)
}

function rangesOf(node: Extract<RegexNode, { readonly kind: 'class' }>): readonly Range[] {
  const ranges = merged(node.ignoreCase ? ignoringCase(node.ranges) : node.ranges)
  return node.negated ? complement(ranges) : ranges
}

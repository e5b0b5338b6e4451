import { EDGE, KINDS, LINE_FEED, WORD } from './regex-alphabet.ts'
import { JUMP_COST, MAX_COST } from './regex-bounds.ts'
import type { Work } from './regex-bounds.ts'
import type { Part, Positions } from './regex-positions.ts'
import { RegexSyntaxError } from './regex-syntax.ts'

/**
 * How positions follow each other at a place of a text, given what stands on its two sides: the automaton of
 * Glushkov, whose states are the positions, with all of them in the bits of a few words. Most positions are
 * followed by the next one, so that a shift does it; the others are sets with the same successors.
 */
export interface Step {
  /** The pattern matches the empty text here. */
  readonly nullable: boolean
  /** Positions after which the pattern has matched: pairs of a word's index and its bits. */
  readonly last: Uint32Array
  /** Positions with which it can begin: a search begins anywhere. */
  readonly first: Uint32Array
  /** Positions that may follow the one before them. */
  readonly chain: Uint32Array
  /**
   * All other successors: for each word of each set of positions its index, its bits, from where to where its
   * successors stand in `targets`, and where the next set begins here.
   */
  readonly jumps: Uint32Array
  /** Pairs of a word's index and its bits. */
  readonly targets: Uint32Array
}

/** Numbers of an entry of `jumps`. */
export const JUMP = 5

/** A step for each pair of what stands before and after, by `KINDS * before + after`. */
export function stepsOf(positions: Positions, words: number, work: Work): readonly Step[] {
  const byTruth = new Map<string, Step>()
  return Array.from({ length: KINDS * KINDS }, (_, pair) => {
    const place = placeOf(Math.floor(pair / KINDS), pair % KINDS, positions)
    const key = JSON.stringify(place)
    const step = byTruth.get(key) ?? stepAt(place, positions, words, work)
    byTruth.set(key, step)
    return step
  })
}

/** What holds at a place. */
interface Place {
  readonly start: boolean
  readonly lineStart: boolean
  readonly end: boolean
  readonly lineEnd: boolean
  readonly boundary: boolean
}

function placeOf(before: number, after: number, { hasBoundary, hasLines }: Positions): Place {
  const [start, end] = [before === EDGE, after === EDGE]
  return {
    start,
    end,
    lineStart: hasLines && (start || before === LINE_FEED),
    lineEnd: hasLines && (end || after === LINE_FEED),
    boundary: hasBoundary && (before === WORD) !== (after === WORD),
  }
}

/** A part, as what it can begin and end with. */
interface Ends {
  readonly nullable: boolean
  readonly first: Uint32Array
  readonly last: Uint32Array
}

function stepAt(place: Place, { part, taken }: Positions, words: number, work: Work): Step {
  const follow = taken.map(() => undefined as Uint32Array | undefined)
  const none = new Uint32Array(words)
  const join = (last: Uint32Array, first: Uint32Array): void => {
    for (const position of bitsIn(last)) {
      work.spend(words)
      const row = (follow[position] ??= new Uint32Array(words))
      unite(row, first)
    }
  }
  const nothing = (nullable: boolean): Ends => ({ nullable, first: none, last: none })
  const endsOf = (node: Part): Ends => {
    work.spend(words)
    switch (node.kind) {
      case 'position': {
        const bits = new Uint32Array(words)
        bits[node.position >>> 5] = 1 << (node.position & 31)
        return { nullable: false, first: bits, last: bits }
      }
      case 'start':
        return nothing(node.multiline ? place.lineStart : place.start)
      case 'end':
        return nothing(node.multiline ? place.lineEnd : place.end)
      case 'boundary':
        return nothing(place.boundary !== node.negated)
      case 'loop': {
        const item = endsOf(node.item)
        join(item.last, item.first)
        return item
      }
      case 'choice': {
        const items = node.items.map(endsOf)
        return {
          nullable: items.some((item) => item.nullable),
          first: union(
            items.map((item) => item.first),
            words,
          ),
          last: union(
            items.map((item) => item.last),
            words,
          ),
        }
      }
      default:
        return endsOfRun(node.items.map(endsOf), node.kind === 'run', words, join)
    }
  }
  return stepOf(endsOf(part), follow, words)
}

/** One item after the other: all of them, or any number of them from the first on. */
function endsOfRun(
  items: readonly Ends[],
  isRun: boolean,
  words: number,
  join: (last: Uint32Array, first: Uint32Array) => void,
): Ends {
  let nullable = true
  let last: Uint32Array = new Uint32Array(words)
  const first = new Uint32Array(words)
  const anyLast = new Uint32Array(words)
  for (const item of items) {
    join(last, item.first)
    if (nullable) unite(first, item.first)
    last = item.nullable ? union([last, item.last], words) : item.last
    unite(anyLast, last)
    nullable &&= item.nullable
  }
  return isRun ? { nullable: true, first, last: anyLast } : { nullable, first, last }
}

function stepOf(ends: Ends, follow: readonly (Uint32Array | undefined)[], words: number): Step {
  const chain = new Uint32Array(words)
  const sources = new Map<string, { readonly from: Uint32Array; readonly to: Uint32Array }>()
  for (const [position, row] of follow.entries()) {
    if (row === undefined) continue
    const next = position + 1
    const bit = 1 << (next & 31)
    if (next >>> 5 < words && ((row[next >>> 5] as number) & bit) !== 0) {
      chain[next >>> 5] = (chain[next >>> 5] as number) | bit
      row[next >>> 5] = (row[next >>> 5] as number) & ~bit
    }
    if (row.every((word) => word === 0)) continue
    const key = row.join()
    const group = sources.get(key) ?? { from: new Uint32Array(words), to: row }
    group.from[position >>> 5] = (group.from[position >>> 5] as number) | (1 << (position & 31))
    sources.set(key, group)
  }
  const last = pairsOf(ends.last)
  const jumps: number[] = []
  const targets: number[] = []
  let cost = 2 * words + last.length
  for (const { from, to } of sources.values()) {
    const begin = targets.length
    targets.push(...pairsOf(to))
    const pairs = pairsOf(from)
    const after = jumps.length + (pairs.length / 2) * JUMP
    for (let index = 0; index < pairs.length; index += 2)
      jumps.push(pairs[index] as number, pairs[index + 1] as number, begin, targets.length, after)
    cost += (JUMP_COST * pairs.length + targets.length - begin) / 2
  }
  if (cost > MAX_COST) throw new RegexSyntaxError('its repetitions combine in too many ways')
  return {
    nullable: ends.nullable,
    last: Uint32Array.from(last),
    first: ends.first,
    chain,
    jumps: Uint32Array.from(jumps),
    targets: Uint32Array.from(targets),
  }
}

/** Index and bits of each word that has any. */
function pairsOf(set: Uint32Array): readonly number[] {
  const pairs: number[] = []
  for (const [index, word] of set.entries()) if (word !== 0) pairs.push(index, word)
  return pairs
}

function unite(into: Uint32Array, more: Uint32Array): void {
  for (let index = 0; index < into.length; index += 1)
    into[index] = (into[index] as number) | (more[index] as number)
}

function union(sets: readonly Uint32Array[], words: number): Uint32Array {
  const all = new Uint32Array(words)
  for (const set of sets) unite(all, set)
  return all
}

function* bitsIn(set: Uint32Array): Generator<number> {
  for (const [index, word] of set.entries()) {
    for (let left = word; left !== 0; left &= left - 1) yield index * 32 + (31 - Math.clz32(left & -left))
  }
}

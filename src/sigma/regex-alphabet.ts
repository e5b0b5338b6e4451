import type { Work } from './regex-bounds.ts'
import type { Positions } from './regex-positions.ts'
import type { Range } from './regex-syntax.ts'

/** What stands on one side of a place in a text, as far as `^`, `$` and `\b` tell it. */
export const EDGE = 0
export const LINE_FEED = 1
export const WORD = 2
export const OTHER = 3
export const KINDS = 4

/** Code points that a pattern does not tell apart are one letter. */
export interface Alphabet {
  readonly size: number
  readonly letterOf: (code: number) => number
  /** The same for the first 256 code points. */
  readonly latin1: Uint16Array
  /** By letter: a bit for each position that takes it, in `words` words. */
  readonly rows: Uint32Array
  readonly words: number
  /** By letter: `LINE_FEED`, `WORD` or `OTHER`, where the pattern asks. */
  readonly kinds: Uint8Array
}

const LINE_FEEDS: readonly Range[] = [[10, 10]]
const WORDS: readonly Range[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
const LATIN_1 = 256

export function alphabetOf({ taken, hasBoundary, hasLines }: Positions, work: Work): Alphabet {
  const words = Math.max(1, Math.ceil(taken.length / 32))
  const feeds = hasLines ? LINE_FEEDS : []
  const inWord = hasBoundary ? WORDS : []
  const starts = startsOf([...taken, feeds, inWord])
  work.spend(starts.length * words)
  const wide = new Uint32Array(starts.length * words)
  for (const [position, ranges] of taken.entries()) {
    const bit = 1 << (position & 31)
    for (const interval of covered(starts, ranges, work)) {
      const index = interval * words + (position >>> 5)
      wide[index] = (wide[index] as number) | bit
    }
  }
  const kinds = new Uint8Array(starts.length).fill(OTHER)
  for (const interval of covered(starts, feeds, work)) kinds[interval] = LINE_FEED
  for (const interval of covered(starts, inWord, work)) kinds[interval] = WORD
  return lettersOf(starts, wide, words, kinds)
}

/** Where each run of code points begins that no class tells apart. */
function startsOf(sets: readonly (readonly Range[])[]): Uint32Array {
  const starts = new Set<number>([0])
  for (const ranges of sets) {
    for (const [first, last] of ranges) starts.add(first).add(last + 1)
  }
  return Uint32Array.from(starts).sort()
}

function* covered(starts: Uint32Array, ranges: readonly Range[], work: Work): Generator<number> {
  for (const [first, last] of ranges) {
    for (let interval = intervalOf(starts, first); (starts[interval] ?? Infinity) <= last; interval += 1) {
      work.spend(1)
      yield interval
    }
  }
}

function intervalOf(starts: Uint32Array, code: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((starts[middle] as number) <= code) low = middle
    else high = middle - 1
  }
  return low
}

/** Runs that the same positions take become one letter. */
function lettersOf(starts: Uint32Array, wide: Uint32Array, words: number, wideKinds: Uint8Array): Alphabet {
  const byRow = new Map<string, number>()
  const letters = new Uint16Array(starts.length)
  const rows: number[] = []
  const kinds: number[] = []
  for (const interval of starts.keys()) {
    const row = wide.subarray(interval * words, (interval + 1) * words)
    const key = `${wideKinds[interval]}:${row.join()}`
    let letter = byRow.get(key)
    if (letter === undefined) {
      letter = byRow.size
      byRow.set(key, letter)
      rows.push(...row)
      kinds.push(wideKinds[interval] as number)
    }
    letters[interval] = letter
  }
  const latin1 = Uint16Array.from(
    { length: LATIN_1 },
    (_, code) => letters[intervalOf(starts, code)] as number,
  )
  return {
    size: byRow.size,
    letterOf: (code) => letters[intervalOf(starts, code)] as number,
    latin1,
    rows: Uint32Array.from(rows),
    words,
    kinds: Uint8Array.from(kinds),
  }
}

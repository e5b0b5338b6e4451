import type { LiteralFinder } from './finder.ts'
import { caseless, GRAM, gramAt, gramBefore, lowBytesOf, nextGram, PAD, placeOf } from './grams.ts'
import type { LowBytes } from './grams.ts'

/** At most 2^18 bits: 32 KiB, which a processor keeps near. Most rules list a few literals, and need far less. */
const MOST_BITS = 18
/** So many bits a literal, as a power of two, that an arbitrary gram seldom finds its own set. */
const BITS_A_LITERAL = 8

interface Known {
  readonly literal: number
  readonly text: string
  /** Where the gram ends by which it is known. */
  readonly end: number
  /** What it begins with, which tells most of those apart that share a gram. */
  readonly first: number
}

/**
 * Each literal is known by that gram of its own which fewest others share: a bit tells whether any literal has the
 * gram at hand, and only then is anything compared. A text made to hit such a gram everywhere costs as many
 * comparisons a character as literals share it.
 */
export function denseFinder(literals: readonly string[], compared: (text: string) => string): LiteralFinder {
  const bits = Math.min(MOST_BITS, BITS_A_LITERAL + Math.ceil(Math.log2(literals.length + 1)))
  const shift = 32 - bits
  const known = new Uint8Array(2 ** (bits - 3))
  const byBit = new Map<number, Known[]>()
  const uses = usesOf(literals)
  for (const [literal, text] of literals.entries()) {
    const end = rarestGram(text, uses)
    const bit = placeOf(gramBefore(text, end), shift)
    known[bit >>> 3] = (known[bit >>> 3] as number) | (1 << (bit & 7))
    const same = byBit.get(bit)
    const one = { literal, text, end, first: caseless(gramBefore(text, GRAM)) }
    if (same === undefined) byBit.set(bit, [one])
    else same.push(one)
  }
  return {
    find(text, found) {
      const low = lowBytesOf(text)
      const last = PAD + text.length
      let exact: string | undefined
      for (
        let end = seek(known, shift, low, PAD + GRAM, last);
        end <= last;
        end = seek(known, shift, low, end + 1, last)
      ) {
        for (const each of byBit.get(placeOf(gramAt(low, end), shift)) ?? NONE) {
          const start = end - PAD - each.end
          if (start < 0 || caseless(gramAt(low, start + PAD + GRAM)) !== each.first) continue
          exact ??= compared(text)
          if (exact.startsWith(each.text, start) && found(each.literal) === false) return
        }
      }
    },
  }
}

/** Where the next gram ends that some literal may have, from `end` on; beyond `last` where there is none. */
function seek(known: Uint8Array, shift: number, low: LowBytes, end: number, last: number): number {
  const { bytes } = low
  let gram = gramAt(low, end - 1)
  for (let index = end - 1; index < last; index += 1) {
    gram = nextGram(gram, bytes[index] as number)
    const bit = placeOf(gram, shift)
    if (((known[bit >>> 3] as number) & (1 << (bit & 7))) !== 0) return index + 1
  }
  return last + 1
}

const NONE: readonly never[] = []

function usesOf(literals: readonly string[]): ReadonlyMap<number, number> {
  const uses = new Map<number, number>()
  for (const text of literals) {
    for (let end = GRAM; end <= text.length; end += 1) {
      const gram = gramBefore(text, end)
      uses.set(gram, (uses.get(gram) ?? 0) + 1)
    }
  }
  return uses
}

/** Where the gram ends that fewest literals have. */
function rarestGram(text: string, uses: ReadonlyMap<number, number>): number {
  let best = GRAM
  let fewest = Infinity
  for (let end = GRAM; end <= text.length; end += 1) {
    const count = uses.get(gramBefore(text, end)) ?? 0
    if (count < fewest) {
      fewest = count
      best = end
    }
  }
  return best
}

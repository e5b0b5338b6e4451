/** Tells which of many literals occur in a text, in one pass over it and with a small table. */
export interface LiteralFinder {
  /** Calls `found` with the index of each literal that occurs, possibly more than once, until it answers false. */
  find(text: string, found: (literal: number) => unknown): void
}

/** Characters by which a literal is looked for. */
export const GRAM = 4
/** Bytes before a text, so that the first gram can be read like every other. */
const PAD = GRAM
/** Odd, with its bits spread: Knuth's multiplicative hashing. */
const SPREAD = -1_640_531_535
/** At most 2^18 bits: 32 KiB, which a processor keeps near. Most rules list a few literals, and need far less. */
const MOST_BITS = 18
/** So many bits a literal, as a power of two, that an arbitrary gram seldom finds its own set. */
const BITS_A_LITERAL = 8

/**
 * Literals of at least four UTF-16 units. Each is known by that gram of its own which fewest others share: a
 * bit tells whether any literal has the gram at hand, and only then is anything compared. A text made to hit
 * such a gram everywhere costs as many comparisons a character as literals share it.
 */
export function literalFinder(literals: readonly string[]): LiteralFinder {
  const bits = Math.min(MOST_BITS, BITS_A_LITERAL + Math.ceil(Math.log2(literals.length + 1)))
  const shift = 32 - bits
  const known = new Uint8Array(2 ** (bits - 3))
  const byBit = new Map<number, { readonly literal: number; readonly text: string; readonly end: number }[]>()
  const uses = usesOf(literals)
  for (const [literal, text] of literals.entries()) {
    const end = rarestGram(text, uses)
    const bit = bitOf(gramBefore(text, end), shift)
    known[bit >>> 3] = (known[bit >>> 3] as number) | (1 << (bit & 7))
    const same = byBit.get(bit)
    if (same === undefined) byBit.set(bit, [{ literal, text, end }])
    else same.push({ literal, text, end })
  }
  return {
    find(text, found) {
      const bytes = lowBytesOf(text)
      const last = PAD + text.length
      for (
        let end = seek(known, shift, bytes, PAD + GRAM, last);
        end <= last;
        end = seek(known, shift, bytes, end + 1, last)
      ) {
        for (const each of byBit.get(bitOf(gramOf(bytes, end), shift)) ?? NONE) {
          const start = end - PAD - each.end
          if (start >= 0 && text.startsWith(each.text, start) && found(each.literal) === false) return
        }
      }
    },
  }
}

/** Where the next gram ends that some literal may have, from `end` on; beyond `last` where there is none. */
function seek(known: Uint8Array, shift: number, bytes: Uint8Array, end: number, last: number): number {
  let gram = gramOf(bytes, end - 1)
  for (let index = end - 1; index < last; index += 1) {
    gram = (gram << 8) | (bytes[index] as number)
    const bit = bitOf(gram, shift)
    if (((known[bit >>> 3] as number) & (1 << (bit & 7))) !== 0) return index + 1
  }
  return last + 1
}

function bitOf(gram: number, shift: number): number {
  return Math.imul(gram, SPREAD) >>> shift
}

function gramOf(bytes: Uint8Array, end: number): number {
  return (
    ((bytes[end - 4] as number) << 24) |
    ((bytes[end - 3] as number) << 16) |
    ((bytes[end - 2] as number) << 8) |
    (bytes[end - 1] as number)
  )
}

const NONE: readonly never[] = []

let scratch = Buffer.alloc(65_536)

/** The low byte of each UTF-16 unit: going through bytes is several times as fast as through a string. */
function lowBytesOf(text: string): Uint8Array {
  if (PAD + text.length > scratch.length) scratch = Buffer.alloc(PAD + 2 * text.length)
  scratch.write(text, PAD, 'latin1')
  return scratch
}

function gramBefore(text: string, end: number): number {
  let gram = 0
  for (let index = end - GRAM; index < end; index += 1) gram = (gram << 8) | (text.charCodeAt(index) & 0xff)
  return gram
}

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

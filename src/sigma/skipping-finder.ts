import type { LiteralFinder } from './finder.ts'
import { GRAM, gramAt, gramBefore, lowBytesOf, PAD, placeOf } from './grams.ts'
import type { LowBytes } from './grams.ts'

/** A leap is at most so many characters, less those of a gram. */
const LONGEST = 16
/** Of so many places one may be taken, or leaps become short. */
const ROOM = 8

interface Shape {
  /** Characters that are looked at as one: the shortest literal's. */
  readonly window: number
  /** Characters of a gram that count. With fewer, leaps are longer, and more of the places are taken. */
  readonly tail: number
  /** A byte for each of 2^bits places. */
  readonly bits: number
}

/** Few literals, of which the shortest may be rather short, in 4 KiB. */
const FEW = { shortest: 6, tail: 3, bits: 12 } as const
/** Many long ones, as lists of hashes are, in 64 KiB, of which a text touches hardly any. */
const MANY = { shortest: 12, tail: 4, bits: 16 } as const

function shapeOf(literals: readonly string[]): Shape | undefined {
  let window = LONGEST
  for (const { length } of literals) window = Math.min(window, length)
  const fitting = [FEW, MANY].find(
    ({ shortest, tail, bits }) =>
      window >= shortest && literals.length * (window - tail + 1) * ROOM <= 2 ** bits,
  )
  return fitting && { window, tail: fitting.tail, bits: fitting.bits }
}

/** Whether leaping over the text pays for these literals. */
export function skips(literals: readonly string[]): boolean {
  return shapeOf(literals) !== undefined
}

/**
 * Looks at the gram at the end of a window of the text: where no literal begins with that gram within its own
 * window, the window leaps over it. After S. Wu and U. Manber, "A fast algorithm for multi-pattern searching",
 * University of Arizona TR-94-17, 1994.
 */
export function skippingFinder(
  literals: readonly string[],
  compared: (text: string) => string,
): LiteralFinder {
  const shape = shapeOf(literals)
  if (shape === undefined) throw new Error('these literals leave nothing to leap over')
  const { window, tail, bits } = shape
  const shift = 32 - bits
  const counts = -1 << (8 * (GRAM - tail))
  const leaps = new Uint8Array(2 ** bits).fill(window - tail + 1)
  const byPlace = new Map<number, number[]>()
  for (const [literal, text] of literals.entries()) {
    for (let end = tail; end <= window; end += 1) {
      const place = placeOf(gramBefore(text, end) & counts, shift)
      leaps[place] = Math.min(leaps[place] as number, window - end)
      if (end < window) continue
      const same = byPlace.get(place)
      if (same === undefined) byPlace.set(place, [literal])
      else same.push(literal)
    }
  }
  return {
    find(text, found) {
      const last = PAD + text.length
      if (text.length < window) return
      const low = lowBytesOf(text)
      let exact: string | undefined
      for (let end = PAD + window; end <= last; end += 1) {
        end = leap(leaps, shift, counts, low, end, last)
        if (end > last) return
        for (const literal of byPlace.get(placeOf(gramAt(low, end) & counts, shift)) ?? NONE) {
          exact ??= compared(text)
          const isThere = exact.startsWith(literals[literal] as string, end - PAD - window)
          if (isThere && found(literal) === false) return
        }
      }
    },
  }
}

/** Where a window ends, from `end` on, whose last gram some literal's window ends with; beyond `last` if nowhere. */
function leap(
  leaps: Uint8Array,
  shift: number,
  counts: number,
  low: LowBytes,
  from: number,
  last: number,
): number {
  let end = from
  while (end <= last) {
    const width = leaps[placeOf(gramAt(low, end) & counts, shift)] as number
    if (width === 0) return end
    end += width
  }
  return end
}

const NONE: readonly never[] = []

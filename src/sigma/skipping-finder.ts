import type { LiteralFinder } from './finder.ts'
import { gramAt, gramBefore, lowBytesOf, PAD, placeOf } from './grams.ts'
import type { LowBytes } from './grams.ts'

/** Literals whose shortest is shorter leave too little to leap over. */
const SHORTEST = 6
/** A leap is at most so many characters, less those of a gram. */
const LONGEST = 16
/** Of a gram the last three characters, so that leaps are one longer. */
const TAIL = 3
const TAIL_BITS = 0xff_ff_ff_00
/** 4 KiB: a byte for each place. */
const BITS = 12
/** Of so many places one may be taken, or leaps become short. */
const ROOM = 8

/** Whether leaping over the text pays for these literals. */
export function skips(literals: readonly string[]): boolean {
  const length = windowOf(literals)
  return length >= SHORTEST && literals.length * (length - TAIL + 1) * ROOM <= 2 ** BITS
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
  const window = windowOf(literals)
  const shift = 32 - BITS
  const leaps = new Uint8Array(2 ** BITS).fill(window - TAIL + 1)
  const byPlace = new Map<number, number[]>()
  for (const [literal, text] of literals.entries()) {
    for (let end = TAIL; end <= window; end += 1) {
      const place = placeOf(gramBefore(text, end) & TAIL_BITS, shift)
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
        end = leap(leaps, shift, low, end, last)
        if (end > last) return
        for (const literal of byPlace.get(placeOf(gramAt(low, end) & TAIL_BITS, shift)) ?? NONE) {
          exact ??= compared(text)
          const isThere = exact.startsWith(literals[literal] as string, end - PAD - window)
          if (isThere && found(literal) === false) return
        }
      }
    },
  }
}

/** Where a window ends, from `end` on, whose last gram some literal's window ends with; beyond `last` if nowhere. */
function leap(leaps: Uint8Array, shift: number, low: LowBytes, from: number, last: number): number {
  let end = from
  while (end <= last) {
    const width = leaps[placeOf(gramAt(low, end) & TAIL_BITS, shift)] as number
    if (width === 0) return end
    end += width
  }
  return end
}

const NONE: readonly never[] = []

function windowOf(literals: readonly string[]): number {
  let window = LONGEST
  for (const { length } of literals) window = Math.min(window, length)
  return window
}

import { denseFinder } from './dense-finder.ts'
import type { LiteralFinder } from './finder.ts'
import { skippingFinder, skips } from './skipping-finder.ts'

export type { LiteralFinder } from './finder.ts'

/**
 * Finds literals of at least four UTF-16 units: a few long ones by leaps, others by every gram of the text. With
 * `compared`, they are compared with what that makes of a text (of the same length, of the same letters in whatever
 * case), which is asked only where something may be found.
 */
export function literalFinder(
  literals: readonly string[],
  compared: (text: string) => string = asItIs,
): LiteralFinder {
  return skips(literals) ? skippingFinder(literals, compared) : denseFinder(literals, compared)
}

const asItIs = (text: string): string => text

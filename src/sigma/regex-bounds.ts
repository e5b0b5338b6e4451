import { RegexSyntaxError } from './regex-syntax.ts'

/** Characters that a pattern may ask for, its counted repetitions written out. */
export const MAX_POSITIONS = 3_000
/** What following all ways over one character may cost, in words of 32 bits that are touched: some 300 ns. */
export const MAX_COST = 200
/** What a word of positions with successors of their own costs. */
export const JUMP_COST = 3
/** Words that may be touched to prepare a pattern. */
const MAX_WORK = 8_000_000

/** Counts what is done to prepare a pattern. Throws `RegexSyntaxError` where it is too much. */
export interface Work {
  spend(words: number): void
}

export function newWork(): Work {
  let left = MAX_WORK
  return {
    spend(words) {
      left -= words
      if (left < 0) throw new RegexSyntaxError('its repetitions combine in too many ways')
    },
  }
}

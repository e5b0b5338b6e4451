import { alphabetOf } from './regex-alphabet.ts'
import { newWork } from './regex-bounds.ts'
import { positionsOf } from './regex-positions.ts'
import { searchFor } from './regex-search.ts'
import { stepsOf } from './regex-step.ts'
import { parseRegex, RegexSyntaxError } from './regex-syntax.ts'
import type { RegexFlags } from './regex-syntax.ts'
import type { TextTest } from './text-pattern.ts'

/**
 * An unanchored search for the pattern. It costs a bounded number of steps for each character, whatever the
 * pattern and the text: all ways through the pattern are followed at once, none is tried twice, and a pattern with
 * too many of them is refused. Returns what is wrong with a pattern as text.
 */
export function compileRegex(pattern: string, flags: RegexFlags): TextTest | { readonly wrong: string } {
  try {
    const positions = positionsOf(parseRegex(pattern, flags))
    const work = newWork()
    const alphabet = alphabetOf(positions, work)
    const search = searchFor(alphabet, stepsOf(positions, alphabet.words, work))
    return (text) => search(text, 0) >= 0
  } catch (error) {
    if (error instanceof RegexSyntaxError) return { wrong: error.message }
    throw error
  }
}

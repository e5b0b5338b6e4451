import { foldText } from './fold.ts'
import type { Range } from './regex-syntax.ts'

/** The last code point with a case, and room for what Unicode adds next to it. */
const LAST_CASED = 0x1_ff_ff
const FOLDS = /\p{Changes_When_Casefolded}/u

let relatives: ReadonlyMap<number, readonly number[]> | undefined

/** The ranges, and every code point that differs from one of theirs in case only. */
export function ignoringCase(ranges: readonly Range[]): readonly Range[] {
  relatives ??= families()
  const added: Range[] = []
  for (const [first, last] of ranges) {
    if (last - first < relatives.size) {
      for (let code = first; code <= last; code += 1) {
        for (const relative of relatives.get(code) ?? []) added.push([relative, relative])
      }
    } else {
      for (const [code, others] of relatives) {
        if (code >= first && code <= last) for (const other of others) added.push([other, other])
      }
    }
  }
  return added.length === 0 ? ranges : [...ranges, ...added]
}

/** For each code point that has a case: all that fold to what it folds to. */
function families(): ReadonlyMap<number, readonly number[]> {
  const byFold = new Map<string, number[]>()
  for (let code = 0; code <= LAST_CASED; code += 1) {
    const character = String.fromCodePoint(code)
    if (!FOLDS.test(character)) continue
    const folded = foldText(character)
    const family = byFold.get(folded)
    if (family === undefined) byFold.set(folded, [folded.codePointAt(0) ?? 0, code])
    else family.push(code)
  }
  const found = new Map<number, readonly number[]>()
  for (const family of byFold.values()) for (const code of family) found.set(code, family)
  return found
}

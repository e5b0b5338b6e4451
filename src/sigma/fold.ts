/** V8 answers this for a string that it keeps in one byte a character without looking at one of them. */
const BEYOND_LATIN_1 = /[^\0-\xff]/
/** The one character of Latin-1 whose case folds to one that is not of it: μ (U+03BC). */
const MICRO_SIGN = '\xb5'
const FOLDS = /\p{Changes_When_Casefolded}/u
/** The last code point with a case, and room for what Unicode adds next to it. */
const LAST_CASED = 0x1_ff_ff

let table: ReadonlyMap<number, string> | undefined

/**
 * Unicode simple case folding, code point by code point: K (U+212A) folds to k, Σ and ς to σ, and ß stays ß.
 * The number of code points never changes, so that `?` in a pattern stands for one of them.
 */
export function foldText(text: string): string {
  if (foldsToLowerCase(text)) return text.toLowerCase()
  table ??= foldTable()
  let folded = ''
  for (const character of text) {
    folded += table.get(character.codePointAt(0) ?? 0) ?? character
  }
  return folded
}

/** Whether folding is nothing but lower case, character by character within Latin-1. */
export function foldsToLowerCase(text: string): boolean {
  return !BEYOND_LATIN_1.test(text) && !text.includes(MICRO_SIGN)
}

/** Whether a text has a character beyond Latin-1. */
export function isBeyondLatin1(text: string): boolean {
  return BEYOND_LATIN_1.test(text)
}

function foldTable(): ReadonlyMap<number, string> {
  const folds = new Map<number, string>()
  for (let code = 0; code <= LAST_CASED; code += 1) {
    const character = String.fromCodePoint(code)
    if (!FOLDS.test(character)) continue
    const folded = foldCharacter(character)
    if (folded !== undefined) folds.set(code, folded)
  }
  return folds
}

/** JavaScript has simple folding only inside regular expressions (flags i and u): they judge the candidates. */
function foldCharacter(character: string): string | undefined {
  const upper = character.toUpperCase()
  const candidates = [upper.toLowerCase(), character.toLowerCase(), upper]
  return candidates.find(
    (candidate) =>
      candidate !== character &&
      Array.from(candidate).length === 1 &&
      new RegExp(`^${candidate}$`, 'iu').test(character),
  )
}

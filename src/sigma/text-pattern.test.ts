import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldText } from './fold.ts'
import { parseText, textTest } from './text-pattern.ts'
import type { Token } from './text-pattern.ts'

/** The plainest matcher there is: every way tried, one code point at a time. */
function fits(tokens: readonly Token[], text: string): boolean {
  const pattern = tokens.flatMap((token): readonly (string | Token)[] =>
    token.kind === 'text' ? Array.from(token.text) : [token],
  )
  const characters = Array.from(text)
  let reachable = new Set([0])
  for (const piece of pattern) {
    reachable = new Set([...reachable].flatMap((position) => after(piece, characters, position)))
  }
  return reachable.has(characters.length)
}

function after(piece: string | Token, characters: readonly string[], position: number): readonly number[] {
  const character = characters[position]
  if (typeof piece === 'string') return character === piece ? [position + 1] : []
  if (piece.kind === 'any-run')
    return characters
      .slice(position)
      .map((_, index) => position + index)
      .concat(characters.length)
  if (character === undefined) return []
  return piece.kind === 'any-one' || '-/–—―'.includes(character) ? [position + 1] : []
}

const letters = fc.constantFrom('a', 'b', '😀', '-', '\n')
const text = fc.array(letters, { maxLength: 12 }).map((each) => each.join(''))
const token = fc.oneof(
  fc
    .array(letters, { minLength: 1, maxLength: 2 })
    .map((each): Token => ({ kind: 'text', text: each.join('') })),
  fc.constantFrom<Token>({ kind: 'any-run' }, { kind: 'any-one' }, { kind: 'dash' }),
)

describe('a text pattern', () => {
  it('agrees with the plainest matcher on any pattern and any text', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), text, (tokens, value) => {
        expect(textTest(tokens)(value)).toBe(fits(tokens, value))
      }),
      { numRuns: 5_000 },
    )
  })

  it('agrees with it on any text that a rule may write', () => {
    const written = fc
      .array(fc.constantFrom('a', 'b', '*', '?', '\\', '😀'), { maxLength: 10 })
      .map((each) => each.join(''))
    fc.assert(
      fc.property(written, text, (source, value) => {
        const tokens = parseText(source)
        expect(textTest(tokens)(value)).toBe(fits(tokens, value))
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['C:\\Windows', 'C:\\Windows', true],
    ['C:\\\\Windows', 'C:\\Windows', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['\\\\*', '\\anything', true],
    ['\\\\\\*', '\\*', true],
    ['foo\\', 'foo\\', true],
    ['\\\\\\\\server', '\\\\server', true],
    ['a*z', 'a\nz', true],
    ['a?z', 'a😀z', true],
    ['a??z', 'a😀z', false],
  ])('reads %j so that %j fits: %s', (source, value, expected) => {
    expect(textTest(parseText(source))(value)).toBe(expected)
  })

  it('stays fast on many stars and a long text that nearly fits', () => {
    const test = textTest(parseText(`${'*a?'.repeat(30)}*b`))
    const start = performance.now()
    expect(test('a'.repeat(100_000))).toBe(false)
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})

describe('case folding', () => {
  it.each([
    ['K', 'k'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['οδος', 'οδοσ'],
    ['ÄPFEL', 'äpfel'],
    ['STRASSE', 'strasse'],
    ['straße', 'straße'],
    ['İ', 'İ'],
    ['ı', 'ı'],
    ['\u{AB70}', '\u{13A0}'],
    ['𐐀', '𐐨'],
  ])('folds %s to %s', (from, to) => {
    expect(foldText(from)).toBe(to)
  })

  it('keeps the number of code points and folds once and for all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const folded = foldText(value)
        expect(Array.from(folded).length).toBe(Array.from(value).length)
        expect(foldText(folded)).toBe(folded)
      }),
      { numRuns: 2_000 },
    )
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldText } from './fold.ts'
import { GRAM } from './grams.ts'
import { literalFinder } from './literal-finder.ts'
import { skips } from './skipping-finder.ts'

/** Few letters, so that literals overlap; two that fold to each other only beyond Latin-1, and a pair of surrogates. */
const letters = fc.constantFrom('a', 'b', 'A', ' ', 'é', 'É', 'µ', 'Σ', 'ς', '😀', '\0', '@', '`')
const word = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.array(letters, { minLength, maxLength }).map((each) => each.join(''))

function found(literals: readonly string[], text: string, compared?: (text: string) => string): number[] {
  const indexes = new Set<number>()
  literalFinder(literals, compared).find(text, (index) => indexes.add(index))
  return [...indexes].sort((a, b) => a - b)
}

function contained(literals: readonly string[], text: string): number[] {
  return literals.flatMap((literal, index) => (text.includes(literal) ? [index] : []))
}

describe('a literal finder', () => {
  for (const { name, shortest, always } of [
    { name: 'looking at every gram', shortest: GRAM, always: ['aabb'] },
    { name: 'leaping', shortest: 8, always: [] },
  ]) {
    it(`finds what String.includes finds, ${name}`, () => {
      fc.assert(
        fc.property(
          fc.uniqueArray(word(shortest, 12), { minLength: 1, maxLength: 20 }),
          fc.array(word(0, 20), { maxLength: 4 }),
          fc.array(fc.nat(), { maxLength: 3 }),
          (generated, around, chosen) => {
            const literals = [...always, ...generated]
            expect(skips(literals)).toBe(shortest === 8)
            const inside = chosen.map((index) => literals[index % literals.length] ?? '')
            const text = [...around, ...inside, ...around].join('')
            expect(found(literals, text)).toEqual(contained(literals, text))
          },
        ),
        { numRuns: 2_000 },
      )
    })
  }

  it('compares with the text that it is given for it', () => {
    const literals = ['mimikatz', 'sekurlsa', 'élan vital']
    expect(found(literals, 'run MimiKatz, ÉLAN VITAL', foldText)).toEqual([0, 2])
    expect(found(literals, 'run MimiKatz', undefined)).toEqual([])
  })

  it('stops when it is told to', () => {
    let asked = 0
    literalFinder(['abcd', 'cdef']).find('abcdef abcdef', () => {
      asked += 1
      return false
    })
    expect(asked).toBe(1)
  })

  it('reads texts longer than it has read before', () => {
    const text = `${'x'.repeat(200_000)}needle`
    expect(found(['needle', 'absent'], text)).toEqual([0])
  })
})

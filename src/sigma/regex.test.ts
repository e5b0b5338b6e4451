import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRegex } from './regex.ts'

const FLAGS = { ignoreCase: false, multiline: false, dotAll: false }

function search(pattern: string, text: string, flags: Partial<typeof FLAGS> = {}): boolean {
  const test = compileRegex(pattern, { ...FLAGS, ...flags })
  if (typeof test !== 'function') throw new Error(test.wrong)
  return test(text)
}

describe('a regular expression', () => {
  it.each([
    ['b+', 'abbc', true],
    ['^b', 'abc', false],
    ['a.b', 'a\nb', false],
    ['a.b', 'a\u2028b', true],
    ['a.b', 'a😀b', true],
    ['^.$', '😀', true],
    ['a$', 'a\n', false],
    ['(?i)ABC', 'xabcx', true],
    ['a(?i)B', 'ab', true],
    ['a(?i)B', 'Ab', false],
    ['(?i:A)b', 'aB', false],
    ['(?i)k', '\u212A', true],
    ['[^\\]]', 'x', true],
    ['[]a]', ']', true],
    ['[a-c-]', '-', true],
    ['[\\w+|\\s]', '|', true],
    ['[^\\S\\n]', '\n', false],
    ['x{,2}', 'x{,2}', true],
    ['a{2}', 'aa', true],
    ['{', '{', true],
    ['\\x41\\x{1F600}', 'A😀', true],
    ['\\/\\-\\"\\_', '/-"_', true],
    ['(?<name>a)(?P<other>b)', 'ab', true],
    ['a+?b', 'aab', true],
    ['\\bfoo\\b', 'a foo b', true],
    ['\\bfoo.*\\b', 'a food', true],
    ['\\A\\d+\\z', '42', true],
    ['', 'anything', true],
    ['a||b', 'c', true],
  ])('%j in %j: %s', (pattern, text, expected) => {
    expect(search(pattern, text)).toBe(expected)
  })

  it('takes the flags m and s', () => {
    expect(search('^b$', 'a\nb\nc', { multiline: true })).toBe(true)
    expect(search('^b+$', 'a\nb\nc', { multiline: true })).toBe(true)
    expect(search('^b', 'a\rb', { multiline: true })).toBe(false)
    expect(search('a.+b', 'a\nb', { dotAll: true })).toBe(true)
  })

  it.each([
    ['a(?=b)', 'look-ahead'],
    ['a(?!b)', 'look-ahead'],
    ['(?<=a)b', 'look-behind'],
    ['(?<!a)b', 'look-behind'],
    ['(a)\\1', 'back-references'],
    ['\\k<a>', 'back-references'],
    ['(?>a)', 'atomic groups'],
    ['a++', 'possessive'],
    ['(?R)', 'recursion'],
    ['(?(1)a|b)', 'conditionals'],
    ['[[:alpha:]]', 'POSIX classes'],
    ['(?x)a', 'extended'],
    ['\\p{L}', 'escape \\p'],
    ['(', 'group is not closed'],
    [')', 'closing parenthesis'],
    ['*', 'nothing to repeat'],
    ['[a', 'ends too early'],
    ['a{5,2}', 'counts down'],
    ['a{2000}', 'further than'],
    ['('.repeat(5_000), 'nested deeper'],
    ['a'.repeat(20_000), 'longer than'],
  ])('refuses %.20j by name', (pattern, reason) => {
    expect(compileRegex(pattern, FLAGS)).toMatchObject({ wrong: expect.stringContaining(reason) })
  })

  it.each([
    ['(a{1,1000}){1,1000}', 'longer than 3000 characters'],
    ['(?:(?:(?:a{9}){9}){9}){9}', 'longer than 3000 characters'],
    ['(?:(?:(?:){99}){99}){99}', 'longer than 3000 characters'],
    ['(?:^{1,999}){1,999}', 'longer than 3000 characters'],
    ['(?:a?b?){400}c', 'combine in too many ways'],
    ['x*'.repeat(2_000), 'combine in too many ways'],
  ])('refuses %.30s, which is too much to follow at once', (pattern, reason) => {
    expect(compileRegex(pattern, FLAGS)).toMatchObject({ wrong: expect.stringContaining(reason) })
  })

  it('agrees with V8 on what both understand', { timeout: 120_000 }, () => {
    const atoms = fc.constantFrom(
      'a',
      'b',
      'K',
      '.',
      '[ab]',
      '[^a]',
      '[b-z]',
      '\\w',
      '\\W',
      '\\s',
      '\\d',
      'é',
      'Σ',
      '😀',
      '[😀é]',
      '(?:a|bb)',
    )
    const assertion = fc.constantFrom('^', '$', '\\b', '\\B')
    const count = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{2,}', '*?', '{0,3}')
    const { pattern } = fc.letrec<{ piece: string; pattern: string }>((tie) => ({
      piece: fc.oneof(
        { maxDepth: 2, withCrossShrink: true },
        fc.tuple(atoms, count).map((parts) => parts.join('')),
        assertion,
        fc.tuple(tie('pattern'), count).map(([inner, times]) => `(?:${inner})${times}`),
      ),
      pattern: fc
        .tuple(
          fc.array(tie('piece'), { maxLength: 4 }),
          fc.array(tie('piece'), { maxLength: 2 }),
          fc.boolean(),
        )
        .map(([one, other, isChoice]) => (isChoice ? `${one.join('')}|${other.join('')}` : one.join(''))),
    }))
    const letters = ['a', 'b', 'B', 'k', ' ', 'é', 'É', 'σ', 'ς', '😀', '\n', '5', '_', '\ud83d', '\ude00']
    const text = fc.array(fc.constantFrom(...letters), { maxLength: 9 }).map((each) => each.join(''))
    let matched = 0
    fc.assert(
      fc.property(pattern, text, fc.boolean(), fc.boolean(), fc.boolean(), (source, value, i, m, s) => {
        const test = compileRegex(source, { ignoreCase: i, multiline: m, dotAll: s })
        if (typeof test !== 'function') {
          // counted repetitions within counted repetitions of what may be empty
          expect(test.wrong).toMatch(/combine in too many ways|longer than/)
          return
        }
        // V8 finds an empty match between the halves of a pair: ECMAScript, as we, knows no place there
        fc.pre(!source.includes('\\B') || !/[\u{10000}-\u{10ffff}]/u.test(value))
        const expected = new RegExp(source, `u${i ? 'i' : ''}${m ? 'm' : ''}${s ? 's' : ''}`).test(value)
        if (expected) matched += 1
        expect(test(value)).toBe(expected)
      }),
      { numRuns: 5_000 },
    )
    // neither always nor never: the comparison says something
    expect(matched).toBeGreaterThan(1_000)
    expect(matched).toBeLessThan(4_500)
  })

  it('goes on where a text has more ways than are remembered', () => {
    // which of the last twelve characters were an a: 4,096 ways, and 512 are remembered
    const test = compileRegex('a[ab]{12}c', FLAGS)
    if (typeof test !== 'function') throw new Error(test.wrong)
    const native = /a[ab]{12}c/
    let seed = 1
    const next = (): string => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % 1_000 === 1 ? 'c' : seed & 65_536 ? 'a' : 'b'
    }
    for (let round = 0; round < 50; round += 1) {
      const text = Array.from({ length: 500 + 40 * round }, next).join('')
      expect(test(text)).toBe(native.test(text))
    }
  })
})

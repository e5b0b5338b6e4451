import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRegex, isBounded } from './regex.ts'

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

  it('gives V8 only patterns that have few ways to match', () => {
    expect(isBounded('[0-9]{1,3}\\.[a-z]{4}', FLAGS)).toBe(true)
    expect(isBounded('a+', FLAGS)).toBe(false)
    expect(isBounded('(a{0,30}){0,30}b', FLAGS)).toBe(false)
    expect(isBounded('(a|a){40}b', FLAGS)).toBe(false)
    expect(isBounded('a?'.repeat(30), FLAGS)).toBe(false)
  })

  it.each(['(a+)+$', '(a|a)*b', '(a{0,30}){0,30}b', '(a|aa)+$', '(.*a){12}b', '(a|a){30}b'])(
    '%s is fast on a hostile text',
    (pattern) => {
      const start = performance.now()
      expect(search(pattern, `${'a'.repeat(100_000)}!`)).toBe(false)
      expect(performance.now() - start).toBeLessThan(1_000)
    },
  )

  it('agrees with V8 where both can run a pattern', () => {
    const atoms = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\s', '^', '$', '\\b', '(a|b)', 'é')
    const piece = fc
      .tuple(atoms, fc.constantFrom('', '', '*', '+', '?', '{1,2}'))
      .filter(([atom, count]) => count === '' || !/^(?:\^|\$|\\b)$/.test(atom))
    const pattern = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.flat().join(''))
    const text = fc
      .array(fc.constantFrom('a', 'b', ' ', 'é', 'B'), { maxLength: 8 })
      .map((each) => each.join(''))
    fc.assert(
      fc.property(pattern, text, fc.boolean(), (source, value, ignoreCase) => {
        expect(search(source, value, { ignoreCase })).toBe(
          new RegExp(source, ignoreCase ? 'ui' : 'u').test(value),
        )
      }),
      { numRuns: 2_000 },
    )
  })
})

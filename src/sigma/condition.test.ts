import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holds, ruleOf } from './testing.ts'

const IDENTIFIERS =
  "  a: {A: '1'}\n  b: {B: '1'}\n  s_1: {C: '1'}\n  s_2: {D: '1'}\n  _h: {H: '1'}\n  notes: {N: '1'}\n"

/** Fields of the record that are 1. */
function decide(condition: string, ...set: readonly string[]): boolean {
  return holds(
    `${IDENTIFIERS}  condition: ${JSON.stringify(condition)}`,
    Object.fromEntries(set.map((name) => [name, 1])),
  )
}

describe('a condition', () => {
  it.each([
    ['a or b and s_1', ['A'], true],
    ['(a or b) and s_1', ['A'], false],
    ['not a and b', ['B'], true],
    ['not (a and b)', ['A'], true],
    ['not not a', ['A'], true],
    ['1 of s_*', ['D'], true],
    ['any of s_*', ['D'], true],
    ['all of s_*', ['D'], false],
    ['all of s_*', ['C', 'D'], true],
    ['1 of them', ['H'], false],
    ['1 of _*', ['H'], true],
    ['_h', ['H'], true],
    ['1 of *_2', ['D'], true],
    ['a and not 1 of filter_*', ['A'], true],
    ['all of filter_*', ['A'], false],
    ['notes', ['N'], true],
    ['not\n  a\n or b', [], true],
    [`${'('.repeat(50)}a${')'.repeat(50)}`, ['A'], true],
  ])('%j where %j are set: %s', (condition, set, expected) => {
    expect(decide(condition, ...set)).toBe(expected)
  })

  it.each([
    ['', 'empty'],
    ['a and', 'too early'],
    ['(a', 'not closed'],
    ['a)', 'unexpected'],
    ['a b', 'unexpected'],
    ['a AND b', 'unexpected'],
    ['nothing', 'no identifier "nothing"'],
    ['2 of s_*', 'no quantifier'],
    ['a | count() > 5', 'aggregations'],
    ['1 of', 'of what'],
    ['('.repeat(5_000), 'nested too deeply'],
    ['not '.repeat(20_000), 'too long'],
  ])('%.30j is refused: %s', (condition, reason) => {
    const { refused } = ruleOf(`${IDENTIFIERS}  condition: ${JSON.stringify(condition)}`)
    expect(refused.map(({ message }) => message).join()).toContain(reason)
  })

  it('tells the column of a mistake', () => {
    const { refused } = ruleOf('  a: {A: 1}\n  condition: a and nothing')
    expect(refused).toMatchObject([{ line: 6, column: 20 }])
    const quoted = ruleOf('  a: {A: 1}\n  condition: "a and nothing"')
    expect(quoted.refused).toMatchObject([{ line: 6, column: 21 }])
  })

  it('warns where a pattern selects nothing', () => {
    const { warnings } = ruleOf('  a: {A: 1}\n  condition: a and not 1 of filter_*')
    expect(warnings.map(({ message }) => message)).toEqual(['condition: "filter_*" selects no identifier'])
  })

  it('warns of an identifier that no condition uses', () => {
    const { warnings } = ruleOf('  a: {A: 1}\n  b: {B: 1}\n  condition: a')
    expect(warnings).toMatchObject([{ line: 6, message: 'no condition uses the identifier "b"' }])
  })

  it('holds if any condition of a list does', () => {
    expect(holds(`${IDENTIFIERS}  condition: [a, b]`, { B: 1 })).toBe(true)
  })

  it('agrees with JavaScript on any expression', () => {
    const { expression } = fc.letrec<{ expression: readonly [string, string] }>((tie) => ({
      expression: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<readonly [string, string]>(['a', 'A'], ['b', 'B'], ['s_1', 'C'], ['s_2', 'D']),
        fc
          .tuple(tie('expression'), fc.constantFrom(['and', '&&'], ['or', '||']), tie('expression'))
          .map(
            ([left, [word, operator], right]) =>
              [`${left[0]} ${word} ${right[0]}`, `${left[1]}${operator}${right[1]}`] as const,
          ),
        tie('expression').map(([ours, theirs]) => [`not (${ours})`, `!(${theirs})`] as const),
        tie('expression').map(([ours, theirs]) => [`(${ours})`, `(${theirs})`] as const),
      ),
    }))
    fc.assert(
      fc.property(expression, fc.subarray(['A', 'B', 'C', 'D']), ([ours, theirs], set) => {
        const values = ['A', 'B', 'C', 'D'].map((name) => set.includes(name))
        // oxlint-disable-next-line no-implied-eval, typescript/no-implied-eval -- an expression that this test made up
        const expected = new Function('A', 'B', 'C', 'D', `return ${theirs}`)(...values) as boolean
        expect(decide(ours, ...set)).toBe(expected)
      }),
      { numRuns: 300 },
    )
  })
})

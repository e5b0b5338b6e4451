import { describe, expect, it } from 'vitest'
import { compilePredicate } from './sigma.ts'
import { eventOf, holds, ruleOf } from './testing.ts'

const EXEMPTING =
  "  selection: {A: x}\n  filter_known:\n    B|expand: '%known%'\n  condition: selection and not 1 of filter_*"
const FINDING =
  "  selection: {A: x}\n  approved:\n    B|expand: '%known%'\n  condition: selection and not approved"

describe('a site list', () => {
  it('gives its values, with their wildcards, to the placeholders of a rule', () => {
    const rule = "  s:\n    A|expand|contains: 'reg-%name%/'\n  condition: s"
    expect(holds(rule, { A: 'x reg-one/y' }, { name: ['one', 'two'] })).toBe(true)
    expect(holds(rule, { A: 'x reg-t234o/y' }, { name: ['t*o'] })).toBe(true)
    expect(holds(rule, { A: 'x reg-three/y' }, { name: ['one', 'two'] })).toBe(false)
  })

  it('multiplies out with another in the same value', () => {
    const rule = "  s:\n    A|expand: '%a%-%b%'\n  condition: s"
    expect(holds(rule, { A: '2-y' }, { a: ['1', '2'], b: ['x', 'y'] })).toBe(true)
  })

  it('holds networks as well', () => {
    const rule = "  s:\n    A|cidr|expand: '%internal%'\n  condition: s"
    expect(holds(rule, { A: '10.1.1.1' }, { internal: ['10.0.0.0/8', 'fd00::/8'] })).toBe(true)
  })

  it('matches nothing when it is set and empty', () => {
    expect(holds(FINDING, { A: 'x', B: 'y' }, { known: [] }, 'strategy')).toBe(true)
  })

  it('leaves a literal percent sign alone', () => {
    expect(holds("  s:\n    A|expand: '100\\%'\n  condition: s", { A: '100%' })).toBe(true)
    expect(holds("  s:\n    A: '%known%'\n  condition: s", { A: '%known%' })).toBe(true)
  })

  it('refuses a plain rule while it is unset, and says which file to write', () => {
    expect(ruleOf(EXEMPTING).refused).toMatchObject([{ mend: 'write its values to site/lists/known.yaml' }])
  })
})

function decide(detection: string, record: unknown): boolean {
  return holds(detection, record, {}, 'strategy')
}

function anyOfTwo(modifier: string): string {
  return `  s:\n    B|expand${modifier}: [nginx, '%known%']\n  condition: s`
}

describe('an unset list in a strategy', () => {
  it('exempts nobody', () => {
    expect(decide(EXEMPTING, { A: 'x', B: 'y' })).toBe(true)
    expect(ruleOf(EXEMPTING, {}, 'strategy').ruleset.rules).toMatchObject([
      { lists: ['known'], unsetLists: ['known'], weakened: false },
    ])
  })

  it('switches off what is found by it', () => {
    expect(decide(FINDING, { A: 'x', B: 'y' })).toBe(false)
    expect(ruleOf(FINDING, {}, 'strategy').ruleset.rules).toMatchObject([
      { unsetLists: ['known'], weakened: true },
    ])
  })

  it.each([
    ['selection and unknown', false],
    ['selection or unknown', true],
    ['selection and not unknown', false],
    ['not (other and unknown)', true],
    ['not (selection and unknown)', false],
    ['not (other or unknown)', false],
    ['not (selection or unknown)', false],
    ['unknown or not unknown', false],
    ['1 of them', true],
    ['all of them', false],
    ['not all of them', true],
  ])('is neither true nor false: %s comes out as %s', (condition, expected) => {
    const identifiers = "  selection: {A: x}\n  other: {A: y}\n  unknown:\n    B|expand: '%known%'\n"
    expect(decide(`${identifiers}  condition: ${condition}`, { A: 'x', B: 'y' })).toBe(expected)
  })

  it('leaves the other values of its item known', () => {
    expect(decide(anyOfTwo(''), { B: 'nginx' })).toBe(true)
    expect(decide(anyOfTwo(''), { B: 'y' })).toBe(false)
    expect(decide(anyOfTwo('|neq'), { B: 'nginx' })).toBe(false)
    expect(decide(anyOfTwo('|neq'), { B: 'y' })).toBe(false)
    expect(decide(anyOfTwo('|all'), { B: 'nginx' })).toBe(false)
  })

  it('leaves the other alternatives of an exemption in force', () => {
    const rule =
      "  selection: {A: x}\n  filter_known:\n    - B|expand: '%known%'\n    - C: z\n  condition: selection and not 1 of filter_*"
    expect(decide(rule, { A: 'x', C: 'z' })).toBe(false)
    expect(decide(rule, { A: 'x', C: 'y' })).toBe(true)
  })
})

describe('the predicate of a filter', () => {
  const at = { lists: new Map([['known', ['y']]]), file: 'a.md', line: 12 }

  it.each<[Record<string, unknown> | readonly unknown[], boolean]>([
    [{ A: 'x', 'B|expand': '%known%' }, true],
    [{ A: 'x', 'B|expand': '%unset%' }, false],
    [{ 'B|expand|neq': '%unset%' }, false],
    [[{ A: 'z' }, { B: 'y' }], true],
    [{ A: ['x', 'z'], N: 9_007_199_254_740_993n }, true],
  ])('%o', (match, expected) => {
    const compiled = compilePredicate(match, at)
    if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems))
    expect(compiled.predicate(eventOf({ A: 'x', B: 'y', N: 9_007_199_254_740_993n }))).toBe(expected)
  })

  it('names the file and line of what is wrong', () => {
    expect(compilePredicate({ 'A|nope': 1 }, at)).toMatchObject({ problems: [{ file: 'a.md', line: 12 }] })
    expect(compilePredicate({}, at)).toMatchObject({ problems: [{ message: 'the detection is empty' }] })
    expect(compilePredicate({ A: () => 1 }, at)).toMatchObject({ problems: [{ line: 12 }] })
  })
})

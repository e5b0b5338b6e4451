import * as fc from 'fast-check'
import { stringify } from 'yaml'
import { describe, expect, it } from 'vitest'
import { plainlyHolds, written } from './oracle.testing.ts'
import type { Definition, PlainCondition, Scalar } from './oracle.testing.ts'
import { compileRules } from './sigma.ts'
import { eventOf } from './testing.ts'

const FIELDS = ['A', 'B', 'C.d'] as const
/** Few words, which overlap, so that rules often nearly hold. */
const WORDS = [
  'power',
  'shell',
  'powershell',
  'she',
  'ell.exe',
  'Σίσυφος',
  'K',
  'Ä',
  '-enc',
  '/tmp/x',
  '5',
  '50',
  'true',
  '',
]
const word = fc.constantFrom(...WORDS)
const text = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(''))
const anyCase = text.chain((plain) => fc.constantFrom(plain, plain.toUpperCase(), plain.toLowerCase()))
const pattern = fc
  .array(fc.oneof(word, fc.constantFrom('*', '?', '\\*', '\\\\', '\\')), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''))

const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 6, arbitrary: anyCase },
  fc.constantFrom<Scalar>(5, 50, -1, 1.5, true, false, null),
)
const record = fc.dictionary(
  fc.constantFrom(...FIELDS),
  fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })),
  {
    maxKeys: 3,
  },
)

const texts = fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 9 }))
const item: fc.Arbitrary<[string, Scalar | Scalar[]]> = fc.constantFrom(...FIELDS).chain((field) =>
  fc.oneof(
    { weight: 3, arbitrary: texts.map((value): [string, Scalar | Scalar[]] => [field, value]) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          fc.constantFrom(
            'contains',
            'startswith',
            'endswith',
            'contains|cased',
            'cased',
            'contains|all',
            'neq',
            'endswith|neq',
          ),
          texts,
        )
        .map(([modifier, value]): [string, Scalar | Scalar[]] => [`${field}|${modifier}`, value]),
    },
    scalar
      .filter((value) => typeof value !== 'string')
      .map((value): [string, Scalar | Scalar[]] => [field, value]),
    fc.boolean().map((value): [string, Scalar | Scalar[]] => [`${field}|exists`, value]),
    fc.constantFrom(...FIELDS).map((other): [string, Scalar | Scalar[]] => [`${field}|fieldref`, other]),
    fc
      .tuple(fc.constantFrom('lt', 'lte', 'gt', 'gte'), fc.constantFrom(1.5, 5, 50))
      .map(([operator, limit]): [string, Scalar | Scalar[]] => [`${field}|${operator}`, limit]),
    fc
      .constantFrom('power.*exe', 'she+ll', '^-enc', '(?:shell|tmp)/?x', 'po?wer(shell)+', '[sS]he', 'K')
      .map((source): [string, Scalar | Scalar[]] => [`${field}|re`, source]),
  ),
)
const mapping = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => Object.fromEntries(items))
const keywords = fc.array(
  pattern.filter((each) => each !== ''),
  { minLength: 1, maxLength: 3 },
)
const definition: fc.Arbitrary<Definition> = fc.oneof(
  { weight: 4, arbitrary: mapping },
  fc.array(mapping, { minLength: 1, maxLength: 2 }),
  keywords,
)
const NAMES = ['one', 'two', 'three'] as const
const { condition } = fc.letrec<{ condition: PlainCondition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...NAMES).map((name): PlainCondition => ({ kind: 'name', name })),
    tie('condition').map((of): PlainCondition => ({ kind: 'not', of })),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
      )
      .map(([kind, of]): PlainCondition => ({ kind, of })),
  ),
}))
const rule = fc.record({
  identifiers: fc.record({ one: definition, two: definition, three: definition }),
  condition,
})

function textOf(
  { identifiers, condition: held }: { identifiers: object; condition: PlainCondition },
  title: string,
): string {
  return stringify(
    { title, logsource: { category: 'test' }, detection: { ...identifiers, condition: written(held) } },
    { version: '1.2' },
  )
}

describe('the compiled engine', () => {
  it('says of random rules and records what the plain evaluator says', () => {
    let held = 0
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 6 }),
        fc.array(record, { minLength: 1, maxLength: 8 }),
        (rules, records) => {
          // compiled together, so that the rules share what is looked for
          const documents = rules.map((each, index) => textOf(each, `rule ${index}`))
          const { ruleset, refused } = compileRules(
            [{ file: 'rules.yml', text: documents.join('---\n'), line: 1, strategy: 'sigma' }],
            { lists: new Map() },
          )
          expect(refused).toEqual([])
          for (const each of records) {
            const fired = ruleset.match(eventOf(each, { category: 'test' })).map((match) => match.rule.title)
            const expected = rules.flatMap(({ identifiers, condition: wanted }, index) =>
              plainlyHolds(identifiers, wanted, each) ? [`rule ${index}`] : [],
            )
            held += expected.length
            expect(fired).toEqual(expected)
          }
        },
      ),
      { numRuns: 1_500 },
    )
    // neither always silent nor always firing: the comparison says something
    expect(held).toBeGreaterThan(1_000)
  })
})

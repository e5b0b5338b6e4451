import * as fc from 'fast-check'
import { stringify } from 'yaml'
import { describe, expect, it } from 'vitest'
import type { Event, Resource } from '../domain/event.ts'
import { sharedReaders } from './compile.ts'
import { readLibrary } from './library.ts'
import { conditionTest, some } from './predicate.ts'
import { compileRules } from './sigma.ts'
import { eventOf } from './testing.ts'

/** More than are asked for one by one; names that every object answers to, and one of a resource, among them. */
const FIELDS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'constructor', '__proto__', 'a.b', 'host.name'] as const
const TEXTS = ['mimikatz.exe', 'powershell -enc', 'MIMIKATZ', 'true', '5', 'Σίσυφος', ''] as const
const LOGSOURCE = { category: 'test' }

const field = fc.constantFrom(...FIELDS)
const text = fc.constantFrom(...TEXTS)
const item = fc.oneof(
  fc.tuple(field, text),
  fc.tuple(
    field.map((name) => `${name}|contains`),
    text.filter((each) => each !== ''),
  ),
  fc.tuple(
    field.map((name) => `${name}|endswith`),
    fc.array(text, { minLength: 1, maxLength: 2 }),
  ),
  fc.tuple(field, fc.constantFrom(5, true, null)),
)
const detection = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => Object.fromEntries(items)),
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom('mimikatz', 'shell -e', '5', 'tru', 'x'), {
      minLength: 1,
      maxLength: 2,
    }),
  },
)
const rule = fc.record({
  detection: fc.record({ one: detection, two: detection }),
  condition: fc.constantFrom('one', 'one and two', 'one or two', 'one and not two', 'not one and two'),
})

const scalar = fc.oneof(text, fc.string({ maxLength: 6 }), fc.constantFrom(5, 1.5, true, null))
const value = fc.oneof(
  { weight: 6, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.record({ b: scalar, inner: fc.array(scalar, { maxLength: 2 }) }),
)
const record = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .array(fc.tuple(fc.oneof(field, fc.constantFrom('a', 'other', 'more')), value), { maxLength: 14 })
      .map(
        (entries) =>
          JSON.parse(
            `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`).join()}}`,
          ) as unknown,
      ),
  },
  fc.array(scalar, { maxLength: 3 }),
  scalar,
)
const MAPPINGS: readonly Event['mapping'][] = [
  {},
  { A: [['other'], ['a', 'b']], D: [['missing']] },
  { G: [['A']] },
]
const RESOURCES: readonly Resource[] = [
  {},
  { 'host.name': 'mimikatz.exe' },
  { B: 'powershell -enc', 'a.b': 'true' },
]
const event = fc
  .tuple(record, fc.constantFrom(...MAPPINGS), fc.constantFrom(...RESOURCES))
  .map(([each, mapping, resource]) => eventOf(each, LOGSOURCE, { mapping, resource }))

describe('the rules that are looked at', () => {
  it('hold where they hold alone, whatever was seen before', () => {
    let held = 0
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 12, maxLength: 24 }),
        fc.array(event, { minLength: 1, maxLength: 30 }),
        (rules, events) => {
          const texts = rules.map(({ detection: parts, condition }, number) => ({
            file: `${number}.yml`,
            text: stringify({ title: `${number}`, logsource: LOGSOURCE, detection: { ...parts, condition } }),
            line: 1,
            strategy: 'sigma',
          }))
          const { ruleset } = compileRules(texts, { lists: new Map() })
          const alone = readLibrary(texts, new Map()).rules
          expect(alone.length).toBe(rules.length)
          for (const each of events) {
            const readers = sharedReaders()
            const expected = alone.filter(({ rule: { conditions, identifiers } }) =>
              some(conditions.map((condition) => conditionTest(condition, identifiers, readers)))(each),
            )
            held += expected.length
            expect(ruleset.match(each).map((match) => match.rule.title)).toEqual(
              expected.map(({ rule: { attributes } }) => attributes.title),
            )
          }
        },
      ),
      { numRuns: 150 },
    )
    expect(held).toBeGreaterThan(500)
  })

  it('are found in records with more keys than are kept in mind', () => {
    const keywords = { title: 'k', logsource: LOGSOURCE, detection: { k: ['mimikatz'], condition: 'k' } }
    const texts = [{ file: 'k.yml', text: stringify(keywords), line: 1, strategy: 'sigma' }]
    const { ruleset } = compileRules(texts, { lists: new Map() })
    for (const at of [0, 63, 64, 255, 256, 999]) {
      const entries = Array.from({ length: 1_000 }, (_, n) => [
        `key ${n}`,
        n === at ? 'a mimikatz' : 'nothing',
      ])
      expect(ruleset.match(eventOf(Object.fromEntries(entries), LOGSOURCE)).length).toBe(1)
    }
  })
})

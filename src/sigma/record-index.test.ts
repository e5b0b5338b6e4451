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
/** More than are asked for one by one as well: some lead to others, or have a key of their own on the way. */
const DEEP = ['x', 'x.y', 'x.y.z', 'x.q', 'x.q.r', 'w.y.z', 'w.q', 'a.b', 'a.inner', 'host.name'] as const
const TEXTS = ['mimikatz.exe', 'powershell -enc', 'MIMIKATZ', 'true', '5', 'Σίσυφος', ''] as const
const LOGSOURCE = { category: 'test' }

const field = fc.constantFrom(...FIELDS)
const text = fc.constantFrom(...TEXTS)
const itemOn = (names: fc.Arbitrary<string>): fc.Arbitrary<[string, unknown]> =>
  fc.oneof(
    fc.tuple(names, text),
    fc.tuple(
      names.map((name) => `${name}|contains`),
      text.filter((each) => each !== ''),
    ),
    fc.tuple(
      names.map((name) => `${name}|endswith`),
      fc.array(text, { minLength: 1, maxLength: 2 }),
    ),
    fc.tuple(names, fc.constantFrom(5, true, null)),
  )
const keywords = fc.array(fc.constantFrom('mimikatz', 'shell -e', '5', 'tru', 'x'), {
  minLength: 1,
  maxLength: 2,
})
const CONDITIONS = ['one', 'one and two', 'one or two', 'one and not two', 'not one and two'] as const
const ruleOf = (detection: fc.Arbitrary<unknown>) =>
  fc.record({
    detection: fc.record({ one: detection, two: detection }),
    condition: fc.constantFrom(...CONDITIONS),
  })
const itemsOn = (names: fc.Arbitrary<string>): fc.Arbitrary<unknown> =>
  fc.array(itemOn(names), { minLength: 1, maxLength: 3 }).map((items) => Object.fromEntries(items) as unknown)
const rule = ruleOf(fc.oneof({ weight: 5, arbitrary: itemsOn(field) }, { weight: 1, arbitrary: keywords }))
const deepRule = ruleOf(itemsOn(fc.constantFrom(...DEEP)))

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
const eventWith = (of: fc.Arbitrary<unknown>, mappings: readonly Event['mapping'][]): fc.Arbitrary<Event> =>
  fc
    .tuple(of, fc.constantFrom(...mappings), fc.constantFrom(...RESOURCES))
    .map(([each, mapping, resource]) => eventOf(each, LOGSOURCE, { mapping, resource }))
const event = eventWith(record, MAPPINGS)

/** Objects in objects and in lists, whose keys may hold all that remains of a name. */
const { deep: deepRecord } = fc.letrec<{ deep: unknown; deeper: unknown }>((tie) => ({
  deep: fc.dictionary(fc.constantFrom('x', 'w', 'a', 'x.y', 'x.q.r', 'w.q', 'other'), tie('deeper'), {
    maxKeys: 6,
  }),
  deeper: fc.oneof(
    { maxDepth: 3, depthSize: 'medium' },
    { weight: 4, arbitrary: scalar },
    {
      weight: 3,
      arbitrary: fc.dictionary(
        fc.constantFrom('y', 'z', 'q', 'r', 'b', 'inner', 'y.z', 'q.r'),
        tie('deeper'),
        {
          maxKeys: 4,
        },
      ),
    },
    { weight: 1, arbitrary: fc.array(tie('deeper'), { maxLength: 3 }) },
  ),
}))
const deepEvent = eventWith(deepRecord, [{}, { 'x.q': [['w', 'y']], 'w.q': [['missing']] }])

/** Of how many rules that held on an event alone it is told as well, and of no other. */
function heldAlike(
  rules: readonly { readonly detection: object; readonly condition: string }[],
  events: readonly Event[],
): number {
  const texts = rules.map(({ detection: parts, condition }, number) => ({
    file: `${number}.yml`,
    text: stringify({ title: `${number}`, logsource: LOGSOURCE, detection: { ...parts, condition } }),
    line: 1,
    strategy: 'sigma',
  }))
  const { ruleset } = compileRules(texts, { lists: new Map() })
  const alone = readLibrary(texts, new Map()).rules
  expect(alone.length).toBe(rules.length)
  let held = 0
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
  return held
}

describe('the rules that are looked at', () => {
  it.each([
    ['of keys', rule, event],
    ['of what lies deeper', deepRule, deepEvent],
  ])('hold where they hold alone, whatever was seen before: %s', (_, ofRule, ofEvent) => {
    let held = 0
    fc.assert(
      fc.property(
        fc.array(ofRule, { minLength: 12, maxLength: 24 }),
        fc.array(ofEvent, { minLength: 1, maxLength: 30 }),
        (rules, events) => {
          held += heldAlike(rules, events)
        },
      ),
      { numRuns: 250 },
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

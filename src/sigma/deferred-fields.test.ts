import { describe, expect, it } from 'vitest'
import { deferredFields } from './deferred-fields.ts'
import type { Clause } from './necessary.ts'
import { compileRules } from './sigma.ts'

/** A clause for each group of fields, of which one has to hold something. */
function rule(...groups: readonly (readonly (string | undefined)[])[]): readonly Clause[] {
  return groups.map((fields) =>
    fields.map((field) => ({ kind: 'text' as const, field, text: 'wanted', whole: true })),
  )
}

describe('fields that are looked at later', () => {
  it('are those whose rules all want something of another field, which is looked at', () => {
    const rules = [
      rule(['resource'], ['verb']),
      rule(['resource'], ['code']),
      rule(['resource'], ['request.a', 'response.a']),
    ]
    expect(new Set(deferredFields(rules))).toEqual(new Set(['verb', 'code', 'request.a', 'response.a']))
  })

  it('are none that a rule wants alone, or twice', () => {
    expect(deferredFields([rule(['a'], ['b']), rule(['a']), rule(['b'])])).toEqual([])
    expect(deferredFields([rule(['a'], ['a', 'b'])])).toEqual(['b'])
  })

  it('may wait for keywords, and keywords for none', () => {
    expect(deferredFields([rule([undefined], ['a'])])).toEqual(['a'])
  })

  it('never wait for each other', () => {
    const pairs = ['a', 'b', 'c', 'd', 'e'].flatMap((one, at, all) =>
      all.slice(at + 1).map((other) => [one, other]),
    )
    const deferred = deferredFields(pairs.map(([one, other]) => rule([one], [other])))
    expect(deferred).toHaveLength(1)
  })
})

describe('a value that stands under its keys', () => {
  const { ruleset } = compileRules(
    Array.from({ length: 8 }, (_, n) => ({
      file: `${n}.yml`,
      line: 1,
      strategy: 'test',
      text: `title: rule ${n}
id: 0000000${n}-0000-4000-8000-000000000000
logsource: {product: test}
detection:
  selection: {a.b.c${n === 0 ? '' : n}: right}
  condition: selection
`,
    })),
    { lists: new Map() },
  )
  const titles = (record: object): readonly string[] =>
    ruleset
      .match({
        id: '',
        time: 0,
        source: 'falco',
        logsource: { product: 'test' },
        resource: {},
        mapping: {},
        record,
      })
      .map(({ rule: { title } }) => title)

  it.each([
    ['the whole name before', { 'a.b.c': 'right', a: { b: { c: 'wrong' } } }, ['rule 0']],
    ['the whole name behind', { a: { b: { c: 'wrong' } }, 'a.b.c': 'right' }, ['rule 0']],
    ['the whole name, and it is another value', { a: { b: { c: 'right' } }, 'a.b.c': 'wrong' }, []],
    ['all that remains', { a: { b: { c: 'wrong' }, 'b.c': 'right' } }, ['rule 0']],
    ['all that remains, before', { a: { 'b.c': 'wrong', b: { c: 'right' } } }, []],
    ['nothing but the keys', { a: { b: { c: 'right', c3: 'right' } } }, ['rule 0', 'rule 3']],
    ['a list on the way', { a: [{ b: { c: 'wrong' } }, { b: { c: 'right' } }] }, ['rule 0']],
  ])('yields to a key that is more of its name: %s', (_, record, expected) => {
    expect(titles(record)).toEqual(expected)
  })
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonText, parseJson } from './json.ts'

test.each(['{"a":[1,{"b":"c"}]}', '{"id":9007199254740993,"a":[18446744073709551615,1]}', 'null', '"\\n"'])(
  '%s is the same text when it is written again',
  (text) => {
    expect(jsonText(parseJson(text))).toBe(text)
  },
)

test('nothing is null', () => {
  expect(jsonText(undefined)).toBe('null')
})

/** What every number of the text is, told one by one: right, and slow. */
function plainly(text: string): unknown {
  const reviver = (_name: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d{1,40}$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value
  return JSON.parse(text, reviver)
}

test('integers are exact wherever they stand', () => {
  const numbers = ['1', '0.5', '9007199254740993', '-9007199254740995', '18446744073709551615', '-0', '1e300']
  const number = fc.constantFrom(...numbers, '9007199254740991', '123456789012345678.5', '7'.repeat(50))
  const text = fc.constantFrom('"a"', '": 9007199254740993,"', '"9007199254740993"', '"\\",9007199254740994"')
  const key = fc.constantFrom('a', 'b', '7', '__proto__', '1x', ': 9007199254740993,')
  const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, number, text, tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }).map((members) => `[${members.join(', ')}]`),
    object: fc
      .array(fc.tuple(key, tie('value')), { maxLength: 4 })
      .map(
        (members) => `{${members.map(([name, member]) => `${JSON.stringify(name)}:${member}`).join(',')}}`,
      ),
  }))
  fc.assert(
    fc.property(value, (written) => {
      expect(parseJson(written)).toStrictEqual(plainly(written))
    }),
    { numRuns: 5_000 },
  )
})

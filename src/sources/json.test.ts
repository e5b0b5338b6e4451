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

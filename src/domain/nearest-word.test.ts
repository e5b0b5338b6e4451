import { assert, property, stringMatching, uniqueArray } from 'fast-check'
import { expect, it } from 'vitest'
import { nearestWord } from './nearest-word.ts'

const KEYS = ['type', 'name', 'socket', 'paths', 'follow']

it.each([
  ['sokcet', 'socket'],
  ['Socket', 'socket'],
  ['socke', 'socket'],
  ['path', 'paths'],
  ['nmae', 'name'],
  ['typ', 'type'],
  ['colour', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('%.20s means %s', (typed, meant) => {
  expect(nearestWord(typed, KEYS)).toBe(meant)
})

it('knows each word itself', () => {
  assert(
    property(uniqueArray(stringMatching(/^[a-z]{1,20}$/), { minLength: 1 }), (words) => {
      for (const word of words) expect(nearestWord(word, words)).toBe(word)
    }),
  )
})

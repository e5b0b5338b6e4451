import { expect, it } from 'vitest'
import { bytes } from './bytes.ts'

it.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_536, '1.5 KiB'],
  [10 * 2 ** 30, '10 GiB'],
  [700 * 2 ** 20, '700 MiB'],
  [5_000 * 2 ** 40, '5000 TiB'],
])('%i bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text)
})

import { expect, it } from 'vitest'
import { parseConfig } from './load-config.ts'
import { boundsOf } from './retention-config.ts'

const read = (text: string) => parseConfig('tallyman.yaml', `retention: ${text}\n`)

it('stands where it is left out, in whole or in part', () => {
  const day = 86_400_000
  const { config } = read('{ size: 500MiB, closed: 2w }')
  expect(config && boundsOf(config.retention)).toEqual({
    closed: 14 * day,
    open: 365 * day,
    findings: 90 * day,
    size: 500 * 2 ** 20,
  })
  expect(parseConfig('tallyman.yaml', '').config?.retention).toEqual({
    closed: '90d',
    open: '365d',
    findings: '90d',
    size: '10GiB',
  })
})

it.each([
  '{ size: 10 }',
  '{ size: 10GB }',
  '{ size: 1MiB }',
  '{ closed: 0d }',
  '{ closed: 30d, open: 7d }',
  '{ age: 1d }',
])('%s is a mistake', (text) => {
  expect(read(text).problems.length).toBe(1)
})

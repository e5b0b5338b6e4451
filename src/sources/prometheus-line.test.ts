import { expect, test } from 'vitest'
import { sampleOf } from './prometheus-line.ts'

test.each([
  ['up 1', { name: 'up', labels: {}, value: 1, time: undefined }],
  ['up{} 1.5e3 1395066363000', { name: 'up', labels: {}, value: 1500, time: 1_395_066_363_000 }],
  ['a:b{x="1",y="a\\"b\\\\c\\nd",} -0.5', { labels: { x: '1', y: 'a"b\\c\nd' }, value: -0.5 }],
  ['a{ x = "}" } 3 # {trace="1"} 0.5', { labels: { x: '}' }, value: 3 }],
  ['a -Inf', { value: -Infinity }],
])('reads %s', (line, sample) => {
  expect(sampleOf(line)).toMatchObject(sample)
})

test.each([
  'hello world',
  'a{x="1" 3',
  'a{x=1} 3',
  'a{x="1"}',
  'a{x="1"y="2"} 3',
  '1up 3',
  'a 1 2 3',
  'a 1.2.3e',
  '',
  `a{${'x="1",'.repeat(200)}} 1`,
])('%s is no sample', (line) => {
  expect(sampleOf(line)).toBeUndefined()
})

test('what never closes costs no time', () => {
  const started = process.cpuUsage().user
  expect(sampleOf(`a{x="${'\\"'.repeat(200_000)}`)).toBeUndefined()
  expect(process.cpuUsage().user - started).toBeLessThan(2_000_000)
})

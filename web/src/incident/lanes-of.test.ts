import { expect, it } from 'vitest'
import type { Evidence } from '../api/types.ts'
import { lanesOf } from './lanes-of.ts'

const evidence = (second: number): Evidence => ({
  event: `e${second}`,
  time: new Date(second * 1_000).toISOString(),
  source: 'sensor',
  logsource: '',
  fields: {},
})

it('gives each rule a lane, in the order of what is expected, and events in that of their times', () => {
  const { names, events, rows } = lanesOf(
    [
      { evidence: evidence(3), rule: 'exec' },
      { evidence: evidence(1), rule: 'listen' },
      { evidence: evidence(2), rule: 'exec' },
    ],
    ['keypair', 'exec'],
  )
  expect(names).toEqual(['keypair', 'exec', 'listen'])
  expect(events.map(({ time, lane }) => [time / 1_000, lane])).toEqual([
    [1, 2],
    [2, 1],
    [3, 1],
  ])
  expect(rows.map((row) => row.evidence.event)).toEqual(['e1', 'e2', 'e3'])
})

it('is bounded: further rules share a lane', () => {
  const { names, events } = lanesOf(
    Array.from({ length: 40 }, (_, n) => ({ evidence: evidence(n), rule: `rule ${n}` })),
  )
  expect(names).toHaveLength(12)
  expect(names.at(-1)).toBe('other rules')
  expect(Math.max(...events.map(({ lane }) => lane))).toBe(11)
})

import { expect, it } from 'vitest'
import { baselineLimits } from './baseline-limits.ts'

const keys = (learning: number, armed: number, stale = 0, drifted = 0) => ({
  keys: { learning, armed, stale, drifted },
})

it('tells that more than a fifth of all keys still learn, and of how many baselines', () => {
  const [limit, ...others] = baselineLimits([keys(10, 30, 2, 1), keys(3, 10), keys(0, 5)])
  expect(others).toEqual([])
  expect(limit).toMatchObject({ kind: 'held', severity: 'note', about: 'baselines', short: '21 % learning' })
  expect(limit?.message).toContain('13 of 61 keys of baselines (21 %) are still learning, of 2 baselines')
})

it.each([
  ['a fifth of them', [keys(10, 30, 5, 5)]],
  ['few keys', [keys(19, 0)]],
  ['nothing that learns', [keys(0, 100)]],
  ['no baselines', []],
])('says nothing of %s', (_name, views) => {
  expect([...baselineLimits(views)]).toEqual([])
})

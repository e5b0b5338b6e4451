import { expect, it } from 'vitest'
import { createSeen } from './seen.ts'

it('tells a duplicate from a conflict by the content', () => {
  const seen = createSeen([], 10)
  expect([
    seen.look({ id: 'audit:1', content: 'x' }),
    seen.look({ id: 'audit:1', content: 'x' }),
    seen.look({ id: 'audit:1', content: 'y' }),
  ]).toEqual(['new', 'duplicate', 'conflict'])
})

it('takes another content of what may change as new', () => {
  const seen = createSeen([], 10)
  const look = (content: string): string => seen.look({ id: 'docker.inspect:1', content, changes: true })
  expect([look('a'), look('a'), look('b'), look('a')]).toEqual(['new', 'duplicate', 'new', 'new'])
})

it('forgets nothing younger than the horizon, and bounds what is older', () => {
  const seen = createSeen([], 100)
  for (let n = 0; n < 1_000; n += 1) seen.look({ id: `audit:${n}`, content: 'x' })
  expect(seen.look({ id: 'audit:901', content: 'x' })).toBe('duplicate')
  expect(seen.look({ id: 'audit:1', content: 'x' })).toBe('new')
})

it('remembers what is kept until it is released', () => {
  const seen = createSeen([{ id: 'docker.inspect:1', content: 'a', keep: true }], 2)
  const churn = (): void => {
    for (let n = 0; n < 10; n += 1) seen.look({ id: `audit:${Math.trunc(n)}:${n}`, content: 'x' })
  }
  churn()
  expect(seen.look({ id: 'docker.inspect:1', content: 'a', changes: true })).toBe('duplicate')
  seen.release('docker.inspect:1')
  churn()
  expect(seen.look({ id: 'docker.inspect:1', content: 'a', changes: true })).toBe('new')
})

import { expect, it } from 'vitest'
import { createSeen, type Seen, type Verdict } from './seen.ts'

function look(seen: Seen, id: string, content: string, changes = false): Verdict {
  return seen.look({ id, content, changes }).verdict
}

it('tells a duplicate from a conflict by the content', () => {
  const seen = createSeen([], 10)
  expect([
    look(seen, 'audit:1', 'x'),
    look(seen, 'audit:1', 'x'),
    look(seen, 'audit:1', 'y'),
    look(seen, 'audit:1', 'x'),
    look(seen, 'audit:1', 'y'),
  ]).toEqual(['new', 'duplicate', 'conflict', 'duplicate', 'duplicate'])
})

it('takes another content of what may change as new', () => {
  const seen = createSeen([], 10)
  const inspected = (content: string): string => look(seen, 'docker.inspect:1', content, true)
  expect([inspected('a'), inspected('a'), inspected('b'), inspected('a')]).toEqual([
    'new',
    'duplicate',
    'new',
    'new',
  ])
})

it('forgets nothing younger than the horizon, and bounds what is older', () => {
  const seen = createSeen([], 100)
  for (let n = 0; n < 1_000; n += 1) seen.look({ id: `audit:${n}`, content: 'x' })
  expect(look(seen, 'audit:901', 'x')).toBe('duplicate')
  expect(look(seen, 'audit:1', 'x')).toBe('new')
})

it('remembers what is kept until it is released', () => {
  const seen = createSeen([{ id: 'docker.inspect:1', content: 'a', keep: true }], 2)
  const churn = (): void => {
    for (let n = 0; n < 10; n += 1) seen.look({ id: `audit:${Math.trunc(n)}:${n}`, content: 'x' })
  }
  churn()
  expect(look(seen, 'docker.inspect:1', 'a', true)).toBe('duplicate')
  seen.release('docker.inspect:1')
  churn()
  expect(look(seen, 'docker.inspect:1', 'a', true)).toBe('new')
})

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

it('bounds what is kept, says what it let go, and lets nobody push out what an engine watches', () => {
  const seen = createSeen([], 10, 100)
  const watch = (id: string): Verdict => seen.look({ id, content: 'a', changes: true, watched: true }).verdict
  for (let n = 0; n < 100; n += 1) watch(`watched:${n}`)
  for (let n = 0; n < 1_000; n += 1) {
    look(seen, `told:${n}`, 'a', true)
    expect(look(seen, 'told:0', 'a', true)).toBe('duplicate')
  }
  const dropped = seen.dropped()
  expect(dropped.length).toBeGreaterThanOrEqual(900)
  expect(dropped.every((id) => id.startsWith('told:'))).toBe(true)
  expect(dropped).not.toContain('told:0')
  expect(dropped).not.toContain('told:999')
  expect(seen.dropped()).toEqual([])
  expect([watch('watched:0'), watch('watched:99')]).toEqual(['duplicate', 'duplicate'])
  expect(look(seen, 'told:1', 'a', true)).toBe('new')
})

it('starts with no more than is kept, and lets the rest go on disk as well', () => {
  const rows = Array.from({ length: 150 }, (_, n) => ({ id: `told:${n}`, content: 'a', keep: true }))
  const seen = createSeen(rows, 10, 100)
  expect(seen.dropped().length).toBeGreaterThanOrEqual(50)
  expect(look(seen, 'told:149', 'a', true)).toBe('duplicate')
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

import { expect, test } from 'vitest'
import { createDropCounter } from './suricata-drops.ts'

const stats = (drops: unknown, uptime = 60) => ({ stats: { uptime, capture: { kernel_drops: drops } } })

test('tells what was dropped since the record before, and goes on after a restart', () => {
  const first = createDropCounter()
  expect(first.count(stats(0), 1_000_000, 'ids-1')).toBeUndefined()
  expect(first.count(stats(5), 1_008_000, 'ids-1')).toMatchObject({
    kind: 'producer-loss',
    since: 1_000_000,
    until: 1_008_000,
    message: 'the kernel dropped 5 packets before Suricata could read them',
    resource: { 'host.name': 'ids-1' },
  })
  const second = createDropCounter(JSON.parse(JSON.stringify(first.checkpoint())))
  expect(second.count(stats(5), 1_016_000, 'ids-1')).toBeUndefined()
  expect(second.count(stats(9), 1_024_000, 'ids-1')?.message).toContain('dropped 4 packets')
})

test('takes a counter that fell as a new start, and each sensor by itself', () => {
  const counter = createDropCounter()
  counter.count(stats(100), 1_000_000, 'ids-1')
  expect(counter.count(stats(3, 20), 1_100_000, 'ids-1')).toMatchObject({
    since: 1_080_000,
    until: 1_100_000,
  })
  expect(counter.count(stats(3, 20), 1_100_000, 'ids-2')?.message).toContain('dropped 3 packets')
})

test('passes over what is no count, and forgets the oldest of too many sensors', () => {
  const counter = createDropCounter({ bad: { drops: 'x' } })
  for (const drops of [-1, '7', null, 1.5, {}]) expect(counter.count(stats(drops), 1, 'h')).toBeUndefined()
  for (let sensor = 0; sensor < 1_000; sensor += 1) counter.count(stats(1), 1, `ids-${sensor}`)
  expect(Object.keys(counter.checkpoint() as object)).toHaveLength(64)
})

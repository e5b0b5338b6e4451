import { beforeEach, describe, expect, it } from 'vitest'
import type { AgentStatus } from '../inputs/agent-status.ts'
import type { Reach } from '../inputs/input.ts'
import { createWatermark, type Watermark } from './watermark.ts'

let now = 1_000_000
const reaches = new Map<string, Reach | undefined>()

function watermarkOf(...names: readonly string[]): Watermark {
  const inputs = names.map((name) => ({
    name,
    reach: () => reaches.get(name) ?? ({ kind: 'behind' } as const),
  }))
  return createWatermark(inputs, { lateness: 100, patience: 5_000, now: () => now })
}

const caughtUp = (until: number): Reach => ({ kind: 'caught-up', until })

beforeEach(() => {
  now = 1_000_000
  reaches.clear()
})

describe('the watermark', () => {
  it('is the least promise, which never goes back', () => {
    const watermark = watermarkOf('a', 'b')
    expect(watermark.current()).toBe(-Infinity)
    reaches.set('a', caughtUp(now))
    expect(watermark.current()).toBe(-Infinity)
    reaches.set('b', caughtUp(now - 500))
    expect(watermark.current()).toBe(now - 600)
    reaches.set('b', { kind: 'behind' })
    reaches.set('a', caughtUp(now - 900))
    expect(watermark.current()).toBe(now - 600)
  })

  it('goes back with a clock that had run ahead', () => {
    const watermark = watermarkOf('a')
    const right = now
    now += 365 * 86_400_000
    reaches.set('a', caughtUp(now))
    expect(watermark.current()).toBe(now - 100)
    now = right
    expect(watermark.current()).toBeGreaterThan(now)
    reaches.set('a', caughtUp(now))
    expect(watermark.current()).toBe(now - 100)
  })

  it('waits for an input that is cut, and then no longer', () => {
    const watermark = watermarkOf('a', 'b')
    reaches.set('a', caughtUp(now))
    reaches.set('b', { kind: 'cut', since: now })
    now += 5_000
    expect(watermark.current()).toBe(-Infinity)
    now += 1
    expect(watermark.current()).toBe(1_000_000 - 100)
    reaches.set('b', caughtUp(now - 50))
    expect(watermark.current()).toBe(1_000_000 - 100)
  })

  it('takes an input that failed for cut until it says otherwise', () => {
    const watermark = watermarkOf('a', 'b')
    reaches.set('a', caughtUp(now))
    reaches.set('b', caughtUp(now - 10))
    watermark.failed('b', now)
    watermark.failed('b', now + 4_000)
    reaches.set('a', caughtUp(now + 9_000))
    now += 5_001
    expect(watermark.current()).toBe(1_009_000 - 100)
    reaches.set('b', caughtUp(now))
    expect(watermark.current()).toBe(now - 100)
  })

  it('waits for an input of another machine until it is too far behind, whatever it says', () => {
    let reach: Reach = { kind: 'behind' }
    const agents = (): readonly AgentStatus[] => [
      {
        name: 'web-1',
        host: 'web-1',
        state: 'connected',
        contact: now,
        version: '',
        spool: { bytes: 0, bound: 0 },
        delay: 0,
        skew: 0,
        full: undefined,
        lost: 0,
        inputs: [{ name: 'web-1/logs', type: 'file', reach, awaited: false }],
      },
    ]
    const hub = { name: 'agents', reach: () => caughtUp(now), agents }
    const watermark = createWatermark([hub], { lateness: 100, patience: 5_000, now: () => now })
    expect(watermark.current()).toBe(-Infinity)
    reach = caughtUp(now - 1)
    expect(watermark.current()).toBe(now - 101)
    // a little further each time, so that it would hold up everybody
    for (let step = 0; step < 5_000; step += 500) {
      now += 500
      reach = caughtUp(1_000_000 + step / 500)
      expect(watermark.current()).toBe(1_000_000 - 100 + step / 500)
    }
    now += 500
    expect(watermark.current()).toBe(now - 100)
    // it is back, and counts again
    reach = caughtUp(now - 300)
    expect(watermark.current()).toBe(now - 400)
  })

  it('is everything once all have ended, and the clock where the rest is left out', () => {
    const watermark = watermarkOf('a', 'b')
    watermark.ended('a')
    expect(watermark.current()).toBe(-Infinity)
    reaches.set('b', { kind: 'cut', since: 0 })
    expect(watermark.current()).toBe(now - 100)
    watermark.ended('b')
    expect(watermark.current()).toBe(Infinity)
  })
})

import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CoverageRow } from '../domain/coverage.ts'
import { foldCoverage, noCounts, recentOf, SPAN, type CoverageCounts } from './coverage.ts'

const OF = {
  key: 'k',
  input: 'kernel',
  source: 'sensor',
  node: 'n1',
  cluster: '',
  kinds: [{ product: 'linux', category: 'process_creation' }],
} as const

const NOTHING: CoverageRow['fill'] = { sampled: 0, filled: {}, truncated: 0 }

interface Seen {
  readonly time: number
  readonly filled: boolean
}

function countsOf(events: readonly Seen[]): CoverageCounts {
  const counts = noCounts()
  for (const { time, filled } of events) {
    counts.events += 1
    counts.sampled += 1
    counts.first = Math.min(counts.first, time)
    counts.last = Math.max(counts.last, time)
    counts.filled.set('Image', (counts.filled.get('Image') ?? 0) + (filled ? 1 : 0))
  }
  return counts
}

function folded(batches: readonly (readonly Seen[])[], every: number): CoverageRow | undefined {
  let row: CoverageRow | undefined
  for (const [at, batch] of batches.entries())
    row = foldCoverage(OF, row, countsOf(batch), 1_000_000 + at * every)
  return row
}

const events = array(
  record({ time: integer({ min: 0, max: 2_000_000 }), filled: constantFrom(true, false) }),
  {
    minLength: 1,
    maxLength: 40,
  },
)

describe('a row of coverage', () => {
  it('comes to the same totals however its events are cut into batches', () => {
    assert(
      property(
        array(events, { minLength: 1, maxLength: 30 }),
        integer({ min: 0, max: SPAN }),
        (batches, every) => {
          const whole = foldCoverage(OF, undefined, countsOf(batches.flat()), 1_000_000)
          const row = folded(batches, every)
          expect(row?.events).toBe(whole.events)
          expect([row?.first, row?.last]).toEqual([whole.first, whole.last])
        },
      ),
    )
  })

  it('holds bounded samples, never more filled than sampled, and survives being stored', () => {
    assert(
      property(
        array(events, { minLength: 1, maxLength: 60 }),
        integer({ min: 0, max: SPAN }),
        (batches, every) => {
          const row = folded(batches, every)
          const { sampled, filled } = row?.fill ?? NOTHING
          expect(sampled).toBeLessThanOrEqual(256 + 40)
          expect(filled['Image']).toBeLessThanOrEqual(sampled)
          expect(filled['Image']).toBeGreaterThanOrEqual(0)
          expect(JSON.parse(JSON.stringify(row))).toEqual(row)
          const recent = recentOf(row as CoverageRow, 1_000_000 + batches.length * every)
          expect(recent.events).toBeLessThanOrEqual(row?.events ?? 0)
        },
      ),
    )
  })

  it('forgets what is older than two spans when it tells of what is recent', () => {
    const counts = noCounts()
    counts.lost = 5
    const row = foldCoverage(OF, undefined, counts, 0)
    expect(recentOf(row, SPAN).lost).toBe(5)
    expect(recentOf(row, 2 * SPAN).lost).toBe(0)
    expect(row.lost).toBe(5)
  })

  it('weighs what came lately: a field that goes missing shows within some hundred events', () => {
    const good = Array.from({ length: 500 }, () => [{ time: 1, filled: true }])
    const bad = Array.from({ length: 400 }, () => [{ time: 1, filled: false }])
    const { sampled, filled } = folded([...good, ...bad], 1)?.fill ?? NOTHING
    expect((filled['Image'] ?? 0) / sampled).toBeLessThan(0.3)
  })

  it('is not heard by a loss alone', () => {
    const heard = foldCoverage(OF, undefined, countsOf([{ time: 5, filled: true }]), 10)
    const lost = noCounts()
    lost.lost = 3
    expect(foldCoverage(OF, heard, lost, 99)).toMatchObject({ lastArrival: 10, last: 5, lost: 3 })
  })
})

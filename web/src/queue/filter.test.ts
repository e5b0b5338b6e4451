import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { LEVELS, type Incident } from '../api/types.ts'
import { belongs, FILTER_STATUSES, formatFilter, instantOf, NO_FILTER, parseFilter } from './filter.ts'

const NOW = Date.UTC(2026, 10, 21, 12)

function anIncident(parts: Partial<Incident> = {}): Incident {
  return {
    id: 'f00d',
    kind: 'incident',
    time: '2026-11-21T11:00:00.000Z',
    first: '2026-11-21T11:00:00.000Z',
    last: '2026-11-21T11:30:00.000Z',
    level: 'high',
    entity: { 'container.name': 'web-1', 'host.name': 'node-3' },
    label: 'web-1',
    count: 2,
    attack: ['T1600'],
    status: 'open',
    alerts: [{ id: 'a', strategy: { id: 't1600' }, rule: { title: 'Weak TLS' }, level: 'high', count: 2 }],
    ...parts,
  }
}

it('survives the address bar', () => {
  const text = fc.string({ maxLength: 60 })
  fc.assert(
    fc.property(
      fc.record({
        text,
        strategy: text,
        entity: text,
        since: text,
        until: text,
        level: fc.option(fc.constantFrom(...LEVELS), { nil: undefined }),
        status: fc.constantFrom(...FILTER_STATUSES),
      }),
      (filter) => {
        expect(parseFilter(formatFilter(filter))).toEqual(filter)
      },
    ),
  )
  expect(parseFilter('level=worst&status=odd&more=1')).toEqual(NO_FILTER)
})

it('lets a new incident in only where the filter would have found it', () => {
  const shown = (parts: Partial<typeof NO_FILTER>, incident = anIncident()): boolean =>
    belongs(incident, { ...NO_FILTER, ...parts }, NOW)
  expect(shown({})).toBe(true)
  expect(shown({ level: 'medium', text: 'WEAK', entity: 'node-3', strategy: 't1600', since: '1h' })).toBe(
    true,
  )
  expect(shown({ level: 'critical' })).toBe(false)
  expect(shown({ status: 'closed' })).toBe(false)
  expect(shown({ text: 'nothing' })).toBe(false)
  expect(shown({ entity: 'Weak TLS' })).toBe(false)
  expect(shown({ strategy: 't1' })).toBe(false)
  expect(shown({ since: '10m' })).toBe(false)
  expect(shown({ until: '2026-11-21T10:00:00Z' })).toBe(false)
  expect(shown({ status: 'all' }, anIncident({ kind: 'posture' }))).toBe(false)
})

it('reads times and how long ago', () => {
  expect(instantOf('24h', NOW)).toBe(NOW - 86_400_000)
  expect(instantOf('2026-11-21T11:00:00Z', NOW)).toBe(NOW - 3_600_000)
  expect(instantOf('later', NOW)).toBeNaN()
})

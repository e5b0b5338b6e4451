import { expect, it } from 'vitest'
import type { Incident } from '../api/types.ts'
import { topOf, isLong, added, rowsOf, updated, type Rows } from './live-rows.ts'

function anIncident(id: string, parts: Partial<Incident> = {}): Incident {
  return {
    id,
    kind: 'incident',
    time: '2026-11-21T10:00:00.000Z',
    first: '2026-11-21T10:00:00.000Z',
    last: '2026-11-21T10:00:00.000Z',
    level: 'low',
    entity: {},
    label: 'web-1',
    count: 2,
    attack: ['T1600'],
    status: 'open',
    alerts: [],
    ...parts,
  }
}

const DATA: Rows = {
  pages: [
    { items: [anIncident('a'), anIncident('b')], next: '1' },
    { items: [anIncident('b'), anIncident('c')] },
  ],
  pageParams: [undefined, '1'],
}
const ids = (data: Rows): readonly string[] => rowsOf(data).map(({ id }) => id)

it('shows an incident once where pages overlap', () => {
  expect(ids(DATA)).toEqual(['a', 'b', 'c'])
})

it('changes a row without moving it', () => {
  const data = updated(DATA, anIncident('b', { status: 'closed' }))
  expect(ids(data)).toEqual(['a', 'b', 'c'])
  expect(rowsOf(data)[1]?.status).toBe('closed')
})

it('puts what is new first, newest before, and moves what was there', () => {
  const later = anIncident('d', { last: '2026-11-21T12:00:00.000Z' })
  const moved = anIncident('c', { last: '2026-11-21T11:00:00.000Z' })
  expect(ids(added(DATA, [moved, later]))).toEqual(['d', 'c', 'a', 'b'])
  const told = anIncident('e', { last: '2026-11-21T11:30:00.000Z' })
  expect(ids(added(added(DATA, [moved, later]), [told]))).toEqual(['d', 'e', 'c', 'a', 'b'])
})

it('is long whatever page the rows are on, and short again with the first alone', () => {
  const many = (n: number): readonly Incident[] =>
    Array.from({ length: n }, (_, i) => anIncident(`${n}.${i}`))
  const rows: Rows = {
    pages: [{ items: many(100), next: '1' }, { items: many(200) }],
    pageParams: [undefined, '1'],
  }
  expect(isLong(rows)).toBe(false)
  const grown = added(rows, [anIncident('new')])
  expect(isLong(grown)).toBe(true)
  expect(isLong(topOf(grown))).toBe(false)
  expect(topOf(grown).pages[0]).toEqual({ items: [anIncident('new'), ...many(100)], next: '1' })
  expect(topOf(grown).pageParams).toEqual([undefined])
  const flooded = added(rows, many(900))
  expect(topOf(flooded).pages.map(({ items }) => items.length)).toEqual([300])
})

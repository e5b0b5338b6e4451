import { describe, expect, it } from 'vitest'
import type { ViewRow } from '../domain/state.ts'
import { viewsReport } from './report.ts'

const NOW = Date.UTC(2026, 10, 21, 20)
const ID = 'a'.repeat(64)

function row(parts: Partial<ViewRow>): ViewRow {
  return {
    host: 'node-1',
    view: 'kernel',
    observer: 'sensor',
    input: 'sensor',
    source: 'sensor',
    began: NOW - 60_000,
    time: NOW - 1_000,
    interval: 15_000,
    digest: '',
    leftOut: 0,
    seen: [{ key: ID, named: true, first: NOW - 50_000 }],
    gone: [],
    ...parts,
  }
}
const runtime = (parts: Partial<ViewRow> = {}): ViewRow =>
  row({ view: 'runtime', observer: 'd', seen: [], ...parts })
const named = (): { resource: Record<string, string> } => ({ resource: { 'container.name': 'web' } })

describe('what each view says of a container', () => {
  it('is that it misses it where it looks, and nothing where nobody does', () => {
    const { machines, containers } = viewsReport([row({}), runtime()], named, NOW)
    expect(machines).toMatchObject([
      { host: 'node-1', sight: { orchestrator: 'absent', runtime: 'looks', kernel: 'looks' } },
    ])
    expect(containers).toMatchObject([
      {
        id: ID,
        name: 'web',
        views: { orchestrator: 'unknown', runtime: 'misses', kernel: 'sees' },
        since: new Date(NOW - 50_000).toISOString(),
      },
    ])
  })

  it('cannot be told where it looked some time ago, or not at all of them', () => {
    for (const blind of [runtime({ time: NOW - 50_000 }), runtime({ leftOut: 3 })])
      expect(viewsReport([row({}), blind], named, NOW).containers[0]?.views.runtime).toBe('unknown')
    const { machines } = viewsReport([row({}), runtime({ time: NOW - 50_000 })], named, NOW)
    expect(machines[0]?.sight.runtime).toBe('blind')
  })
})

it('names what has no id by what the kernel has of it, and never by the inventory', () => {
  const seen = [
    {
      key: 'pid:[4]',
      named: false,
      first: NOW,
      fields: { 'container.control_group': '/x', CommandLine: 'sleep' },
    },
  ]
  expect(viewsReport([row({ seen })], named, NOW).containers).toEqual([
    expect.objectContaining({ id: 'pid:[4]', controlGroup: '/x', command: 'sleep' }),
  ])
  expect(viewsReport([row({ seen })], named, NOW).containers[0]).not.toHaveProperty('name')
})

it('forgets machines of which nothing was heard for a day', () => {
  expect(viewsReport([row({ time: NOW - 25 * 3_600_000 })], named, NOW)).toEqual({
    machines: [],
    containers: [],
  })
})

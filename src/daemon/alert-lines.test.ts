import { expect, it } from 'vitest'
import type { Alert } from '../domain/alert.ts'
import { painted, wantsColour } from '../cli/paint.ts'
import { createNews } from './news.ts'

const TIME = Date.parse('2026-11-21T10:00:00Z')

function anAlert(id: string, change: Partial<Alert> = {}): Alert {
  return {
    id: id.repeat(8),
    strategy: 't1074.002-remote-data-staging',
    rule: { id: 'r', title: 'Container with access that amounts to the host' },
    level: 'high',
    attack: [],
    entity: { 'container.name': 'jump', 'container.image.name': 'busybox' },
    incident: 'i1',
    first: TIME,
    last: TIME,
    count: 1,
    status: 'open',
    evidence: [
      {
        event: 'e',
        time: TIME,
        source: 'docker.inspect',
        logsource: 'docker/container_mount',
        fields: { 'mount.source': ['/'], 'mount.destination': '/host' },
      },
    ],
    ...change,
  }
}

function toldOf(batches: readonly (readonly { alert: Alert; posture?: boolean; opened?: boolean }[])[]) {
  const alerts = new Map(batches.flat().map(({ alert }) => [alert.id, alert]))
  const lines: (readonly [string, string | undefined])[] = []
  const news = createNews({ alert: (id) => alerts.get(id) }, ({ text, level }) => lines.push([text, level]))
  for (const batch of batches) {
    news({
      alerts: batch.map(({ alert, posture = false, opened = true }) => ({
        id: alert.id,
        opened,
        posture,
        incident: alert.incident,
      })),
      findings: [],
      unreadable: [],
    } as unknown as Parameters<typeof news>[0])
  }
  return lines
}

it('says whose it is once, then what happened, under which id; what only grew is not told again', () => {
  const command = {
    event: 'e2',
    time: TIME,
    source: 'sensor',
    logsource: 'linux/process_creation',
    fields: { CommandLine: `tar ${'x'.repeat(500)}`, Image: '/bin/tar' },
  }
  const lines = toldOf([
    [{ alert: anAlert('a') }],
    [
      { alert: anAlert('b', { level: 'medium', evidence: [command] }) },
      { alert: anAlert('c'), opened: false },
    ],
    [
      {
        alert: anAlert('d', {
          incident: 'i2',
          entity: { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'web-1' },
        }),
      },
    ],
  ])
  expect(lines).toEqual([
    ['jump (busybox)', undefined],
    ['  10:00:00  high      Container with access that amounts to the host: / → /host  [aaaaaaaa]', 'high'],
    [expect.stringMatching(/^ {2}10:00:00 {2}medium {4}Container[^:]*: tar x+…  \[bbbbbbbb\]$/), 'medium'],
    ['shop/web-1', undefined],
    [expect.stringContaining('[dddddddd]'), 'high'],
  ])
})

it('says so where an alert is about nothing that has a name', () => {
  const lines = toldOf([[{ alert: anAlert('a') }, { alert: anAlert('b', { entity: {}, incident: 'i2' }) }]])
  expect(lines.map(([text]) => text)).toEqual([
    'jump (busybox)',
    expect.stringContaining('[aaaaaaaa]'),
    'no entity known',
    expect.stringContaining('[bbbbbbbb]'),
  ])
})

it('counts the posture report, and says its sum where it grows', () => {
  const entries = (...ids: string[]) => ids.map((id) => ({ alert: anAlert(id), posture: true }))
  const [first, second] = toldOf([entries('a', 'b', 'c', 'd'), entries('e')])
  expect(first?.[0]).toMatch(/^4 in the posture report of what ran before: see/)
  expect(second?.[0]).toMatch(/^1 in the posture report of what ran before, 5 since the start: see/)
})

it('colours the level alone, on a terminal that wants it', () => {
  expect(painted('  10:00:00  high      what is high', 'high')).toBe(
    '  10:00:00  \u001b[31mhigh\u001b[0m      what is high',
  )
  expect(painted('jump high', undefined)).toBe('jump high')
  expect(wantsColour(true, {})).toBe(true)
  expect(wantsColour(true, { NO_COLOR: '1' })).toBe(false)
  expect(wantsColour(true, { TERM: 'dumb' })).toBe(false)
  expect(wantsColour(false, {})).toBe(false)
})

import { expect, test } from 'vitest'
import type { Alert, Incident } from './alert.ts'
import { alertView, findingView, incidentView, instant } from './alert-view.ts'

const first = Date.UTC(2026, 10, 21, 10, 2, 3, 4)
const alert: Alert = {
  id: 'a1',
  strategy: 't1600-weaken-encryption',
  rule: { id: 'r1', title: 'Weak key' },
  level: 'high',
  attack: ['T1600'],
  entity: { 'container.id': 'c1', 'container.image.tags': ['a:1', 'b:2'] },
  incident: 'i1',
  first,
  last: first + 60_000,
  count: 2,
  status: 'open',
  evidence: [
    {
      event: 'e1',
      time: first,
      source: 'docker.events',
      logsource: 'docker',
      fields: { Image: 'x', n: null },
    },
  ],
}

test('an alert leaves with its first match as its time, in ISO 8601', () => {
  expect(alertView(alert)).toEqual({
    id: 'a1',
    time: '2026-11-21T10:02:03.004Z',
    first: '2026-11-21T10:02:03.004Z',
    last: '2026-11-21T10:03:03.004Z',
    strategy: { id: 't1600-weaken-encryption' },
    rule: { id: 'r1', title: 'Weak key' },
    level: 'high',
    attack: ['T1600'],
    entity: { 'container.id': 'c1', 'container.image.tags': ['a:1', 'b:2'] },
    count: 2,
    incident: 'i1',
    status: 'open',
    evidence: [
      {
        event: 'e1',
        time: '2026-11-21T10:02:03.004Z',
        source: 'docker.events',
        logsource: 'docker',
        fields: { Image: 'x', n: null },
      },
    ],
  })
})

test('a verdict is there once there is one', () => {
  expect(alertView(alert)).not.toHaveProperty('verdict')
  expect(alertView({ ...alert, status: 'closed', verdict: 'benign' })).toMatchObject({
    status: 'closed',
    verdict: 'benign',
  })
})

test('why the level is not the rule’s leaves as it is, where there is a reason', () => {
  const rating = { by: 'site', rule: 'low' } as const
  expect(alertView(alert)).not.toHaveProperty('rating')
  expect(alertView({ ...alert, rating })).toMatchObject({ level: 'high', rating })
})

test('an incident leaves with its alerts in the words of an alert', () => {
  const incident: Incident = {
    id: 'i1',
    kind: 'incident',
    entity: { 'host.name': 'h' },
    level: 'high',
    first,
    last: first,
    status: 'open',
    count: 2,
    attack: ['T1600'],
    alerts: [{ id: 'a1', strategy: 's', rule: 'Weak key', level: 'high', count: 2 }],
  }
  expect(incidentView(incident)).toEqual({
    id: 'i1',
    kind: 'incident',
    time: '2026-11-21T10:02:03.004Z',
    first: '2026-11-21T10:02:03.004Z',
    last: '2026-11-21T10:02:03.004Z',
    level: 'high',
    entity: { 'host.name': 'h' },
    status: 'open',
    label: 'h',
    count: 2,
    attack: ['T1600'],
    alerts: [{ id: 'a1', strategy: { id: 's' }, rule: { title: 'Weak key' }, level: 'high', count: 2 }],
  })
})

test('a finding leaves with its interval, and with whom it is about where that is known', () => {
  const finding = {
    id: 'f',
    kind: 'producer-loss',
    about: 'docker',
    since: first,
    until: first + 1,
    message: 'm',
  } as const
  expect(findingView(finding)).toEqual({
    id: 'f',
    kind: 'producer-loss',
    about: 'docker',
    since: '2026-11-21T10:02:03.004Z',
    until: '2026-11-21T10:02:03.005Z',
    message: 'm',
  })
  expect(findingView({ ...finding, resource: { 'host.name': 'h' } })).toHaveProperty('resource', {
    'host.name': 'h',
  })
})

test('an interval without an end is told with the last instant that a date can name', () => {
  expect(instant(Infinity)).toBe('+275760-09-13T00:00:00.000Z')
  expect(instant(-Infinity)).toBe('-271821-04-20T00:00:00.000Z')
})

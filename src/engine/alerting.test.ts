import { describe, expect, it } from 'vitest'
import { aContainer, rated } from '../../test/builders.ts'
import { EVIDENCE_LIMIT } from '../domain/alert.ts'
import type { EngineState } from '../domain/state.ts'
import { fold, stateKeys, WINDOW, type RatedMatch } from './alerting.ts'

const NOTHING: EngineState = { alerts: [], incidents: [] }
const T = Date.UTC(2026, 10, 20, 10)
const at = (offset: number, id = `stream/${offset}`): RatedMatch => rated({ id, time: T + offset })

describe('an alert', () => {
  it('opens at its first match and counts those of its window', () => {
    const { alerts } = fold(NOTHING, [at(0), at(1_000), at(WINDOW - 1)])
    expect(alerts.map(({ alert }) => [alert.first, alert.last, alert.count])).toEqual([
      [T, T + WINDOW - 1, 3],
    ])
  })

  it('has a fixed length: the match after its window opens another', () => {
    const { alerts } = fold(NOTHING, [at(0), at(WINDOW)])
    expect(alerts.map(({ alert }) => alert.count)).toEqual([1, 1])
  })

  it('takes a match up to one window earlier and moves its beginning back', () => {
    const { alerts } = fold(NOTHING, [at(0), at(-WINDOW), at(-1), at(-WINDOW - 1)])
    expect(alerts.map(({ alert }) => [alert.first, alert.last, alert.count])).toEqual([
      [T - WINDOW - 1, T, 4],
    ])
  })

  it('is the same when the state went through the store between two batches', () => {
    const together = fold(NOTHING, [at(0), at(10)])
    const first = fold(NOTHING, [at(0)])
    const second = fold(first, [at(10)])
    expect(second.alerts.map(({ alert }) => alert)).toEqual(together.alerts.map(({ alert }) => alert))
    expect(second.alerts.map(({ kept, evidence }) => [kept, evidence.length])).toEqual([[2, 1]])
  })

  it('is its client’s where a connection names no container', () => {
    const seen = (client: string, resource = {}): RatedMatch =>
      rated({ id: client, time: T, resource, flow: { client, server: '10.0.0.9' } })
    const { alerts } = fold(NOTHING, [seen('10.0.0.1'), seen('10.0.0.2'), seen('10.0.0.3', aContainer())])
    expect(alerts.map(({ alert }) => alert.entity['client.address'])).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      undefined,
    ])
  })

  it('keeps a bounded number of events as evidence and counts all', () => {
    const { alerts } = fold(
      NOTHING,
      Array.from({ length: 100 }, (_, index) => at(index)),
    )
    expect(alerts.map(({ alert, kept, evidence }) => [alert.count, kept, evidence.length])).toEqual([
      [100, EVIDENCE_LIMIT, EVIDENCE_LIMIT],
    ])
  })

  it('takes nothing more once it is closed', () => {
    const [open] = fold(NOTHING, [at(0)]).alerts
    if (open === undefined) throw new Error('no alert')
    const closed = {
      alerts: [{ ...open, alert: { ...open.alert, status: 'closed' as const } }],
      incidents: [],
    }
    expect(fold(closed, [at(10)]).alerts.map(({ opened, alert }) => [opened, alert.count])).toEqual([
      [true, 1],
    ])
  })

  it('is not opened again by the event that opened it, closed or not', () => {
    const first = fold(NOTHING, [at(0)])
    const closed = {
      ...first,
      alerts: first.alerts.map((each) => ({ ...each, alert: { ...each.alert, status: 'closed' as const } })),
    }
    expect(fold(first, [at(0)]).alerts).toEqual([])
    expect(fold(closed, [at(0)]).alerts).toEqual([])
  })

  it('keeps why it has its level until a match of a stronger one', () => {
    const rating = { by: 'priority', rule: 'high', condition: { 'host.name': 'lab' } } as const
    const lowered = { ...at(0), level: 'low', rating } as const
    const alone = fold(NOTHING, [lowered])
    expect(alone.alerts.map(({ alert }) => [alert.level, alert.rating])).toEqual([['low', rating]])
    const again = fold(alone, [{ ...at(1), level: 'low' }])
    expect(again.alerts.map(({ alert }) => [alert.level, alert.rating])).toEqual([['low', rating]])
    const stronger = fold(again, [{ ...at(2), level: 'high' }])
    expect(stronger.alerts.map(({ alert }) => [alert.level, alert.rating])).toEqual([['high', undefined]])
    const weaker = fold(stronger, [{ ...at(3), level: 'low', rating }])
    expect(weaker.alerts.map(({ alert }) => alert)).not.toContainEqual(
      expect.objectContaining({ rating: expect.anything() }),
    )
  })

  it('belongs to one rule and one entity', () => {
    const other = rated({ id: 'stream/2', resource: aContainer({ 'container.id': 'b'.repeat(64) }) })
    const rule = rated({ id: 'stream/3' }, { id: 'rule-2' })
    expect(fold(NOTHING, [at(0), other, rule]).alerts).toHaveLength(3)
  })
})

describe('an incident', () => {
  it('is one line for one entity, whatever number of rules it hit, with the strongest level', () => {
    const { incidents } = fold(NOTHING, [
      at(0),
      rated({ id: 'stream/2' }, { id: 'rule-2' }, 'high'),
      rated({ id: 'stream/3' }, { id: 'rule-3' }, 'low'),
    ])
    expect(incidents.map(({ incident }) => incident.level)).toEqual(['high'])
  })

  it('is one for fifty replicas of a workload', () => {
    const replicas = Array.from({ length: 50 }, (_, index) =>
      rated({
        id: `audit/${index}`,
        resource: {
          'k8s.namespace.name': 'shop',
          'k8s.pod.name': `web-${index}`,
          'k8s.deployment.name': 'web',
        },
      }),
    )
    expect(fold(NOTHING, replicas).incidents).toHaveLength(1)
  })

  it('is the posture report for what was there before, one for each machine, however old', () => {
    const before = [0, 1, 2].map((n) =>
      rated({
        id: `inspect/${n}`,
        time: T - n * 1e10,
        inventory: true,
        resource: aContainer({ 'container.id': String(n).repeat(64) }),
      }),
    )
    const { incidents, alerts } = fold(NOTHING, before)
    expect(incidents.map(({ incident }) => [incident.kind, incident.entity])).toEqual([
      ['posture', { 'host.name': 'node-1' }],
    ])
    expect(alerts).toHaveLength(3)
  })

  it('is not confused by names that look like separators', () => {
    const one = rated({ id: '1', resource: { 'k8s.namespace.name': 'a","b', 'k8s.pod.name': 'c' } })
    const two = rated({ id: '2', resource: { 'k8s.namespace.name': 'a', 'k8s.pod.name': 'b","c' } })
    expect(fold(NOTHING, [one, two]).incidents).toHaveLength(2)
  })
})

it('asks for the state within a window around the matches', () => {
  const keys = stateKeys([at(0), at(5_000)])
  expect(keys.map(({ kind, since, until }) => [kind, since, until])).toEqual([
    ['alert', T - WINDOW, T + 5_000 + WINDOW],
    ['incident', T - WINDOW, T + 5_000 + WINDOW],
  ])
})

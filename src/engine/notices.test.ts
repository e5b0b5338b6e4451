import { describe, expect, it } from 'vitest'
import { aContainer, rated } from '../../test/builders.ts'
import type { OutboxEntry, Route } from '../domain/notice.ts'
import type { EngineState } from '../domain/state.ts'
import { fold, type RatedMatch } from './alerting.ts'
import { noticesOf } from './notices.ts'

const T = Date.UTC(2026, 10, 20, 10)
const NOTHING: EngineState = { alerts: [], incidents: [] }
const route = (parts: Partial<Route> = {}): Route => ({
  sink: 'ops',
  level: 'high',
  findings: false,
  ...parts,
})

function told(
  matches: readonly RatedMatch[],
  routes: readonly Route[] = [route()],
  before: EngineState = NOTHING,
): readonly OutboxEntry[] {
  return noticesOf({ routes, before, output: fold(before, matches), findings: [], at: T })
}

const summary = ({ sink, notice }: OutboxEntry): unknown =>
  notice.kind === 'incident'
    ? [sink, notice.change, notice.level, notice.alert.strategy]
    : [sink, notice.kind]

describe('what a sink is told', () => {
  it('is an incident that opens, once, whatever number of rules it hit', () => {
    const entries = told([
      rated({ id: 'a', time: T }, { id: 'r1' }, 'high'),
      rated({ id: 'b', time: T + 1 }, { id: 'r2', strategy: 'worse' }, 'critical'),
      rated({ id: 'c', time: T + 2 }, { id: 'r2', strategy: 'worse' }, 'critical'),
    ])
    expect(entries.map(summary)).toEqual([['ops', 'opened', 'critical', 'worse']])
  })

  it('is nothing below its level, and the incident when it rises to it', () => {
    const first = [rated({ id: 'a', time: T }, { id: 'r1' }, 'low')]
    expect(told(first)).toEqual([])
    const { alerts, incidents } = fold(NOTHING, first)
    const entries = told([rated({ id: 'b', time: T + 1 }, { id: 'r1' }, 'high')], [route()], {
      alerts,
      incidents,
    })
    expect(entries.map(summary)).toEqual([['ops', 'raised', 'high', 'a-strategy']])
  })

  it('is not each further match', () => {
    const { alerts, incidents } = fold(NOTHING, [rated({ id: 'a', time: T }, {}, 'high')])
    expect(told([rated({ id: 'b', time: T + 1 }, {}, 'high')], [route()], { alerts, incidents })).toEqual([])
  })

  it('is what its strategies saw where it names some', () => {
    const routes = [route({ sink: 'crypto', strategies: ['t1600'], level: 'low' }), route()]
    const entries = told(
      [
        rated({ id: 'a', time: T }, { id: 'r1', strategy: 't1600' }, 'medium'),
        rated({ id: 'b', time: T + 1 }, { id: 'r2', strategy: 'other' }, 'critical'),
      ],
      routes,
    )
    expect(entries.map(summary)).toEqual([
      ['crypto', 'opened', 'medium', 't1600'],
      ['ops', 'opened', 'critical', 'other'],
    ])
  })

  it('is the posture report as one line', () => {
    const entries = told(
      ['a', 'b', 'c'].map((id) =>
        rated(
          { id, time: T, inventory: true, resource: aContainer({ 'container.id': id.repeat(64) }) },
          { id: `rule-${id}` },
          'critical',
        ),
      ),
    )
    expect(entries.map(summary)).toEqual([['ops', 'posture']])
    expect(entries[0]?.notice).toMatchObject({
      report: {
        entries: 3,
        entities: 3,
        worst: ['rule-a', 'rule-b', 'rule-c'].map(() => ({ level: 'critical', count: 1 })),
      },
    })
  })

  it('is findings where it wants them', () => {
    const finding = {
      id: 'f',
      kind: 'producer-loss',
      about: 'docker',
      since: 0,
      until: Infinity,
      message: 'm'.repeat(5_000),
    } as const
    const parts = { before: NOTHING, output: { alerts: [], incidents: [] }, findings: [finding], at: T }
    expect(noticesOf({ ...parts, routes: [route()] })).toEqual([])
    const [entry] = noticesOf({ ...parts, routes: [route({ findings: true })] })
    expect(entry?.notice).toMatchObject({
      finding: { id: 'f', until: 8.64e15, message: expect.stringMatching(/^.{1024}$/) },
    })
  })
})

it('keys are the same when a batch is read again, and differ by sink and by level', () => {
  const routes = [route(), route({ sink: 'mail' })]
  const high = [rated({ id: 'a', time: T }, {}, 'high')]
  const keys = told(high, routes).map(({ key }) => key)
  expect(told(high, routes).map(({ key }) => key)).toEqual(keys)
  expect(
    new Set([...keys, ...told([rated({ id: 'a', time: T }, {}, 'critical')]).map(({ key }) => key)]).size,
  ).toBe(3)
})

it('a notice is bounded, however large the names are', () => {
  const entity = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`label.${n}`, 'x'.repeat(10_000)]))
  const [entry] = told([
    rated({ id: 'a', time: T, resource: aContainer(entity) }, { title: 't'.repeat(9_000) }, 'high'),
  ])
  expect(JSON.stringify(entry).length).toBeLessThan(16_384)
})

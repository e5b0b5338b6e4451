import { expect, it } from 'vitest'
import { anAlert } from '../api/an-alert.testing.ts'
import type { Alert } from '../api/types.ts'
import { timeline } from './timeline.ts'

function hit(title: string, level: Alert['level'], events: readonly (readonly [string, number])[]): Alert {
  return anAlert({
    id: title,
    level,
    count: events.length,
    evidence: events.map(([event, second]) => ({
      event,
      time: new Date(Date.UTC(2026, 10, 21, 10, 0, second)).toISOString(),
      source: 'docker.events',
      logsource: 'docker/container_event',
      fields: {},
    })),
  })
}

it('tells each event once, in order, with all rules that it hit and the most severe level', () => {
  const rows = timeline([
    hit('Odd tool', 'low', [
      ['b', 5],
      ['a', 1],
    ]),
    hit('Certificate made', 'high', [['b', 5]]),
  ])
  expect(rows.map(({ evidence, level, rules }) => [evidence.event, level, rules])).toEqual([
    ['a', 'low', ['Odd tool']],
    ['b', 'high', ['Odd tool', 'Certificate made']],
  ])
})

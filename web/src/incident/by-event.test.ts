import { expect, it } from 'vitest'
import { anAlert } from '../api/an-alert.testing.ts'
import type { Alert } from '../api/types.ts'
import { byEvent } from './by-event.ts'

function hit(id: string, level: Alert['level'], events: readonly string[]): Alert {
  return anAlert({
    id,
    level,
    count: events.length,
    evidence: events.map((event) => ({
      event,
      time: `2026-11-21T10:00:0${event}.000Z`,
      source: 'sensor',
      logsource: 'linux/process_creation',
      fields: {},
    })),
  })
}

it('tells an act once, with every rule that it hit, the most severe first', () => {
  const acts = byEvent([
    hit('odd', 'low', ['1', '3']),
    hit('key', 'medium', ['2']),
    hit('made', 'high', ['1', '2']),
    hit('nothing kept', 'low', []),
  ])
  expect(acts.map(({ alerts }) => alerts.map(({ id }) => id))).toEqual([
    ['made', 'odd'],
    ['key'],
    ['nothing kept'],
  ])
  expect(acts[0]?.evidence.map(({ event }) => event)).toEqual(['1', '2', '3'])
})

import { expect, it } from 'vitest'
import type { Alert } from '../api/types.ts'
import { byEvent } from './by-event.ts'

function anAlert(id: string, level: Alert['level'], events: readonly string[]): Alert {
  return {
    id,
    time: '',
    first: '',
    last: '',
    strategy: { id: 's' },
    rule: { id, title: id },
    level,
    attack: [],
    entity: {},
    count: events.length,
    incident: 'i',
    status: 'open',
    evidence: events.map((event) => ({
      event,
      time: `2026-11-21T10:00:0${event}.000Z`,
      source: 'sensor',
      logsource: 'linux/process_creation',
      fields: {},
    })),
  }
}

it('tells an act once, with every rule that it hit, the most severe first', () => {
  const acts = byEvent([
    anAlert('odd', 'low', ['1', '3']),
    anAlert('key', 'medium', ['2']),
    anAlert('made', 'high', ['1', '2']),
    anAlert('nothing kept', 'low', []),
  ])
  expect(acts.map(({ alerts }) => alerts.map(({ id }) => id))).toEqual([
    ['made', 'odd'],
    ['key'],
    ['nothing kept'],
  ])
  expect(acts[0]?.evidence.map(({ event }) => event)).toEqual(['1', '2', '3'])
})

import { expect, it } from 'vitest'
import { anAlert } from '../api/an-alert.testing.ts'
import type { Alert, Level, Resource } from '../api/types.ts'
import { groupByEntity } from './group.ts'

function found(id: string, level: Level, entity: Resource): Alert {
  return anAlert({ id, level, entity })
}

it('names a container once, with all that was found on it, the most severe first', () => {
  const groups = groupByEntity([
    found('a', 'low', { 'container.id': '1' }),
    found('b', 'high', { 'container.id': '2' }),
    found('c', 'medium', { 'container.id': '1', 'container.name': 'web' }),
    found('d', 'low', { 'host.name': 'n' }),
  ])
  expect(groups.map(({ level, alerts }) => [level, ...alerts.map(({ id }) => id)])).toEqual([
    ['high', 'b'],
    ['medium', 'c', 'a'],
    ['low', 'd'],
  ])
})

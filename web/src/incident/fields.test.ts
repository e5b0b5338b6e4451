import { expect, it } from 'vitest'
import { groupFields } from './fields.ts'

it('puts first what the rule reads and the event says', () => {
  const fields = { a: '', b: ['x'], c: 0, d: false, e: [], f: 'rest' }
  const { read, rest } = groupFields({ fields }, ['d', 'b', 'd', 'missing', 'a', 'e', 'c'])
  expect(read).toEqual([
    ['d', false],
    ['b', ['x']],
    ['c', 0],
  ])
  expect(rest.map(([name]) => name)).toEqual(['a', 'e', 'f'])
})

it('leaves to the head what the head says, unless there is nothing else', () => {
  const fields = { 'container.id': 'c', 'process.executable.name': 'nc' }
  const read = ['container.id', 'process.executable.name']
  expect(groupFields({ fields }, read, { 'container.id': 'c' }).read).toEqual([
    ['process.executable.name', 'nc'],
  ])
  expect(groupFields({ fields }, ['container.id'], { 'container.id': 'c' }).read).toEqual([
    ['container.id', 'c'],
  ])
})

it('is not led astray by fields named as what every object has', () => {
  expect(groupFields({ fields: { a: 1 } }, ['constructor', '__proto__', 'a']).read).toEqual([['a', 1]])
})

it('reads what the record nests', () => {
  const fields = { objectRef: { name: 'db' } }
  expect(groupFields({ fields }, ['objectRef.name']).read).toEqual([['objectRef.name', 'db']])
})

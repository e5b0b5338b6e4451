import { expect, it } from 'vitest'
import { fieldOf } from './field-of.ts'

it('finds a field where the record nests it, and nothing that every object has', () => {
  const fields = { objectRef: { name: 'db', list: ['x'] }, 'user.username': 'alice' }
  expect(fieldOf(fields, 'objectRef.name')).toBe('db')
  expect(fieldOf(fields, 'user.username')).toBe('alice')
  for (const name of ['objectRef.constructor', 'objectRef.list.length', 'objectRef.name.length', '__proto__'])
    expect(fieldOf(fields, name), name).toBeUndefined()
})

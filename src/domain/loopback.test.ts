import { expect, test } from 'vitest'
import { isLoopback } from './loopback.ts'

test.each(['localhost', '127.0.0.1', '127.0.0.53', '127.255.255.255', '::1', '[::1]'])(
  '%s is this machine',
  (host) => {
    expect(isLoopback(host)).toBe(true)
  },
)

test.each([
  '127.999.999.999',
  '127.0.0.256',
  '127.0.0.01',
  '127.0.0.1.example.com',
  '127.1',
  'localhost.example.com',
  '0.0.0.0',
  '::',
  '[::]',
  '::ffff:10.0.0.1',
  '10.0.0.1',
  '',
])('%s is not', (host) => {
  expect(isLoopback(host)).toBe(false)
})

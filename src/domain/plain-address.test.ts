import { expect, it } from 'vitest'
import { plainAddress } from './plain-address.ts'

it.each([
  ['::ffff:169.254.169.254', '169.254.169.254'],
  ['::FFFF:a9fe:a9fe', '169.254.169.254'],
  ['0:0:0:0:0:ffff:7f00:1', '127.0.0.1'],
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:0:192.0.2.1', '::ffff:0:192.0.2.1'],
  ['2001:DB8::1', '2001:DB8::1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['::ffff:not.an.address', '::ffff:not.an.address'],
])('says %s as %s', (text, plain) => {
  expect(plainAddress(text)).toBe(plain)
})

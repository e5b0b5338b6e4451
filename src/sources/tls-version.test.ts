import { expect, test } from 'vitest'
import { cipherSuite } from './cipher-suites.ts'
import { tlsVersion, tlsVersionOf } from './tls-version.ts'

test.each([
  ['TLSv1', 'TLSv10'],
  ['TLS 1.0', 'TLSv10'],
  ['TLSv1.2', 'TLSv12'],
  ['TLSv12', 'TLSv12'],
  ['TLS 1.1', 'TLSv11'],
  ['tls1.3', 'TLSv13'],
  ['TLS 1.3 draft-18', 'TLSv13-draft18'],
  ['TLS 1.3 draft-<16', 'TLSv13-draft16'],
  ['TLSv13-draft28', 'TLSv13-draft28'],
  ['SSLv2', 'SSLv2'],
  ['SSL 3.0', 'SSLv3'],
  ['SSLv3', 'SSLv3'],
  ['DTLSv12', 'DTLSv12'],
  ['DTLS 1.0', 'DTLSv10'],
  ['0x0301', 'TLSv10'],
  ['0x7f12', 'TLSv13-draft18'],
  ['0x0a0a', undefined],
  ['UNDETERMINED', undefined],
  ['unknown-64282', undefined],
  ['', undefined],
  ['TLSv1'.padEnd(10_000, '1'), undefined],
])('%s is %s', (native, spelled) => {
  expect(tlsVersion(native)).toBe(spelled)
})

test('a number of no version names none', () => {
  expect(tlsVersionOf(0x0304)).toBe('TLSv13')
  expect(tlsVersionOf(0x1a1a)).toBeUndefined()
})

test.each([
  [49_200, 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'],
  [4866, 'TLS_AES_256_GCM_SHA384'],
  [0x00_3b, 'TLS_RSA_WITH_NULL_SHA256'],
  [0x0a_0a, '0x0a0a'],
  [-1, undefined],
  [65_536, undefined],
  [1.5, undefined],
])('cipher suite %d is %s', (number, name) => {
  expect(cipherSuite(number)).toBe(name)
})

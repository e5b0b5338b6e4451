import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createStreamDecoder, sources } from './index.ts'

const fixture = readFileSync(join(import.meta.dirname, 'fixtures/tshark/recorded-fields.jsonl'), 'utf8')
const DER = /"tls_handshake_certificate":\["([0-9a-f]+)"\]/.exec(fixture)?.[1] ?? ''

function packet(way: 'there' | 'back', fields: Readonly<Record<string, readonly string[]>>, at = 0): string {
  const [from, to] = way === 'there' ? ['198.18.0.2', '198.18.0.3'] : ['198.18.0.3', '198.18.0.2']
  const [source, destination] = way === 'there' ? ['40000', '4433'] : ['4433', '40000']
  const ends = { ip_src: [from], ip_dst: [to], tcp_srcport: [source], tcp_dstport: [destination] }
  const layers = { frame_time_epoch: [`1795282571.80849${at}999`], ...ends, ...fields }
  return `${JSON.stringify({ timestamp: '1795282571808', layers })}\n`
}

const HELLO = packet('there', {
  tls_handshake_type: ['1'],
  tls_handshake_extensions_server_name: ['db.example'],
})
const CHOICE = packet('back', {
  tls_handshake_type: ['2'],
  tls_handshake_version: ['0x0303'],
  tls_handshake_ciphersuite: ['0xc030'],
})
const CERTIFICATE = packet('back', { tls_handshake_type: ['11', '14'], tls_handshake_certificate: [DER] }, 1)

function read(text: string, state?: unknown, offset = 0, end = true) {
  const decoder = createStreamDecoder(sources, 's', state)
  const batch = decoder.push({ stream: 's', offset, bytes: Buffer.from(text), end })
  expect(batch.failures).toEqual([])
  const told = batch.items.flatMap(({ decoded }) => decoded.events)
  return { told, completed: batch.completed.flatMap(({ events }) => events), decoder }
}

test('a certificate that comes in a later packet is part of the session', () => {
  const { told, completed } = read(HELLO + CHOICE + CERTIFICATE)
  expect(told.map(({ logsource }) => logsource.service)).toEqual(['x509'])
  expect(completed).toMatchObject([
    {
      time: 1_795_282_571_808,
      logsource: { product: 'tshark', service: 'tls', also: [{ category: 'tls' }] },
      flow: { client: '198.18.0.2', server: '198.18.0.3' },
      once: expect.any(String),
      record: {
        version: 'TLSv12',
        'tls.handshake.version': '0x0303',
        cipher: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
        server_name: 'db.example',
        established: true,
        subject: 'CN=localhost,O=Internet Widgits Pty Ltd,C=AU',
        issuer: 'CN=localhost,O=Internet Widgits Pty Ltd,C=AU',
        cert_chain_fps: [expect.stringMatching(/^[\da-f]{64}$/)],
        'id.orig_h': '198.18.0.2',
        'id.resp_p': 4433,
      },
    },
  ])
})

test('also after a restart in between, and without one where none comes', () => {
  const first = read(HELLO + CHOICE, undefined, 0, false)
  expect([first.told, first.completed]).toEqual([[], []])
  const { offset, state } = first.decoder.checkpoint()
  const kept = JSON.parse(JSON.stringify(state))
  const late = read(CERTIFICATE, kept, offset)
  expect(late.completed[0]?.record).toMatchObject({ server_name: 'db.example', subject: expect.any(String) })
  const never = read('', kept, offset)
  expect(never.completed).toHaveLength(1)
  expect(never.completed[0]?.record).not.toHaveProperty('subject')
})

test('a client’s certificate has the same ends', () => {
  const own = packet('there', { tls_handshake_type: ['11'], tls_handshake_certificate: [DER] }, 2)
  const { told } = read(HELLO + CHOICE + CERTIFICATE + own)
  expect(told.map(({ flow }) => flow?.client)).toEqual(['198.18.0.2', '198.18.0.2'])
})

test('what is no certificate is passed over, and what is open is bounded', () => {
  const { told } = read(
    packet('back', { tls_handshake_type: ['11'], tls_handshake_certificate: ['3082zz', '', '30'] }),
  )
  expect(told).toEqual([])
  const many = Array.from({ length: 1_000 }, (_, port) => CHOICE.replace('"40000"', `"${port}"`)).join('')
  const { decoder } = read(many, undefined, 0, false)
  expect(JSON.stringify(decoder.checkpoint().state).length).toBeLessThan(200_000)
})

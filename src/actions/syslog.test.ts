import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createAuthority } from '../../test/certificates.ts'
import { aNotice } from '../../test/notices.ts'
import { syslogReceiver } from '../../test/receivers.ts'
import type { ActionResult, Delivery } from './action.ts'
import { syslog } from './syslog.ts'
import { syslogMessage } from './syslog-message.ts'

const delivery = (parts: Partial<Delivery> = {}): Delivery => ({
  key: 'k'.repeat(32),
  notice: aNotice(),
  console: 'https://tally.example',
  ...parts,
})

async function send(options: object, what = delivery(), patience = 5_000): Promise<ActionResult> {
  const chosen = syslog.options.parse({ type: 'syslog', host: '127.0.0.1', ...options })
  const context = { signal: AbortSignal.timeout(patience), now: Date.now }
  return syslog.check(chosen) ?? (await syslog.run(chosen, what, context))
}

/** RFC 5424, 6: header, structured data, message. */
const MESSAGE =
  /^<(\d+)>1 (\d{4}-\d\d-\d\dT[\d:.]+Z) (\S+) tallyman - (\S+) \[tallyman@32473((?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")+)\] \u{feff}([^\n]*)$/u

describe('a syslog sink', () => {
  it('sends one octet-counted frame over TCP, with facility, severity and key', async () => {
    await using receiver = await syslogReceiver()
    expect(await send({ port: receiver.port, transport: 'tcp', facility: 'authpriv' })).toMatchObject({
      kind: 'done',
    })
    const [, priority, time, , type, data, text] = MESSAGE.exec(receiver.received[0] ?? '') ?? []
    expect([priority, time, type]).toEqual(['83', '2026-11-20T10:00:00.000Z', 'incident.opened'])
    expect(data).toContain(` key="${'k'.repeat(32)}"`)
    expect(text).toMatch(/^high: A rule: web; what: an incident opened; /)
  })

  it('verifies the certificate over TLS', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-syslog-'))
    try {
      const authority = createAuthority(folder)
      const { cert, key } = authority.issue('server')
      await using receiver = await syslogReceiver({ cert: readFileSync(cert), key: readFileSync(key) })
      const { port } = receiver
      expect(await send({ port })).toMatchObject({ kind: 'failed' })
      expect(receiver.received).toEqual([])
      expect(await send({ port, caFile: authority.cert })).toMatchObject({ kind: 'done' })
      expect(receiver.received[0]).toMatch(MESSAGE)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('sends one datagram over UDP', async () => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const came = once(socket, 'message') as Promise<[Buffer]>
    expect(await send({ port: socket.address().port, transport: 'udp' })).toMatchObject({ kind: 'done' })
    const [message] = await came
    socket.close()
    expect(message.toString()).toMatch(MESSAGE)
    expect(message.length).toBeLessThanOrEqual(2_048)
  })

  it('is not done where the receiver takes the connection and does not read', async () => {
    const server = createServer({ pauseOnConnect: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const held = once(server, 'connection') as Promise<[{ destroy(): void }]>
    expect(await send({ port, transport: 'tcp' }, delivery(), 300)).toMatchObject({
      kind: 'failed',
      reason: `127.0.0.1:${port}: not taken in time`,
    })
    const [socket] = await held
    socket.destroy()
    server.close()
  })

  it('fails where nobody listens', async () => {
    expect(await send({ port: 1, transport: 'tcp' })).toMatchObject({
      kind: 'failed',
      reason: '127.0.0.1:1: ECONNREFUSED',
    })
  })
})

describe('a syslog message', () => {
  const parts = { facility: 'local0', hostname: 'node 1\n<0>', enterprise: 32_473, limit: 2_048 } as const

  it('is one line whose structured data no name breaks', () => {
    const hostile = '"] <0>1 - evil - - - -\n<0>1 forged \\ \u001b[2J'
    const notice = aNotice({
      entity: { 'container.name': hostile },
      alert: { ...aNotice().alert, strategy: hostile, rule: { id: 'r', title: hostile } },
    })
    const text = syslogMessage(delivery({ notice }), parts).toString()
    expect(text).toMatch(MESSAGE)
    expect(text).not.toMatch(/[\n\r\u001b]/)
    expect(MESSAGE.exec(text)?.[3]).toBe('node1<0>')
  })

  it('is cut at whole characters, never in its structured data', () => {
    const title = '€'.repeat(200)
    const notice = aNotice({ entity: {}, alert: { ...aNotice().alert, rule: { id: 'r', title } } })
    for (const limit of [700, 701, 702, 703]) {
      const bytes = syslogMessage(delivery({ notice }), { ...parts, limit })
      expect(bytes.length).toBeLessThanOrEqual(limit)
      expect(bytes.toString()).toMatch(MESSAGE)
      expect(bytes.toString()).not.toContain('\ufffd')
    }
  })
})

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createAuthority, type Certificate } from '../../test/certificates.ts'
import { eventually } from '../../test/daemon.ts'
import {
  connected,
  counted,
  listeningSyslog,
  nothingRemembered,
  sendDatagrams,
  type ListeningSyslog,
} from '../../test/syslog-input.ts'
import { NO_ROOM } from './syslog-datagrams.ts'
import { TOO_LONG, UNFINISHED } from './syslog-frames.ts'
import { NOT_UTF8, WITH_NUL } from './syslog-line.ts'

vi.setConfig({ testTimeout: 60_000 })

let running: ListeningSyslog[] = []
afterEach(async () => {
  for (const input of running) await input.stop()
  running = []
})

async function start(...parts: Parameters<typeof listeningSyslog>): Promise<ListeningSyslog> {
  const input = await listeningSyslog(...parts)
  running.push(input)
  return input
}

const line = (n: number | string): string => `<13>Nov 21 10:00:00 host app: ${n}`
const lines = (...numbers: readonly (number | string)[]): string =>
  numbers.map((n) => `${line(n)}\n`).join('')
const has = (input: ListeningSyslog, text: string): Promise<true> =>
  eventually(() => (input.text().includes(text) ? true : undefined))

describe('over TCP', () => {
  it('a message is a line, whatever is written into it', async () => {
    const input = await start()
    const socket = await connected(input.port)
    socket.write(counted(`<13>forged\n${line(1)}\r\nmore\n`) + lines(2))
    await has(input, line(2))
    expect(input.text()).toBe(`<13>forged ${line(1)}  more\n${lines(2)}`)
    expect(input.batches.flatMap(({ chunks }) => chunks)[0]?.messages).toEqual({ zone: 'UTC' })
    socket.destroy()
  })

  it('each address has a stream of its own, which goes on over connections and restarts', async () => {
    const memory = nothingRemembered()
    const input = await start({}, memory)
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      for (const n of [1, 2]) {
        const socket = await connected(input.port, address)
        socket.end(lines(`${address}/${n}`))
        await has(input, `${address}/${n}`)
      }
    }
    await input.stop()
    const again = await start({}, memory)
    const socket = await connected(again.port, '127.0.0.2')
    socket.end(lines('after'))
    await has(again, 'after')
    const chunks = [...input.batches, ...again.batches].flatMap((batch) => batch.chunks)
    const of = (address: string) =>
      chunks.filter(({ path, bytes }) => path === `net (${address})` && bytes.length > 0)
    const length = lines('127.0.0.2/1').length
    expect(of('127.0.0.1').map(({ offset }) => offset)).toEqual([0, length])
    expect(of('127.0.0.2').map(({ offset }) => offset)).toEqual([0, length, 2 * length])
    expect(new Set(chunks.map(({ stream }) => stream)).size).toBe(2)
  })

  it('garbage between good messages is counted, and they are read', async () => {
    const input = await start()
    const socket = await connected(input.port)
    socket.write(lines(1))
    socket.write(Buffer.concat([Buffer.from([0xff, 0xfe, 0x41, 0x00]), Buffer.from('\n')]))
    socket.write('<13>a\0b\n')
    socket.write(Buffer.concat([Buffer.from('<13>\xe4'), Buffer.from([0xff]), Buffer.from('\n')]))
    socket.write(`<13>${'x'.repeat(70_000)}\n${counted(`<13>${'y'.repeat(70_000)}`)}`)
    socket.write(`${lines(2)}<13>half of`)
    await has(input, line(2))
    socket.resetAndDestroy()
    await eventually(() => (input.failures()[UNFINISHED] === 1 ? true : undefined))
    expect(input.text()).toBe(lines(1, 2))
    expect(input.failures()).toEqual({ [WITH_NUL]: 1, [NOT_UTF8]: 2, [TOO_LONG]: 2, [UNFINISHED]: 1 })
  })

  it('who sends faster than is committed waits, and others do not', async () => {
    const input = await start({ limits: { message: 1024, waiting: 64 * 1024 } })
    input.hold()
    const fast = await connected(input.port, '127.0.0.2')
    const numbers = Array.from({ length: 20_000 }, (_, n) => n)
    let sent = false
    fast.write(lines(...numbers), () => {
      sent = true
    })
    const slow = await connected(input.port, '127.0.0.3')
    slow.end(lines('slow'))
    input.resume()
    await has(input, 'slow')
    await has(input, `${line(19_999)}\n`)
    expect(sent).toBe(true)
    expect(input.text('127.0.0.2')).toBe(lines(...numbers))
    const largest = Math.max(
      ...input.batches.flatMap(({ chunks }) => chunks.map(({ bytes }) => bytes.length)),
    )
    expect(largest).toBeLessThan(64 * 1024)
    expect(input.senders().find(({ name }) => name === '127.0.0.2')).toMatchObject({ committed: 20_000 })
    fast.destroy()
  })

  it('only who may send is heard, and one address has a bounded number of connections', async () => {
    const input = await start({ from: ['127.0.0.2', '127.0.1.0/24'] })
    const stranger = await connected(input.port, '127.0.0.3')
    await once(stranger, 'close')
    const ally = await connected(input.port, '127.0.1.77')
    ally.end(lines(1))
    await has(input, line(1))
    expect(input.senders()).toMatchObject([
      { name: '127.0.1.77', committed: 1 },
      { name: '(may not send)', refused: 1 },
    ])
    const many = await Promise.all(Array.from({ length: 70 }, () => connected(input.port, '127.0.0.2')))
    const told = await eventually(() => input.batches.flatMap(({ findings }) => findings)[0])
    expect(told).toMatchObject({ kind: 'bound-reached', about: 'net' })
    await eventually(() => (many.filter(({ closed }) => closed).length === 6 ? true : undefined))
    for (const socket of many) socket.destroy()
  })

  it('a restart tells of the time in which nobody listened; what waits at a stop is handed on', async () => {
    const memory = nothingRemembered()
    const input = await start({}, memory)
    input.hold()
    const socket = await connected(input.port)
    socket.write(lines(1))
    await eventually(() => (input.handed() === 2 ? true : undefined))
    socket.write(lines(2))
    await eventually(() => (input.waits() ? true : undefined))
    await input.stop()
    expect(input.text()).toBe(lines(1, 2))
    const { until } = memory.checkpoint as { until: number }
    const again = await start({}, memory)
    const findings = await eventually(() => again.batches[0]?.findings)
    expect(findings).toMatchObject([{ kind: 'unobserved-interval', about: 'net', since: until }])
    expect(input.batches[0]?.findings).toEqual([])
    socket.destroy()
  })

  it('tells once that a sender has been quiet, so that what waits for more is decided', async () => {
    const input = await start()
    const socket = await connected(input.port)
    socket.write(lines(1))
    const chunk = await eventually(() =>
      input.batches.flatMap(({ chunks }) => chunks).find(({ idle }) => idle === true),
    )
    expect(chunk).toMatchObject({ offset: lines(1).length, path: 'net (127.0.0.1)' })
    socket.destroy()
  })
})

describe('over TLS', () => {
  let folder: string
  const withTls = async (
    use: (authority: ReturnType<typeof createAuthority>, server: Certificate) => Promise<void>,
  ): Promise<void> => {
    folder = mkdtempSync(join(tmpdir(), 'tallyman-syslog-tls-'))
    try {
      const authority = createAuthority(folder)
      await use(authority, authority.issue('server'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const send = async (port: number, ca: string, text: string, own?: Certificate): Promise<void> => {
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      ca: readFileSync(ca),
      ...(own !== undefined && { cert: readFileSync(own.cert), key: readFileSync(own.key) }),
    })
    socket.on('error', () => {})
    socket.end(text)
    socket.resume()
    await once(socket, 'close')
  }

  it('reads what is encrypted, and nothing in the clear', async () => {
    await withTls(async (authority, server) => {
      const input = await start({ transport: 'tls', tls: server })
      await send(input.port, authority.cert, counted(line(1)) + counted(line(2)))
      await has(input, line(2))
      const clear = await connected(input.port)
      clear.write(lines('clear'))
      await once(clear, 'close')
      expect(input.text()).toBe(lines(1, 2))
    })
  })

  it('with an authority hears only who shows a certificate of it, by its name', async () => {
    await withTls(async (authority, server) => {
      const input = await start({ transport: 'tls', tls: { ...server, clientCa: authority.cert } })
      await send(input.port, authority.cert, lines('none'))
      const stranger = createAuthority(folder, 'other').issue('relay')
      await send(input.port, authority.cert, lines('stranger'), stranger)
      await send(input.port, authority.cert, lines(1), authority.issue('relay'))
      await has(input, line(1))
      expect(input.text('certificate relay')).toBe(lines(1))
      expect(input.text()).toBe(lines(1))
      expect(input.senders().find(({ name }) => name === '(may not send)')?.refused).toBe(2)
    })
  })
})

describe('over UDP', () => {
  it('a datagram is a message, whatever ends it', async () => {
    const input = await start({ transport: 'udp' })
    await sendDatagrams(input.port, [
      line(1),
      `${line(2)}\n`,
      `${line(3)}\0`,
      '<13>a\nb',
      '',
      '<13>a\0b',
      line(4),
    ])
    await has(input, line(4))
    expect(input.text('127.0.0.1')).toBe(`${lines(1, 2, 3)}<13>a b\n${lines(4)}`)
    expect(input.failures()).toEqual({ [WITH_NUL]: 1 })
  })

  it('what there is no room for is counted, and told', async () => {
    const input = await start({ transport: 'udp', limits: { message: 2048, waiting: 16 * 1024 } })
    input.hold()
    const numbers = Array.from({ length: 400 }, (_, n) => n)
    await sendDatagrams(input.port, numbers.map(line), '127.0.0.2')
    await sendDatagrams(input.port, [line('other')], '127.0.0.3')
    input.resume()
    await has(input, 'other')
    const lost = await eventually(() => input.failures()[NO_ROOM])
    const taken = input.text('127.0.0.2').split('\n').length - 1
    expect(taken + lost).toBe(400)
    expect(taken).toBeGreaterThan(10)
    const findings = input.batches.flatMap((batch) => batch.findings)
    expect(findings[0]).toMatchObject({ kind: 'producer-loss', about: 'net' })
    expect(new Set(findings.map(({ id }) => id)).size).toBe(1)
  })

  it('hears only who may send', async () => {
    const input = await start({ transport: 'udp', from: ['127.0.0.2'] })
    await sendDatagrams(input.port, [line('stranger')], '127.0.0.3')
    await sendDatagrams(input.port, [line(1)], '127.0.0.2')
    await has(input, line(1))
    expect(input.text()).toBe(lines(1))
    expect(input.senders().find(({ name }) => name === '(may not send)')?.refused).toBe(1)
  })
})

it('a port that is taken is said in words that help', async () => {
  const input = await start()
  await expect(listeningSyslog({ port: input.port })).rejects.toThrow(/cannot listen on 127\.0\.0\.1/)
})

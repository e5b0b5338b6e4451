import { Hono } from 'hono'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { allowedHosts, listen } from './listen.ts'

const LARGE = 'x'.repeat(1_000_000)
const address = { host: '127.0.0.1', port: 0 }
let server: Awaited<ReturnType<typeof listen>>
let asked: string[]

beforeEach(async () => {
  asked = []
  address.port = 0
  const app = new Hono().all('*', async (context) => {
    asked.push(`${context.req.method} ${context.req.path} ${await context.req.text()}`)
    return context.text(LARGE)
  })
  server = await listen(app.fetch, address, 300)
})
afterEach(
  () =>
    new Promise<void>((closed) => {
      server.close(() => closed())
      if ('closeAllConnections' in server) server.closeAllConnections()
    }),
)

/** Sends bytes as they are; the first line of the answer, or '' where the connection is only closed. */
async function raw(...lines: readonly string[]): Promise<string> {
  const socket = connect(address.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(lines.join('\r\n'))
  let answer = ''
  socket.on('data', (bytes) => void (answer += bytes.toString('latin1').slice(0, 200)))
  await gone(socket)
  return answer.split('\r\n')[0] ?? ''
}

function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())))
}

function connections(): Promise<number> {
  return new Promise((counted) => server.getConnections((_, n) => counted(n)))
}

const HOST = 'Host: 127.0.0.1:7410'
const SMUGGLED = 'GET /smuggled HTTP/1.1'

describe('a request whose end can be read in two ways is refused, and nothing behind it is heard', () => {
  test.each([
    ['two lengths', ['Content-Length: 5', 'Content-Length: 0']],
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['chunks that are not last', ['Transfer-Encoding: chunked, identity']],
    ['a length with a sign', ['Content-Length: +5']],
    ['a blank before the colon', ['Content-Length : 5']],
    ['a folded header', ['X-A: b', ' c: d']],
    ['a bare line feed', ['X-A: b\nContent-Length: 5']],
    ['a zero byte', ['X-A: b\0c']],
  ])('%s', async (_what, headers) => {
    const first = await raw('POST / HTTP/1.1', HOST, ...headers, '', '0', '', SMUGGLED, HOST, '', '')
    expect(first).toBe('HTTP/1.1 400 Bad Request')
    expect(asked.filter((each) => each.includes('smuggled'))).toEqual([])
  })

  test('no name at all', async () => {
    expect(await raw('GET / HTTP/1.1', '', '')).toBe('HTTP/1.1 400 Bad Request')
  })

  test('headers without end', async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => `X-${n}: ${'y'.repeat(20)}`)
    expect(await raw('GET / HTTP/1.1', HOST, ...many, '', '')).toBe(
      'HTTP/1.1 431 Request Header Fields Too Large',
    )
  })
})

test('who takes nothing of the answers is cut off', async () => {
  const socket = connect(address.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(`GET / HTTP/1.1\r\n${HOST}\r\n\r\n`.repeat(40))
  socket.pause()
  await expect.poll(connections).toBe(1)
  await expect.poll(connections, { timeout: 10_000 }).toBe(0)
  socket.destroy()
})

/** As a long computation does it; what is written before waits in the kernel. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

test('nobody is cut off because this process had no time', async () => {
  const [fresh, kept] = [connect(address.port, '127.0.0.1'), connect(address.port, '127.0.0.1')]
  const answers = { fresh: 0, kept: 0 }
  fresh.on('data', (bytes: Buffer) => void (answers.fresh += statusLines(bytes)))
  kept.on('data', (bytes: Buffer) => void (answers.kept += statusLines(bytes)))
  kept.write(`GET /1 HTTP/1.1\r\n${HOST}\r\n\r\n`)
  await expect.poll(() => answers.kept).toBe(1)
  await expect.poll(connections).toBe(2)
  // timers are looked at before sockets then, as late as they are
  await new Promise(setImmediate)
  fresh.write(`GET /2 HTTP/1.1\r\n${HOST}\r\n\r\n`)
  kept.write(`GET /3 HTTP/1.1\r\n${HOST}\r\n\r\n`)
  block(7_000)
  await expect.poll(() => answers).toEqual({ fresh: 1, kept: 2 })
  for (const socket of [fresh, kept]) socket.destroy()
})

function statusLines(bytes: Buffer): number {
  return bytes.toString('latin1').split('HTTP/1.1 200').length - 1
}

test('who connects and does not ask makes place for who does', async () => {
  const idle = Array.from({ length: 400 }, () => connect(address.port, '127.0.0.1'))
  for (const socket of idle) socket.on('error', () => undefined)
  await expect.poll(connections).toBeGreaterThan(0)
  expect(await raw('GET / HTTP/1.1', HOST, 'Connection: close', '', '')).toBe('HTTP/1.1 200 OK')
  await expect.poll(connections).toBeLessThan(130)
  for (const socket of idle) socket.destroy()
})

test('who begins to ask and does not come to an end is cut off', async () => {
  const socket = connect(address.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(`GET / HTTP/1.1\r\n${HOST}\r\n\r\nGET / HTTP/1.1\r\n`)
  socket.resume()
  const slow = setInterval(() => socket.write('X-Slow: 1\r\n'), 100)
  await gone(socket)
  clearInterval(slow)
})

test('names of this machine are served, and that of the proxy', () => {
  expect(allowedHosts({ host: '::', port: 7410 })).toEqual(['127.0.0.1:7410', 'localhost:7410', '[::1]:7410'])
  expect(allowedHosts({ host: '::', port: 7410, origin: 'https://t.example' })).toContain('t.example')
})

import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../../test/daemon.ts'
import { listening, post, type Committed, type Listening } from '../../test/http-input.ts'
import { UserError } from '../domain/errors.ts'

let folder: string
let running: Listening[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-http-test-'))
  running = []
})
afterEach(async () => {
  for (const input of running) await input.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(...parts: Parameters<typeof listening>): Promise<Listening> {
  const input = await listening(...parts)
  running.push(input)
  return input
}

const LINES = '{"a":1}\n{"a":2}\n'
const SMALL = { body: 1_000, unpacked: 4_000, waiting: 8_000 }
const refused = { error: expect.any(String), mend: expect.any(String) }

describe('a body', () => {
  it('is answered when it is committed, and not before', async () => {
    const input = await start()
    input.hold()
    let answered = false
    const answer = post(input, LINES).then((told) => {
      answered = true
      return told
    })
    const other = await post(input, 'x', { headers: { authorization: 'Bearer wrong' } })
    expect([other.status, answered]).toEqual([401, false])
    input.resume()
    expect(await answer).toMatchObject({ status: 200, body: { status: 'committed', repeated: false } })
  })

  it('is one whole stream, named by its content, whoever sent it', async () => {
    const input = await start()
    await post(input, LINES)
    const [chunk] = input.batches[0]?.chunks ?? []
    expect(chunk).toMatchObject({ path: 'audit (audit)', offset: 0, end: true, whole: true })
    expect(chunk?.stream).toMatch(/^http:[0-9a-f]{32}$/)
    expect(input.texts()).toEqual([LINES])
  })

  it('sent again is repeated: at the same time, later, and after a restart', async () => {
    const committed: Committed = new Map()
    const input = await start({}, committed)
    const twice = await Promise.all([post(input, LINES), post(input, LINES)])
    expect(twice.map(({ body }) => body)).toEqual(
      expect.arrayContaining([
        { status: 'committed', repeated: false },
        { status: 'committed', repeated: true },
      ]),
    )
    expect(await post(input, LINES)).toMatchObject({ status: 200, body: { repeated: true } })
    await input.stop()
    const again = await start({}, committed)
    expect(await post(again, LINES)).toMatchObject({ status: 200, body: { repeated: true } })
    expect(again.batches[0]?.chunks[0]).toMatchObject({ repeated: true })
    expect([...input.texts(), ...again.texts()]).toEqual([LINES])
  })

  it('is committed together with others that wait', async () => {
    const input = await start()
    input.hold()
    const answers = Array.from({ length: 40 }, (_, n) => post(input, `{"n":${n}}`))
    await post(input, 'x', { path: '/elsewhere' })
    input.resume()
    await Promise.all(answers)
    expect(input.texts()).toHaveLength(40)
    expect(input.batches.length).toBeLessThan(10)
  })

  it.each([
    ['gzip', gzipSync(LINES)],
    ['x-gzip', gzipSync(LINES)],
    ['deflate', deflateSync(LINES)],
    ['br', brotliCompressSync(LINES)],
    ['zstd', zstdCompressSync(LINES)],
    ['identity', Buffer.from(LINES)],
  ])('may come as %s', async (coding, bytes) => {
    const input = await start()
    expect(await post(input, bytes, { headers: { 'content-encoding': coding } })).toMatchObject({
      status: 200,
    })
    expect(input.texts()).toEqual([LINES])
  })

  it('that is gzip is unpacked whether it says so or not, and is then the same body', async () => {
    const input = await start()
    await post(input, gzipSync(LINES), { headers: { 'content-type': 'application/gzip' } })
    expect(await post(input, LINES)).toMatchObject({ body: { repeated: true } })
    expect(input.texts()).toEqual([LINES])
  })

  it('may be empty', async () => {
    const input = await start()
    expect(await post(input, '')).toMatchObject({ status: 200 })
  })
})

describe('refused, and counted', () => {
  it.each([
    ['cut off', gzipSync(LINES).subarray(0, -9)],
    ['no gzip at all', Buffer.from(LINES)],
  ])('gzip that is damaged (%s): 400, and one failure however often it comes', async (_, bytes) => {
    const input = await start()
    for (let n = 0; n < 3; n += 1) {
      const answer = await post(input, bytes, { headers: { 'content-encoding': 'gzip' } })
      expect(answer).toMatchObject({ status: 400, body: refused })
    }
    expect(input.batches.flatMap(({ unreadable }) => unreadable)).toEqual([
      { stream: 'audit (audit)', reason: 'http: damaged gzip' },
    ])
  })

  it.each([
    ['by its announced size', Buffer.alloc(1_001, 0x20), {}],
    ['by what arrives', Buffer.alloc(5_000, 0x20), { 'transfer-encoding': 'chunked' }],
    ['by what it unpacks to', gzipSync(Buffer.alloc(100_000)), { 'content-encoding': 'gzip' }],
    ['as a bomb', zstdCompressSync(Buffer.alloc(1_000_000)), { 'content-encoding': 'zstd' }],
  ])('too large %s: 413', async (_, bytes, headers) => {
    const input = await start({ limits: SMALL })
    expect(await post(input, bytes, { headers })).toMatchObject({ status: 413, body: refused })
    await eventually(() => (input.batches.length > 0 ? true : undefined))
    expect(input.batches[0]).toMatchObject({
      chunks: [],
      unreadable: [{ stream: 'audit (audit)', reason: 'http: body larger than its limit' }],
    })
    expect(await post(input, LINES)).toMatchObject({ status: 200 })
  })

  it.each([
    [{ 'content-type': 'multipart/form-data; boundary=x' }, 'http: content type that is not taken'],
    [{ 'content-type': 'application/x-protobuf' }, 'http: content type that is not taken'],
    [{ 'content-encoding': 'compress' }, 'http: content encoding that is not taken'],
    [{ 'content-encoding': 'gzip, gzip' }, 'http: content encoding that is not taken'],
  ])('%o: 415', async (headers, reason) => {
    const input = await start()
    expect(await post(input, LINES, { headers })).toMatchObject({ status: 415, body: refused })
    await eventually(() => (input.batches.length > 0 ? true : undefined))
    expect(input.batches[0]?.unreadable).toEqual([{ stream: 'audit (audit)', reason, count: 1 }])
  })

  it.each([
    'application/json; charset=utf-8',
    'application/x-ndjson',
    'application/cloudevents+json',
    'text/plain',
  ])('%s is taken', async (type) => {
    const input = await start()
    expect(await post(input, LINES, { headers: { 'content-type': type } })).toMatchObject({ status: 200 })
  })
})

describe('refused', () => {
  it('another method: 405, another path: 404', async () => {
    const input = await start()
    expect(await post(input, '', { method: 'GET' })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: refused,
    })
    expect(await post(input, LINES, { path: '/v1/traces' })).toMatchObject({ status: 404, body: refused })
    expect(input.batches).toEqual([])
  })

  it('a stranger: 401 before the body, the same for every path and method; health answers', async () => {
    const input = await start()
    const stranger = { ...input, token: '' }
    for (const [method, path] of [
      ['POST', '/'],
      ['GET', '/'],
      ['POST', '/elsewhere'],
    ] as const) {
      expect(await post(stranger, '', { method, path })).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer' },
        body: refused,
      })
    }
    expect((await post(stranger, '', { method: 'GET', path: '/health' })).body).toEqual({ status: 'ok' })

    const socket = await connected(input)
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n')
    expect(await heard(socket)).toMatch(/^HTTP\/1\.1 401 /)
    socket.destroy()
  })

  it('a stranger who asks before sending is not told to go on, and one of us is', async () => {
    const input = await start()
    const head = (more: string): string =>
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n${more}\r\n`
    const stranger = await connected(input)
    stranger.write(head(''))
    expect(await heard(stranger)).toMatch(/^HTTP\/1\.1 401 [\s\S]*Connection: close/)
    const ours = await connected(input)
    ours.write(head(`Authorization: Bearer ${input.token}\r\n`))
    expect(await heard(ours)).toMatch(/^HTTP\/1\.1 100 Continue/)
    ours.write('{}')
    expect(await heard(ours)).toMatch(/^HTTP\/1\.1 200 /)
    ours.destroy()
  })

  it('hears why although it was still sending, and cannot go on for ever', async () => {
    const input = await start({ limits: SMALL })
    const socket = await connected(input)
    let answer = ''
    socket.on('data', (piece: Buffer) => {
      answer += piece.toString()
    })
    socket.on('error', () => {})
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nAuthorization: Bearer ${input.token}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    const piece = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const flood = setInterval(() => socket.write(piece), 1)
    await closed(socket)
    clearInterval(flood)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })
})

describe('under pressure', () => {
  // two bodies of each of two senders, with what a request takes beside its body
  const limits = { body: 1_000, unpacked: 1_000, waiting: 12_000 }

  it('tells senders to come again, tells one of several so first, and tells of it', async () => {
    const tokens = ['a', 'b'].map((name) => ({ name, file: join(folder, name) }))
    for (const { name, file } of tokens) writeFileSync(file, `${name.repeat(32)}\n`)
    const input = await start({ limits, tokens })
    const as = (name: string, n: number) =>
      post({ url: input.url, token: name.repeat(32) }, `${n}`.padEnd(900, name))
    input.hold()
    // what is being committed is counted until it is
    const [first, second] = [as('a', 1), as('a', 2)]
    expect(await eventually(() => as('a', 3).then(only(429)))).toMatchObject({
      headers: { 'retry-after': '2' },
      body: refused,
    })
    const others = [as('b', 1), as('b', 2)]
    expect(await eventually(() => as('b', 3).then(only(503)))).toMatchObject({
      headers: { 'retry-after': '2' },
      body: refused,
    })
    input.resume()
    for (const answer of [first, second, ...others]) expect(await answer).toMatchObject({ status: 200 })
    expect(await as('b', 4)).toMatchObject({ status: 200 })
    expect(input.batches.flatMap(({ findings }) => findings)).toMatchObject([
      { kind: 'bound-reached', about: 'audit', message: expect.stringContaining('come again') },
    ])
  })

  it('lets nobody in while somebody waits for long', async () => {
    const input = await start()
    input.hold()
    const committing = post(input, 'one')
    await eventually(() => (input.handed() === 1 ? true : undefined))
    const waiting = post(input, 'two')
    await eventually(() => post(input, '', { path: '/x' }).then(only(404)))
    try {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 })
      expect(await post(input, 'three')).toMatchObject({ status: 503, headers: { 'retry-after': '2' } })
    } finally {
      vi.useRealTimers()
    }
    input.resume()
    for (const answer of [committing, waiting]) expect(await answer).toMatchObject({ status: 200 })
    expect(await post(input, 'three')).toMatchObject({ status: 200, body: { repeated: false } })
  })

  it('takes a body that comes a byte at a time', async () => {
    const input = await start({ limits: SMALL })
    const socket = await connected(input)
    socket.setNoDelay(true)
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nAuthorization: Bearer ${input.token}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    const text = 'abcdefghij'.repeat(60)
    for (const character of text) socket.write(`1\r\n${character}\r\n`)
    socket.write('0\r\n\r\n')
    expect(await heard(socket)).toMatch(/^HTTP\/1\.1 200 /)
    socket.destroy()
    expect(input.texts()).toEqual([text])
  })

  it('bounds requests that hold nothing', async () => {
    const input = await start({ limits: { ...limits, waiting: 20_000 } })
    input.hold()
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => {
        const answer = post(input, String(n))
        return Promise.race([
          answer,
          new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 1_000)),
        ])
      }),
    )
    const statuses = answers.map((answer) => answer?.status)
    expect(new Set(statuses)).toEqual(new Set([undefined, 503]))
    expect(statuses.filter((status) => status === undefined).length).toBeLessThan(12)
    input.resume()
  })

  it('lets go of what an aborted upload held', async () => {
    const input = await start({ limits })
    for (let n = 0; n < 20; n += 1) {
      const socket = await connected(input)
      socket.write(
        `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nAuthorization: Bearer ${input.token}\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(900)}`,
      )
      await new Promise((resolve) => setTimeout(resolve, 5))
      socket.destroy()
    }
    await eventually(() => post(input, 'y'.repeat(900)).then(only(200)))
    expect(input.texts()).toEqual(['y'.repeat(900)])
  })

  it('cuts off who never finishes asking', async () => {
    const input = await start()
    const socket = await connected(input)
    socket.on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nHost: x\r\n')
    const slow = setInterval(() => socket.write('X-Slow: 1\r\n'), 500)
    await closed(socket)
    clearInterval(slow)
    expect(await post(input, LINES)).toMatchObject({ status: 200 })
  })
})

describe('a flood of strangers', { timeout: 90_000 }, () => {
  let stop = (): void => {}
  afterEach(() => stop())

  /** Connections that are opened anew whenever they are cut, each of which sends this. */
  function flood({ url }: Listening, text: string): void {
    const { hostname, port } = new URL(url)
    const open = new Set<Socket>()
    let over = false
    const connectOne = (): void => {
      if (over) return
      const socket = connect(Number(port), hostname)
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        setTimeout(connectOne, 250)
      })
      socket.resume()
      socket.write(text)
    }
    for (let n = 0; n < 400; n += 1) connectOne()
    stop = () => {
      over = true
      for (const socket of open) socket.destroy()
    }
  }

  it.each([
    ['who say nothing', ''],
    ['without a token', 'GET /nope HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['who send without end', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\nhalf'],
  ])('%s keeps no sender out', async (_, text) => {
    const input = await start()
    flood(input, text)
    for (let n = 0; n < 10; n += 1) {
      expect(await post(input, `{"n":${n}}`, { headers: { connection: 'close' } })).toMatchObject({
        status: 200,
      })
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(input.texts()).toHaveLength(10)
    expect(input.senders().find(({ name }) => name === '(no token)')?.refused).toBeGreaterThan(100)
  })

  it('is told as a bound that was reached, although nobody sends', async () => {
    const input = await start()
    flood(input, '')
    const finding = await eventually(() => input.batches.flatMap(({ findings }) => findings)[0])
    expect(finding).toMatchObject({
      kind: 'bound-reached',
      about: 'audit',
      message: expect.stringContaining('no token'),
    })
  })

  it('does not cut who was known before, and a stranger hears why he is', async () => {
    const input = await start()
    const sender = await connected(input)
    const request = (n: number): string =>
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nAuthorization: Bearer ${input.token}\r\nContent-Length: 1\r\n\r\n${n}`
    sender.write(request(1))
    expect(await heard(sender)).toMatch(/^HTTP\/1\.1 200 /)
    flood(input, '')
    await eventually(() => input.batches.find(({ findings }) => findings.length > 0))
    sender.write(request(2))
    expect(await heard(sender)).toMatch(/^HTTP\/1\.1 200 /)
    stop()
    sender.destroy()
    const large = 'x'.repeat(500_000)
    expect(await post({ ...input, token: '' }, large)).toMatchObject({
      status: 401,
      headers: { connection: 'close' },
      body: refused,
    })
  })
})

describe('stopping', () => {
  it('answers what is not committed with 503, and listens no more', async () => {
    const committed: Committed = new Map()
    const input = await start({}, committed)
    input.hold()
    const answers = [post(input, 'one'), post(input, 'two')]
    await eventually(() => post(input, '', { path: '/x' }).then(only(404)))
    const upload = await connected(input)
    upload.write(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nAuthorization: Bearer ${input.token}\r\nContent-Length: 1000\r\n\r\nhalf`,
    )
    await eventually(() => post(input, '', { path: '/x' }).then(only(404)))
    const half = heard(upload)
    await input.stop()
    for (const answer of answers) {
      expect(await answer).toMatchObject({ status: 503, headers: { 'retry-after': '2' }, body: refused })
    }
    expect(await half).toMatch(/^HTTP\/1\.1 503 /)
    expect(committed.size).toBe(0)
    await expect(post(input, 'three')).rejects.toThrow(/ECONNREFUSED/)
  })

  it('a port that is taken is told with its mend', async () => {
    const input = await start()
    const port = Number(new URL(input.url).port)
    await expect(start({ port })).rejects.toThrow(UserError)
    await expect(start({ port })).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+/)
  })
})

describe('tokens', () => {
  it('one is made for its owner alone, and kept', async () => {
    const ownToken = join(folder, 'audit.token')
    const input = await start({ ownToken })
    expect(statSync(ownToken).mode & 0o777).toBe(0o600)
    expect(input.token).toMatch(/^[\w-]{43}$/)
    await input.stop()
    const again = await start({ ownToken })
    expect(again.token).toBe(input.token)
    expect(again.said.join()).not.toContain(again.token)
  })

  it.each([
    ['Bearer', (token: string) => ({ headers: { authorization: `Bearer ${token}` } })],
    [
      'Basic, as in http://name:token@host',
      (token: string) => ({
        headers: { authorization: `Basic ${Buffer.from(`falco:${token}`).toString('base64')}` },
      }),
    ],
    ['Firehose', (token: string) => ({ headers: { 'x-amz-firehose-access-key': token } })],
    ['the query', (token: string) => ({ path: `/?token=${token}` })],
    [
      'the query beside somebody else’s Authorization',
      (token: string) => ({ path: `/?token=${token}`, headers: { authorization: 'Bearer a.jwt.of-google' } }),
    ],
  ])('are shown as %s', async (_, show) => {
    const input = await start()
    expect(await post({ ...input, token: '' }, LINES, show(input.token))).toMatchObject({ status: 200 })
    const wrong = `${input.token.slice(0, -1)}${input.token.endsWith('A') ? 'B' : 'A'}`
    expect(await post({ ...input, token: '' }, LINES, show(wrong))).toMatchObject({ status: 401 })
  })

  it('are read again when their files change, and what is no token changes nothing', async () => {
    const file = join(folder, 'sender')
    writeFileSync(file, 'first-token-of-the-sender')
    const input = await start({ tokens: [{ name: 'sender', file }] })
    const as = (token: string) => post({ url: input.url, token }, LINES)
    expect(await as('first-token-of-the-sender')).toMatchObject({ status: 200 })
    writeFileSync(file, 'short')
    await eventually(() => input.said.find((line) => line.includes('goes on with the tokens')))
    expect(await as('first-token-of-the-sender')).toMatchObject({ status: 200 })
    writeFileSync(join(folder, 'new'), 'second-token-of-the-sender')
    renameSync(join(folder, 'new'), file)
    await eventually(() => as('second-token-of-the-sender').then(only(200)))
    expect(await as('first-token-of-the-sender')).toMatchObject({ status: 401 })
    expect(readFileSync(file, 'utf8')).toBe('second-token-of-the-sender')
  })

  it.each([
    ['missing', undefined, /cannot read the token/],
    ['too short', 'secret', /does not hold a token/],
    ['with a blank', 'two words of some length', /does not hold a token/],
  ])('a file of them that is %s is told', async (_, content, message) => {
    const file = join(folder, 'token')
    if (content !== undefined) writeFileSync(file, content)
    await expect(start({ tokens: [{ name: 'x', file }] })).rejects.toThrow(message)
  })
})

/** The answer if it has this status; undefined asks again. */
function only<T extends { readonly status: number }>(status: number): (answer: T) => T | undefined {
  return (answer) => (answer.status === status ? answer : undefined)
}

async function connected({ url }: Listening): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

/** However it ends. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

async function heard(socket: Socket): Promise<string> {
  const [piece] = (await once(socket, 'data')) as [Buffer]
  return piece.toString()
}

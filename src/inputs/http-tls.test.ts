import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectClear, type Socket } from 'node:net'
import { connect } from 'node:tls'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createAuthority, type Certificate } from '../../test/certificates.ts'
import { eventually } from '../../test/daemon.ts'
import { listening, post, type Listening } from '../../test/http-input.ts'

let folder: string
let authority: ReturnType<typeof createAuthority>
let server: Certificate
let running: Listening[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-tls-'))
  authority = createAuthority(folder)
  server = authority.issue('server')
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

/** The status of a POST over TLS. */
function postSecurely(url: string, body: string, token?: string, own?: Certificate): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      {
        method: 'POST',
        agent: false,
        ca: readFileSync(authority.cert),
        ...(own !== undefined && { cert: readFileSync(own.cert), key: readFileSync(own.key) }),
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
      },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

it('takes a token over TLS, and nothing in the clear', async () => {
  const input = await start({ tls: server })
  expect(input.url).toMatch(/^https:/)
  expect(await postSecurely(input.url, '{}', input.token)).toBe(200)
  expect(await postSecurely(input.url, '{}')).toBe(401)
  const clear = { ...input, url: input.url.replace('https:', 'http:') }
  await expect(post(clear, '{}')).rejects.toThrow()
})

it('takes a certificate of the authority in place of a token, and names the sender by it', async () => {
  const input = await start({ tls: { ...server, clientCa: authority.cert } })
  expect(await postSecurely(input.url, '{}', undefined, authority.issue('kube-apiserver'))).toBe(200)
  expect(input.batches[0]?.chunks[0]?.path).toBe('audit (certificate kube-apiserver)')
  const stranger = createAuthority(folder, 'other').issue('kube-apiserver')
  expect(await postSecurely(input.url, '{}', undefined, stranger)).toBe(401)
  expect(await postSecurely(input.url, '{}')).toBe(401)
})

it('takes a token beside certificates where tokens are named', async () => {
  const file = join(folder, 'token')
  writeFileSync(file, 'a-token-for-a-sender')
  const input = await start({
    tls: { ...server, clientCa: authority.cert },
    tokens: [{ name: 'falco', file }],
  })
  expect(await postSecurely(input.url, '{}', 'a-token-for-a-sender')).toBe(200)
  expect(input.batches[0]?.chunks[0]?.path).toBe('audit (falco)')
})

it('knows a sender’s connection again: strangers who never shake hands are cut, and it is not', async () => {
  const input = await start({ tls: server })
  const { port } = new URL(input.url)
  const strangers: Socket[] = []
  const sender = connect({ port: Number(port), host: '127.0.0.1', ca: readFileSync(authority.cert) })
  const ask = async (n: number): Promise<string> => {
    sender.write(
      `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${input.token}\r\nContent-Length: 1\r\n\r\n${n}`,
    )
    const [piece] = (await once(sender, 'data')) as [Buffer]
    return piece.toString().slice(0, 12)
  }
  expect(await ask(1)).toBe('HTTP/1.1 200')
  for (let n = 0; n < 400; n += 1) {
    const stranger = connectClear(Number(port), '127.0.0.1')
    stranger.on('error', () => {})
    strangers.push(stranger)
  }
  await eventually(() => input.batches.find(({ findings }) => findings.length > 0))
  expect(await ask(2)).toBe('HTTP/1.1 200')
  expect(await postSecurely(input.url, '3', input.token)).toBe(200)
  // handshakes that do not come have an end
  await eventually(() => (strangers.every(({ closed }) => closed) ? true : undefined), 25_000)
  expect(await ask(4)).toBe('HTTP/1.1 200')
  sender.destroy()
})

it('shows a renewed certificate without a restart', async () => {
  const input = await start({ tls: server })
  expect(await subjectAt(input.url)).toBe('server')
  const renewed = authority.issue('renewed')
  copyFileSync(renewed.cert, server.cert)
  copyFileSync(renewed.key, server.key)
  await eventually(async () => ((await subjectAt(input.url)) === 'renewed' ? true : undefined))
  expect(await postSecurely(input.url, '{}', input.token)).toBe(200)
})

it.each([
  ['a key of another certificate', () => ({ ...server, key: authority.issue('other').key }), /cannot use/],
  ['a file that is missing', () => ({ ...server, cert: '/nowhere/server.crt' }), /cannot read/],
  ['a file that is no PEM', () => ({ ...server, cert: import.meta.filename }), /cannot use/],
])('tells of %s', async (_, files, message) => {
  await expect(start({ tls: files() })).rejects.toThrow(message)
})

async function subjectAt(url: string): Promise<string> {
  const socket = connect({
    port: Number(new URL(url).port),
    host: '127.0.0.1',
    ca: readFileSync(authority.cert),
  })
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return Array.isArray(CN) ? CN.join() : (CN ?? '')
}

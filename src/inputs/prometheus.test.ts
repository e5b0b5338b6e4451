import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAuthority } from '../../test/certificates.ts'
import { eventually } from '../../test/daemon.ts'
import type { InputBatch } from './input.ts'
import { prometheusInput, type PrometheusInputOptions } from './prometheus.ts'

vi.setConfig({ testTimeout: 60_000 })

const METRICS = '# TYPE up gauge\nup{job="a"} 1\n'
const TEXT = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }

let folder: string
let ends: (() => Promise<void>)[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-scrape-'))
  ends = []
})
afterEach(async () => {
  for (const end of ends.reverse()) await end()
  rmSync(folder, { recursive: true })
})

interface Exporter {
  readonly url: string
  readonly port: number
  readonly asked: readonly IncomingMessage[]
  stop(): Promise<void>
}

/** A server that answers with metrics, unless told otherwise. */
async function exporter(
  answer: RequestListener = (_, response) => void response.writeHead(200, TEXT).end(METRICS),
  { port = 0, tls }: { port?: number; tls?: { cert: Buffer; key: Buffer } } = {},
): Promise<Exporter> {
  const asked: IncomingMessage[] = []
  const hear: RequestListener = (request, response) => {
    asked.push(request)
    answer(request, response)
  }
  const server = tls === undefined ? createServer(hear) : createTlsServer(tls, hear)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  ends.push(stop)
  const taken = (server.address() as AddressInfo).port
  const scheme = tls === undefined ? 'http' : 'https'
  return { url: `${scheme}://127.0.0.1:${taken}/metrics`, port: taken, asked, stop }
}

/** An input that scrapes, and what it handed on; `memory` is what a store keeps of it. */
function scraping(
  parts: Partial<PrometheusInputOptions> & Pick<PrometheusInputOptions, 'urls'>,
  memory: { checkpoint?: unknown } = {},
) {
  const options = { name: 'metrics', interval: 50, timeout: 5_000, limit: 64 * 1024, ...parts }
  const abort = new AbortController()
  const batches: InputBatch[] = []
  const reading = (async () => {
    const resume = { checkpoint: memory.checkpoint, offset: () => undefined }
    for await (const batch of prometheusInput(options).read(resume, abort.signal)) {
      batches.push(batch)
      memory.checkpoint = batch.checkpoint
    }
  })()
  const stop = async (): Promise<void> => {
    abort.abort()
    await reading
  }
  ends.push(stop)
  return {
    stop,
    chunks: () => batches.flatMap(({ chunks }) => chunks),
    findings: () => batches.flatMap(({ findings }) => findings),
  }
}

it('asks again and again, and each answer is a stream of the time when it came', async () => {
  const { url, asked } = await exporter()
  const before = Date.now()
  const input = scraping({ urls: [url] })
  const chunks = await eventually(() => (input.chunks().length >= 3 ? input.chunks() : undefined))
  expect(new Set(chunks.map(({ stream }) => stream)).size).toBe(chunks.length)
  for (const { bytes, path, at, end, whole } of chunks) {
    expect([Buffer.from(bytes).toString(), path, end, whole]).toEqual([
      METRICS,
      `metrics (${url})`,
      true,
      true,
    ])
    expect(at).toBeGreaterThanOrEqual(before)
  }
  expect(asked[0]?.headers.accept).toContain('text/plain;version=0.0.4')
  expect(input.findings()).toEqual([])
})

it('shows the token that stands in its file now, over TLS of the authority that is named alone', async () => {
  const authority = createAuthority(folder)
  const { cert, key } = authority.issue('server')
  const tls = { cert: readFileSync(cert), key: readFileSync(key) }
  const { url, asked } = await exporter(undefined, { tls })
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, 'first-token\n')
  const input = scraping({ urls: [url], tokenFile, caFile: authority.cert })
  await eventually(() => input.chunks()[0])
  writeFileSync(tokenFile, 'second-token\n')
  await eventually(() => (asked.at(-1)?.headers.authorization === 'Bearer second-token' ? true : undefined))
  expect(asked[0]?.headers.authorization).toBe('Bearer first-token')
  await input.stop()
  const count = asked.length
  const stranger = scraping({ urls: [url], tokenFile, caFile: createAuthority(folder, 'other').cert })
  const [finding] = await eventually(() => (stranger.findings().length > 0 ? stranger.findings() : undefined))
  expect(finding?.message).toMatch(/was not scraped: \w*(?:CERT|SIGNATURE|ISSUER)\w*/)
  expect(asked).toHaveLength(count)
})

describe('a scrape that fails is an interval in which nothing was measured', () => {
  const gone: RequestListener = (_, response) => void response.writeHead(404).end()
  it.each<[string, RequestListener, RegExp]>([
    ['an error', gone, /it answered 404/],
    ['being sent elsewhere', (_, response) => void response.writeHead(302, { location: '/' }).end(), /302/],
    [
      'a page',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('x'),
      /text format/,
    ],
    ['nothing', (_, response) => void response.writeHead(200, TEXT).end(), /empty/],
    ['too much', (_, response) => void response.writeHead(200, TEXT).end('x'.repeat(70_000)), /larger than/],
    [
      'a bomb',
      (_, response) => void response.writeHead(200, TEXT).end(gzipSync(Buffer.alloc(1e7))),
      /larger than/,
    ],
    ['silence', () => {}, /no answer within 300 ms/],
    [
      'a cut',
      (_, response) =>
        void response
          .writeHead(200, { ...TEXT, 'content-length': 99 })
          .write('up 1\n', () => response.destroy()),
      /ECONNRESET|aborted/,
    ],
  ])('%s', async (_, answer, reason) => {
    const { url } = await exporter(answer)
    const input = scraping({ urls: [url], timeout: 300 })
    const findings = await eventually(() => (input.findings().length >= 2 ? input.findings() : undefined))
    expect(findings[0]).toMatchObject({ kind: 'unobserved-interval', about: 'metrics' })
    expect(findings[0]?.message).toMatch(reason)
    expect(findings[1]?.id).toBe(findings[0]?.id)
    expect(findings[1]?.until).toBeGreaterThan(findings[0]?.until ?? 0)
    expect(input.chunks()).toEqual([])
  })

  it('from the last that succeeded to the next that does, and others go on meanwhile', async () => {
    const [first, second] = [await exporter(), await exporter()]
    const input = scraping({ urls: [first.url, second.url] })
    const of = (url: string) => input.chunks().filter(({ path }) => path?.includes(url))
    await eventually(() => (of(first.url).length > 1 ? true : undefined))
    await first.stop()
    await eventually(() => input.findings()[0])
    const last = of(first.url).at(-1)?.at
    const count = of(second.url).length
    await eventually(() => (of(second.url).length > count + 1 ? true : undefined))
    await exporter(undefined, { port: first.port })
    const again = await eventually(() => of(first.url).find(({ at = 0 }) => at > (last ?? 0)))
    const findings = input.findings().filter(({ message }) => message.startsWith(first.url))
    expect(new Set(findings.map(({ id, since }) => `${id} ${since}`)).size).toBe(1)
    expect([findings[0]?.since, findings.at(-1)?.until]).toEqual([last, again.at])
    expect(input.findings().some(({ message }) => message.startsWith(second.url))).toBe(false)
  })

  it('also while nobody asked', async () => {
    const { url } = await exporter()
    const memory: { checkpoint?: { scraped: Record<string, number> } } = {}
    const before = scraping({ urls: [url] }, memory)
    await eventually(() => before.chunks()[0])
    await before.stop()
    const last = memory.checkpoint?.scraped[url] ?? 0
    memory.checkpoint = { scraped: { [url]: last - 60_000, 'http://gone/': last } }
    const after = scraping({ urls: [url] }, memory)
    const finding = await eventually(() => after.findings()[0])
    expect(finding).toMatchObject({ since: last - 60_000, until: after.chunks()[0]?.at })
    expect(Object.keys(memory.checkpoint.scraped)).toEqual([url])
  })
})

it('a compressed answer is unpacked', async () => {
  const { url } = await exporter((_, response) => {
    response.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end(gzipSync(METRICS))
  })
  const input = scraping({ urls: [url] })
  const chunk = await eventually(() => input.chunks()[0])
  expect(Buffer.from(chunk.bytes).toString()).toBe(METRICS)
})

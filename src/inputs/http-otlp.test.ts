import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listening, post, type Listening } from '../../test/http-input.ts'
import { otlpAnswer } from './otlp-answer.ts'

const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures/otlp', name))
const PROTOBUF = 'application/x-protobuf'

let running: Listening[]
beforeEach(() => {
  running = []
})
afterEach(async () => {
  for (const input of running) await input.stop()
})

async function start(...parts: Parameters<typeof listening>): Promise<Listening> {
  const input = await listening(...parts)
  running.push(input)
  return input
}

const send = (
  input: Pick<Listening, 'url' | 'token'>,
  bytes: string | Buffer,
  type = PROTOBUF,
  headers: Record<string, string> = {},
) => post(input, bytes, { path: '/v1/logs', headers: { 'content-type': type, ...headers } })

it('records are handed on by resource, and those that cannot be read are told, in the same encoding', async () => {
  const input = await start()
  const answer = await send(input, fixture('request.bin'))
  expect([answer.status, answer.headers['content-type']]).toEqual([200, PROTOBUF])
  expect(answer.body).toContain('these log records cannot be read')
  const json = await send(input, fixture('request.json'), 'application/json; charset=utf-8')
  expect(json).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { partialSuccess: { rejectedLogRecords: '1', errorMessage: expect.any(String) } },
  })
  const chunks = input.batches.flatMap((batch) => batch.chunks)
  expect(chunks.map(({ resource }) => resource)).toEqual([
    { 'host.name': 'node-1', 'k8s.cluster.name': 'prod' },
    { 'host.name': 'node-2' },
    {},
    { 'host.name': 'node-1', 'k8s.cluster.name': 'prod' },
    { 'host.name': 'node-2' },
    {},
  ])
  expect(new Set(chunks.map(({ stream }) => stream)).size).toBe(6)
  expect(chunks.every(({ messages, whole }) => messages?.zone === 'UTC' && whole === true)).toBe(true)
  expect(input.batches.flatMap(({ unreadable }) => unreadable)).toHaveLength(2)
})

it('answers as OpenTelemetry encodes it', () => {
  expect(otlpAnswer('protobuf', { kind: 'committed', repeated: false, broken: 0 }).body).toEqual(
    Buffer.alloc(0),
  )
  expect(otlpAnswer('json', { kind: 'committed', repeated: false, broken: 0 }).body).toBe('{}')
  const { body } = otlpAnswer('protobuf', { kind: 'committed', repeated: false, broken: 300 })
  expect(Buffer.from(body).toString('hex')).toBe(
    '0a4208ac02123d7468657365206c6f67207265636f7264732063616e6e6f7420626520726561642c20616e642061726520636f756e746564206173206661696c75726573',
  )
})

it('sent again, packed or not, it is the same request', async () => {
  const input = await start()
  await send(input, fixture('request.bin'))
  await send(input, gzipSync(fixture('request.bin')), PROTOBUF, { 'content-encoding': 'gzip' })
  const [first, second] = input.batches.map(({ chunks }) => chunks)
  expect(second?.map(({ stream }) => stream)).toEqual(first?.map(({ stream }) => stream))
  expect(second?.every(({ repeated }) => repeated)).toBe(true)
  expect(input.texts()).toHaveLength(3)
})

it('what is refused is told as a status, in the same encoding', async () => {
  const input = await start()
  const stranger = await send({ ...input, token: '' }, '{}', 'application/json')
  expect(stranger).toMatchObject({ status: 401, body: { code: 16, message: expect.any(String) } })
  expect(await send(input, '{"resourceLogs":7}', 'application/json')).toMatchObject({
    status: 400,
    body: { code: 3, message: expect.stringContaining('ExportLogsServiceRequest') },
  })
  const malformed = await send(input, Buffer.from([0x0a, 0x7f]))
  expect([malformed.status, malformed.headers['content-type']]).toEqual([400, PROTOBUF])
  expect(malformed.body).toContain('ExportLogsServiceRequest')
  expect(await send(input, 'x', 'text/plain')).toMatchObject({ status: 415 })
  expect(await post(input, '{}', { path: '/v1/traces' })).toMatchObject({ status: 404 })
  expect(await post(input, 'x', { headers: { 'content-type': PROTOBUF } })).toMatchObject({ status: 415 })
})

it('whoever has to come again is told when', async () => {
  const input = await start({ limits: { body: 4_000, unpacked: 4_000, waiting: 8_000 } })
  input.hold()
  const bodies = Array.from({ length: 12 }, (_, n) =>
    JSON.stringify({
      resourceLogs: [
        { scopeLogs: [{ logRecords: [{ body: { stringValue: `${n}${'x'.repeat(2_000)}` } }] }] },
      ],
    }),
  )
  const answers = Promise.all(bodies.map((body) => send(input, body, 'application/json')))
  const later = setTimeout(() => input.resume(), 300)
  const told = await answers
  clearTimeout(later)
  const refused = told.filter(({ status }) => status !== 200)
  expect(refused.length).toBeGreaterThan(0)
  for (const each of refused) {
    expect([429, 503]).toContain(each.status)
    expect(Number(each.headers['retry-after'])).toBeGreaterThan(0)
    expect(each.body).toMatchObject({ code: expect.any(Number), message: expect.any(String) })
  }
  expect(told.length - refused.length).toBe(input.texts().length)
})

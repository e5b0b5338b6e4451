import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/daemon.ts'
import { listening, post, type Listening } from '../../test/http-input.ts'
import { openEnvelope } from './http-envelope.ts'

let input: Listening
beforeEach(async () => {
  input = await listening()
})
afterEach(() => input.stop())

const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64')

/** What CloudWatch Logs sends to a subscription, unpacked. */
function cloudWatch(messages: readonly string[], messageType = 'DATA_MESSAGE'): string {
  return JSON.stringify({
    messageType,
    owner: '123456789012',
    logGroup: '/aws/eks/prod/cluster',
    logStream: 'kube-apiserver-audit-3d5e0c7f',
    subscriptionFilters: ['audit'],
    logEvents: messages.map((message, n) => ({
      id: `3195310660696${n}`,
      timestamp: 1_795_200_000_000,
      message,
    })),
  })
}
const HEALTH_CHECK = cloudWatch(
  ['CWL CONTROL MESSAGE: Checking health of destination Firehose.'],
  'CONTROL_MESSAGE',
)

describe('Firehose', () => {
  const REQUEST = 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f'
  const deliver = (records: readonly unknown[], request = REQUEST, timestamp = 1_795_200_000_000) =>
    post({ ...input, token: '' }, JSON.stringify({ requestId: request, timestamp, records }), {
      headers: {
        'x-amz-firehose-access-key': input.token,
        'x-amz-firehose-request-id': request,
        'x-amz-firehose-protocol-version': '1.0',
      },
    })
  const taken = { status: 200, body: { requestId: REQUEST, timestamp: expect.any(Number) } }

  it('records are unpacked, a line each at least, and the answer is as it wants it', async () => {
    expect(await deliver([{ data: base64('{"a":1}') }, { data: base64('{"a":2}\n{"a":3}') }])).toEqual(
      expect.objectContaining(taken),
    )
    expect(input.texts()).toEqual(['{"a":1}\n{"a":2}\n{"a":3}\n'])
  })

  it('holds what CloudWatch packed; its checks of health are no records', async () => {
    const data = cloudWatch(['{"kind":"Event"}'])
    await deliver([{ data: base64(gzipSync(HEALTH_CHECK)) }, { data: base64(gzipSync(data)) }])
    await deliver([{ data: base64(gzipSync(HEALTH_CHECK)) }], 'only-a-check')
    expect(input.texts()).toEqual([`${data}\n`, ''])
  })

  it('a retry is repeated although its time differs; another request with the same records is not', async () => {
    const records = [{ data: base64('{"a":1}') }]
    await deliver(records)
    await deliver(records, REQUEST, 1_795_200_099_000)
    await deliver(records, 'another')
    expect(input.texts()).toEqual(['{"a":1}\n', '{"a":1}\n'])
  })

  it('a record that cannot be read is a failure, and does not keep the others from being taken', async () => {
    const broken = [
      { data: 'no base64!' },
      { data: base64(gzipSync('cut off').subarray(0, 12)) },
      { other: 1 },
      null,
    ]
    expect(await deliver([...broken, { data: base64('{"a":1}') }])).toMatchObject(taken)
    await deliver([...broken, { data: base64('{"a":1}') }])
    expect(input.texts()).toEqual(['{"a":1}\n'])
    expect(input.batches.flatMap(({ unreadable }) => unreadable.map(({ reason }) => reason))).toEqual([
      'transport envelope: data that is not base64',
      'transport envelope: damaged gzip',
      'transport envelope: data that is not base64',
      'transport envelope: data that is not base64',
    ])
  })

  it.each([
    ['no JSON', 'prose'],
    ['without records', '{"requestId":"x"}'],
    ['too deep', '['.repeat(300_000)],
  ])('what is not its request (%s) is refused in its form', async (_, body) => {
    const headers = { 'x-amz-firehose-request-id': REQUEST }
    expect(await post(input, body, { headers })).toEqual(
      expect.objectContaining({
        status: 400,
        body: {
          requestId: REQUEST,
          timestamp: expect.any(Number),
          errorMessage: expect.stringContaining('not a request of Firehose'),
        },
      }),
    )
    expect(await post({ ...input, token: '' }, body, { headers })).toMatchObject({
      status: 401,
      body: { requestId: REQUEST, errorMessage: expect.stringContaining('no token') },
    })
  })

  it('records that unpack to more than a body may hold are refused', async () => {
    const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024))
    expect(await deliver([{ data: base64(bomb) }, { data: base64(bomb) }])).toMatchObject({
      status: 413,
      body: { requestId: REQUEST },
    })
    await eventually(() => (input.batches.length > 0 ? true : undefined))
    expect(input.texts()).toEqual([])
  })
})

describe('Pub/Sub', () => {
  const push = (message: unknown, more: object = {}) =>
    post(
      { ...input, token: '' },
      JSON.stringify({ ...more, message, subscription: 'projects/p/subscriptions/audit' }),
      { path: `/?token=${input.token}`, headers: { authorization: 'Bearer eyJhbGciOi.J.W' } },
    )
  const entry = '{"protoPayload":{"methodName":"io.k8s.core.v1.pods.create"},"insertId":"x"}'
  const message = { data: base64(entry), messageId: '136969346945', publishTime: '2026-11-20T10:00:00Z' }

  it('a message is unpacked, and is repeated when it is redelivered', async () => {
    expect(await push(message)).toMatchObject({ status: 200, body: { repeated: false } })
    expect(await push(message, { deliveryAttempt: 2 })).toMatchObject({ body: { repeated: true } })
    expect(await push({ ...message, messageId: '2' })).toMatchObject({ body: { repeated: false } })
    expect(input.texts()).toEqual([`${entry}\n`, `${entry}\n`])
  })

  it('one that cannot be read is a failure, and taken: it would come for days', async () => {
    expect(await push({ ...message, data: '***' })).toMatchObject({ status: 200 })
    expect(input.batches.flatMap(({ unreadable }) => unreadable)).toEqual([
      { stream: 'audit (audit)', reason: 'transport envelope: data that is not base64' },
    ])
  })

  it('one of attributes alone is taken, and holds nothing', async () => {
    expect(await push({ attributes: { a: 'b' }, messageId: '3' })).toMatchObject({ status: 200 })
    expect(input.texts()).toEqual([''])
  })
})

describe('a CloudWatch Logs subscription', () => {
  const data = cloudWatch(['{"kind":"Event"}', '{"kind":"Event"}'])

  it.each([
    ['as Lambda hands it on', JSON.stringify({ awslogs: { data: base64(gzipSync(data)) } })],
    ['as it stands in a Kinesis record', base64(gzipSync(data))],
  ])('is unpacked %s', async (_, body) => {
    await post(input, body)
    expect(input.texts()).toEqual([`${data}\n`])
  })

  it('unpacked already, is itself', async () => {
    await post(input, data)
    expect(input.texts()).toEqual([data])
  })
})

it.each([
  ['a list', '{"message":"{}","subscription":1}\n{"message":{"data":"e30="}}\n'],
  ['a log line', '{"message":"started","subscription":"x"}'],
  ['other data', '{"message":{"data":1},"other":"x"}'],
  ['an array', '[{"message":{"data":"e30="}}]'],
  ['text', 'H4 is not gzip'],
])('what only begins like an envelope (%s) is itself', async (_, body) => {
  await post(input, body)
  expect(input.texts()).toEqual([body])
})

describe('whatever a sender chooses to send', () => {
  const open = (bytes: Buffer, firehose?: string) => openEnvelope({ bytes, firehose, limit: 10_000 })
  /** Data as an envelope holds it: base64 or not, packed or not, or another type. */
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 64 }).map(base64),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => base64(gzipSync(bytes))),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => base64(gzipSync(bytes).subarray(0, -4))),
    fc.string(),
    fc.jsonValue(),
  )

  it('is opened, itself or refused, within its limit, and never throws', async () => {
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.array(fc.record({ data })).map((records) => Buffer.from(JSON.stringify({ records }))),
      data.map((each) =>
        Buffer.from(JSON.stringify({ message: { data: each, messageId: each }, subscription: 's' })),
      ),
      data.map((each) => Buffer.from(JSON.stringify({ awslogs: { data: each } }))),
      data.map((each) => Buffer.from(typeof each === 'string' ? each : JSON.stringify(each))),
    )
    await fc.assert(
      fc.asyncProperty(bodies, fc.boolean(), async (bytes, isFirehose) => {
        const opened = await open(bytes, isFirehose ? 'request' : undefined)
        expect(['opened', 'unreadable', 'too-large']).toContain(opened.kind)
        if (opened.kind === 'opened') expect(opened.bytes.length).toBeLessThanOrEqual(10_001)
      }),
      { numRuns: 500 },
    )
  })

  it('comes out as it went in: each record that was packed, in order, and none that was not', async () => {
    const records = fc.array(fc.string({ minLength: 1 }).map((text) => `{"t":${JSON.stringify(text)}}`))
    await fc.assert(
      fc.asyncProperty(records, async (texts) => {
        const packed = texts.map((text, n) => ({ data: base64(n % 2 === 0 ? gzipSync(text) : text) }))
        const opened = await open(Buffer.from(JSON.stringify({ records: packed })), 'request')
        if (opened.kind !== 'opened') throw new Error(opened.kind)
        expect(opened.bytes.toString().split('\n').slice(0, -1)).toEqual(texts)
        expect(opened.broken).toEqual([])
      }),
    )
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DAMAGED, EMPTY, openOtlp, WITH_NUL, type OpenedOtlp } from './otlp-body.ts'

const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures/otlp', name))
const REQUESTS = { protobuf: fixture('request.bin'), json: fixture('request.json') } as const
const LIMIT = 1024 * 1024

const partsOf = (opened: OpenedOtlp) =>
  opened.kind === 'opened'
    ? opened.parts.map(({ bytes, resource }) => ({
        lines: bytes.toString().split('\n').slice(0, -1),
        resource,
      }))
    : []
const openJson = (...logRecords: unknown[]): OpenedOtlp =>
  openOtlp(Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })), 'json', LIMIT)

it.each(['protobuf', 'json'] as const)('what OpenTelemetry writes in %s', (encoding) => {
  const opened = openOtlp(REQUESTS[encoding], encoding, LIMIT)
  expect(opened).toMatchObject({ kind: 'opened', broken: [EMPTY] })
  expect(partsOf(opened)).toEqual([
    {
      resource: { 'host.name': 'node-1', 'k8s.cluster.name': 'prod' },
      lines: [
        '{"a":1}',
        'two lines, ünïcode',
        '{"text":"x","yes":true,"no":false,"large":-9223372036854775808,"small":-7,"exact":9007199254740993,"pi":3.25,"list":["y",300],"bytes":"/wA=","__proto__":"p"}',
        'as bytes',
        '{"only":"attributes"}',
      ],
    },
    { resource: { 'host.name': 'node-2' }, lines: ['of another'] },
    { resource: {}, lines: ['of nobody'] },
  ])
})

describe('hostile requests', () => {
  it('cut off or changed anywhere, are read or refused', () => {
    const kinds = new Set<string>()
    const whole = REQUESTS.protobuf
    for (let at = 0; at < whole.length; at += 1) {
      kinds.add(openOtlp(whole.subarray(0, at), 'protobuf', LIMIT).kind)
      for (const bits of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(whole)
        changed[at] = (changed[at] ?? 0) ^ bits
        kinds.add(openOtlp(changed, 'protobuf', LIMIT).kind)
      }
      kinds.add(openOtlp(REQUESTS.json.subarray(0, at), 'json', LIMIT).kind)
    }
    expect(kinds).toEqual(new Set(['opened', 'unreadable']))
  })

  it('a record that is damaged takes no other with it', () => {
    const request = Buffer.from(REQUESTS.protobuf)
    // within the text of the second record, a byte that UTF-8 has not
    request[request.indexOf('lines')] = 0xff
    const opened = openOtlp(request, 'protobuf', LIMIT)
    expect(opened).toMatchObject({ kind: 'opened', broken: [DAMAGED, EMPTY] })
    expect(partsOf(opened).flatMap(({ lines }) => lines)).toHaveLength(6)
    const other = openJson(
      { body: { intValue: 'x' } },
      7,
      { body: { stringValue: 'a\0b' } },
      { body: { stringValue: 'c' } },
    )
    expect(other).toMatchObject({ broken: [DAMAGED, DAMAGED, WITH_NUL] })
    expect(partsOf(other)).toEqual([{ lines: ['c'], resource: {} }])
  })

  it('values within values without end are damaged', () => {
    let value: unknown = { stringValue: 'x' }
    for (let depth = 0; depth < 5_000; depth += 1) value = { arrayValue: { values: [value] } }
    expect(openJson({ body: value })).toMatchObject({ kind: 'opened', broken: [DAMAGED] })
    let nested: Buffer = Buffer.from([0x0a, 0x01, 0x78])
    for (let depth = 0; depth < 5_000; depth += 1) nested = field(5, field(1, nested))
    const request = field(1, field(2, field(2, field(5, nested))))
    expect(openOtlp(request, 'protobuf', LIMIT)).toMatchObject({ kind: 'opened', broken: [DAMAGED] })
  })

  it.each([
    ['text', 'prose'],
    ['a list', '[]'],
    ['logs that are no list', '{"resourceLogs":{"a":1}}'],
    ['nothing', ''],
  ])('%s is no request in JSON', (_, text) => {
    expect(openOtlp(Buffer.from(text), 'json', LIMIT).kind).toBe('unreadable')
  })

  it('more than the limit is too large, and too many resources are refused', () => {
    const one = { stringValue: 'x'.repeat(1_000) }
    const many = Array.from({ length: 20 }, () => ({ body: one }))
    const request = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: many }] }] })
    expect(openOtlp(Buffer.from(request), 'json', 20_000).kind).toBe('too-large')
    const resourceLogs = Array.from({ length: 1_001 }, (_, n) => ({
      resource: { attributes: [{ key: 'host.name', value: { stringValue: `h${n}` } }] },
      scopeLogs: [{ logRecords: [{ body: { stringValue: 'x' } }] }],
    }))
    const opened = openOtlp(Buffer.from(JSON.stringify({ resourceLogs })), 'json', LIMIT)
    expect(opened).toMatchObject({ kind: 'unreadable', reason: expect.stringContaining('1000 resources') })
  })
})

it('a request without records is a request', () => {
  expect(openOtlp(Buffer.alloc(0), 'protobuf', LIMIT)).toEqual({ kind: 'opened', parts: [], broken: [] })
  expect(openOtlp(Buffer.from('{}'), 'json', LIMIT)).toEqual({ kind: 'opened', parts: [], broken: [] })
})

/** A field with a length. */
function field(number: number, bytes: Buffer): Buffer {
  const length: number[] = []
  let rest = bytes.length
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) length.push((rest % 0x80) + 0x80)
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), bytes])
}

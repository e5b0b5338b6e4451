import { expect, test } from 'vitest'
import { createStreamDecoder, sources } from './index.ts'

const EVENT = '{"Type":"container","Action":"start","Actor":{"ID":"c","Attributes":{}},"time":1795244400}'

function read(text: string) {
  return createStreamDecoder(sources, 's').push({
    stream: 's',
    offset: 0,
    bytes: Buffer.from(text),
    end: true,
  })
}

test('an empty stream has no records and no failure', () => {
  expect(read('')).toEqual({ records: 0, items: [], failures: [] })
})

test('a stream of a format that is not read yet is refused once, by name', () => {
  const { records, failures } = read('{"process_exec":{},"node_name":"n"}\n'.repeat(50_000))
  expect({ records, reasons: failures.map(({ reason }) => reason) }).toEqual({
    records: 1,
    reasons: ['tetragon: not read yet'],
  })
})

test('a refused stream stays refused, over a restart too', () => {
  const first = createStreamDecoder(sources, 's')
  first.push({ stream: 's', offset: 0, bytes: Buffer.from('key: value\n') })
  const { offset, state } = first.checkpoint()
  expect(offset).toBe(11)
  const second = createStreamDecoder(sources, 's', JSON.parse(JSON.stringify(state)))
  expect(second.push({ stream: 's', offset, bytes: Buffer.from(`${EVENT}\n`), end: true }).records).toBe(0)
})

test('what comes before the first known record is counted when the stream is known', () => {
  const { items, failures } = read(`what is this\n{"a":1}\n${EVENT}\n`)
  expect(items.map(({ source }) => source)).toEqual(['docker.events'])
  expect(failures.map(({ position, reason }) => [position, reason])).toEqual([
    [0, 'not a known record'],
    [13, 'not a known record'],
  ])
})

test('until a stream is known nothing of it is consumed', () => {
  const decoder = createStreamDecoder(sources, 's')
  expect(decoder.push({ stream: 's', offset: 0, bytes: Buffer.from('what is this\n') }).records).toBe(0)
  expect(decoder.checkpoint().offset).toBe(0)
})

test('a stream of broken records only is told record by record', () => {
  expect(read('{"a":"\n{"b":"\n').failures.map(({ reason }) => reason)).toEqual([
    'truncated JSON',
    'truncated JSON',
  ])
})

test('records of several sources in one stream each find theirs', () => {
  const alert = '{"rule":"R","priority":"Error","time":"2026-11-21T07:00:00Z","output_fields":{}}'
  expect(read(`${EVENT}\n${alert}\n${EVENT}\n`).items.map(({ source }) => source)).toEqual([
    'docker.events',
    'falco',
    'docker.events',
  ])
})

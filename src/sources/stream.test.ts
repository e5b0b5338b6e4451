import { describe, expect, test } from 'vitest'
import { dockerEvents } from './docker-events.ts'
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

test('deep nesting within a string of a record is a failure of that record only', () => {
  const deep = `{"integration": "docker", "docker": {"Type":"container","Action":"start","time":1795244400,"Actor":{"ID":"c","Attributes":{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}}}}`
  const wrapped = JSON.stringify({ event: { original: deep } })
  const { items, failures } = read(`${EVENT}\n${wrapped}\n${EVENT}\n`)
  expect(items.length).toBe(2)
  expect(failures.map(({ reason }) => reason)).toEqual(['event.original is not JSON'])
})

test('a decoder that throws costs the record that it was given, and is told', () => {
  const faulty = {
    ...dockerEvents,
    decoder: () => ({
      decode: () => {
        throw new RangeError('Maximum call stack size exceeded')
      },
      checkpoint: () => undefined,
    }),
  }
  const bytes = Buffer.from(`${EVENT}\n${EVENT}\n`)
  const batch = createStreamDecoder([faulty], 's').push({ stream: 's', offset: 0, bytes, end: true })
  expect(batch.failures.map(({ reason, position }) => [reason, position])).toEqual([
    ['decoder fault', 0],
    ['decoder fault', EVENT.length + 1],
  ])
})

describe('a line of 16 MB of tiny values', () => {
  const size = 16 * 1024 * 1024 - 256
  const batch = (items: string) => `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[${items}]}`
  test.each([
    ['an array', `[${'{},'.repeat(size / 3)}{}]`, 100_001],
    ['values without a separator', '{}'.repeat(size / 2), 1],
    ['an EventList of numbers', batch(`${'0,'.repeat(size / 2)}0`), 100_001],
    ['an EventList of objects', batch(`${'{},'.repeat(size / 3)}{}`), 1],
  ])('%s: is cut off with a failure, in bounded memory', (_name, line, expected) => {
    const before = process.memoryUsage().rss
    const { records, failures } = read(`${EVENT}\n${line}\n${EVENT}\n`)
    expect(records).toBe(expected + 2)
    expect(failures.at(-1)?.reason).toBe('too many elements in one record')
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024)
  })
})

test('a record of a batch is dated by its arrival where it states no time', () => {
  const text =
    '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get"}]}\n'
  const decoder = createStreamDecoder(sources, 's', undefined, () => 1_795_244_400_000)
  const { items } = decoder.push({ stream: 's', offset: 0, bytes: Buffer.from(text), end: true })
  expect(items.map(({ decoded }) => decoded.events[0]?.time)).toEqual([1_795_244_400_000])
})

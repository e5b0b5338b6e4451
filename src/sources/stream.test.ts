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
  expect(read('')).toEqual({ records: 0, items: [], failures: [], completed: [] })
})

test('a stream of a format that is not read yet is refused once, by name', () => {
  const { records, failures } = read('{"RunningFor":"2 hours"}\n'.repeat(50_000))
  expect({ records, reasons: failures.map(({ reason }) => reason) }).toEqual({
    records: 1,
    reasons: ['docker ps output is not an inspect record'],
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

describe('where nothing is appended for a while', () => {
  function following(state?: unknown) {
    const decoder = createStreamDecoder(sources, 's', state)
    let offset = 0
    const push = (text: string, more: { idle?: true; end?: true } = {}) => {
      const bytes = Buffer.from(text)
      const batch = decoder.push({ stream: 's', offset, bytes, ...more })
      offset += bytes.length
      return batch.failures.map(({ reason }) => reason)
    }
    return { decoder, push }
  }

  test('a stream that no source knows is one failure by name, however often it stands still', () => {
    const { decoder, push } = following()
    expect(push('{"RunningFor":"2 hours"}\n')).toEqual([])
    expect(push('', { idle: true })).toEqual(['docker ps output is not an inspect record'])
    expect(decoder.checkpoint().offset).toBe(25)
    expect(push('{"RunningFor":"2 hours"}\n')).toEqual([])
    expect(push('', { idle: true })).toEqual([])
    expect(push('', { end: true })).toEqual([])
  })

  test('what is appended is considered as before, and a restart in between tells nothing twice', () => {
    const first = following()
    first.push('prose\n')
    expect(first.push('', { idle: true })).toEqual(['not a known format'])
    const { offset, state } = first.decoder.checkpoint()
    const second = createStreamDecoder(sources, 's', JSON.parse(JSON.stringify(state)))
    const prose = second.push({ stream: 's', offset, bytes: Buffer.from('prose\n'), idle: true })
    expect(prose).toEqual({ records: 0, items: [], failures: [], completed: [] })
    const known = second.push({ stream: 's', offset: offset + 6, bytes: Buffer.from(`${EVENT}\n`) })
    expect(known.items.map(({ position }) => position)).toEqual([12])
  })

  test('a stream without end that no source knows is refused for good, as without the pauses', () => {
    const { decoder, push } = following()
    const reasons = Array.from({ length: 80 }, () => [
      ...push(`${'x'.repeat(1_023)}\n`),
      ...push('', { idle: true }),
    ])
    expect(reasons.flat()).toEqual(['not a known format'])
    expect(decoder.checkpoint().state).toEqual({ refused: true })
  })

  test('a beginning that does not end is told once, and is a record when it ends', () => {
    const { push } = following()
    push(EVENT.slice(0, 40))
    expect(push('', { idle: true })).toEqual(['a record that does not end'])
    expect(push('', { idle: true })).toEqual([])
    expect(push(`${EVENT.slice(40)}\n`, { idle: true })).toEqual([])
  })

  test('rows that do not fit their header are told', () => {
    const { push } = following()
    push('#separator \\x09\n#path\tconn\n#fields\tts\tuid\n#types\ttime\tstring\n1\t2\t3\n1\n')
    expect(push('', { idle: true })).toEqual(Array(2).fill('zeek: a row with other columns than its header'))
  })

  test('a known stream is not touched, nor an empty one', () => {
    const known = following()
    known.push(`${EVENT}\n{"half`)
    expect(known.push('', { idle: true })).toEqual([])
    expect(following().push('', { idle: true })).toEqual([])
  })
})

test('a line without end fails where it passes the bound', () => {
  const decoder = createStreamDecoder(sources, 's')
  const bytes = Buffer.alloc(1024 * 1024, 'x')
  const reasons: string[] = []
  for (let n = 0; n < 40; n += 1) {
    const { failures } = decoder.push({ stream: 's', offset: n * bytes.length, bytes })
    reasons.push(...failures.map(({ reason }) => `${reason} after ${n + 1} MiB`))
  }
  expect(reasons).toEqual(['record longer than 16 MiB after 17 MiB'])
  expect(decoder.checkpoint().offset).toBe(40 * bytes.length)
})

describe('lines that are messages', () => {
  const messages = { zone: 'Europe/Berlin' }
  const readMessages = (text: string, state?: unknown) => {
    const decoder = createStreamDecoder(sources, 's', state, () => Date.UTC(2026, 6, 2, 12))
    return { decoder, ...decoder.push({ stream: 's', offset: 0, bytes: Buffer.from(text), messages }) }
  }

  test('one that nobody knows says nothing of the others, however many there are', () => {
    const others = '<86>Jul  2 10:00:00 web sshd[1]: a session opened\n'.repeat(5_000)
    const { records, items, failures } = readMessages(`{"RunningFor":"2 hours"}\n${others}${EVENT}\n`)
    expect({ records, failed: failures.length, read: items.length }).toEqual({
      records: 5_002,
      failed: 5_001,
      read: 1,
    })
  })

  test('none goes on in the next', () => {
    const { items, failures } = readMessages(`{"a":\n${EVENT}\n[\n${EVENT}\n[${EVENT},\n${EVENT}\n`)
    expect(items.map(({ position }) => position)).toHaveLength(4)
    expect(failures.map(({ reason }) => reason)).toEqual([
      'truncated JSON',
      'truncated JSON',
      'truncated JSON',
    ])
  })

  test('a header of a table makes no table of them', () => {
    const table = '#separator \\x09\n#path\tconn\n#fields\tts\tuid\n1.0\tC1\n'
    expect(readMessages(table).failures).toHaveLength(4)
  })

  test('times without a zone are in theirs', () => {
    const line = '<189>Jul  2 10:00:00 edge-1 29: %SYS-5-CONFIG_I: Configured from console by admin\n'
    const [item] = readMessages(line).items
    expect(item?.decoded.events[0]?.time).toBe(Date.UTC(2026, 6, 2, 8))
  })
})

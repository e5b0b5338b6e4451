import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { array, assert, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Event } from '../domain/event.ts'
import { EXTENSIONS, RESOURCE_ATTRIBUTES, SIGMA_CATEGORIES } from '../domain/fields.ts'
import { createStreamDecoder, sources } from './index.ts'
import { isObject } from './json.ts'
import type { JsonObject } from './json.ts'
import { DECODER_FAULT } from './stream.ts'
import type { Completed, DecodedItem } from './stream.ts'

const fixtures = join(import.meta.dirname, 'fixtures')

function inputsOf(source: string): readonly { readonly name: string; readonly bytes: Buffer }[] {
  const folder = join(fixtures, source)
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ name: entry.name, bytes: readFileSync(join(folder, entry.name)) }))
}

/** Of records that state no time: that of their arrival. */
const now = (): number => Date.UTC(2026, 10, 20, 12)

function read(bytes: Uint8Array, stream = 'fixture') {
  return createStreamDecoder(sources, stream, undefined, now).push({ stream, offset: 0, bytes, end: true })
}

function readText(text: string) {
  return read(Buffer.from(text))
}

function exact(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

function print(items: readonly DecodedItem[], completed: readonly Completed[] = []): string {
  const records = items.map(({ position, decoded }) => ({
    position,
    identity: decoded.identity,
    facts: decoded.facts,
    events: decoded.events.map(kept),
  }))
  const together = completed.flatMap(({ events, facts }) => [...events.map(kept), ...facts])
  return `${JSON.stringify([...records, ...(together.length > 0 ? [{ together }] : [])], exact, 2)}\n`
}

function kept(event: Event): Omit<Event, 'mapping' | 'source'> {
  const { mapping: _mapping, source: _source, ...rest } = event
  const { also: _also, ...logsource } = event.logsource
  return { ...rest, logsource, record: isOurs(event) ? event.record : '…' }
}

/** All that a file tells, whether a record told it or several did. */
function eventsOf(bytes: Uint8Array): readonly Event[] {
  const { items, completed } = read(bytes)
  return [...items.flatMap(({ decoded }) => decoded.events), ...completed.flatMap(({ events }) => events)]
}

/** Sources whose records are taken as they come. */
const AS_IT_CAME = new Set([
  'kubernetes.audit',
  'kubernetes.api',
  'falco',
  'docker.events',
  'docker.inspect',
  'tetragon',
  'tracee',
])

/** Streams in which inputs add to records what they know. */
const STREAMS: Readonly<Record<string, string>> = {
  'docker.inspect': 'docker:engine',
  'kubernetes.api': 'kubernetes:cluster:0',
}

/** Whether the record was made by the source, or added to, rather than taken as it came. */
function isOurs({ source, logsource }: Event): boolean {
  return (
    !AS_IT_CAME.has(source) ||
    logsource.product === 'linux' ||
    logsource.category?.startsWith('container_') === true
  )
}

function typed(field: string, value: unknown): { readonly field: string; readonly type: string } {
  return { field, type: Array.isArray(value) ? 'list' : typeof value }
}

function golden(source: string, name: string, actual: string): string {
  const folder = join(fixtures, source, 'golden')
  const file = join(folder, `${name}.golden.json`)
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, actual)
  }
  return readFileSync(file, 'utf8')
}

const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  '\u0000\u001b[31m\u202e',
  'x'.repeat(5_000),
  [],
  [null, [], {}],
  {},
  { toString: 1, valueOf: 1, toJSON: 1, length: -1 },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1}}'),
]

const HOSTILE_WORDS = ['', '\u001b[31m\u202e', 'x'.repeat(5_000), '9'.repeat(400), '-1', '__proto__', '"\\']

/** The record with one member, at any depth, in turn replaced by the value. */
function* mutations(value: unknown, replacement: unknown): Generator {
  if (Array.isArray(value)) {
    for (const [index, member] of value.entries()) {
      for (const changed of mutations(member, replacement)) yield value.with(index, changed)
    }
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      for (const changed of mutations(member, replacement)) yield { ...value, [name]: changed }
    }
  }
  yield replacement
}

function lines(bytes: Buffer): readonly string[] {
  const text = bytes.toString('utf8')
  const whole: unknown = text.startsWith('[') || text.startsWith('{\n') ? JSON.parse(text) : undefined
  if (isObject(whole)) return [JSON.stringify(whole)]
  return Array.isArray(whole)
    ? whole.map((one) => JSON.stringify(one))
    : text.split(/\r?\n/).filter((line) => line !== '')
}

/** A record on a line of its own: JSON where there is any. */
function oneOf(inputs: ReturnType<typeof inputsOf>): string {
  const all = inputs.flatMap(({ bytes }) => lines(bytes))
  return all.find((line) => line.startsWith('{')) ?? all.find((line) => readText(line).items.length > 0) ?? ''
}

describe.each(sources.map((source) => ({ source, name: source.name })))('$name', ({ source, name }) => {
  const inputs = inputsOf(name)

  test.each(inputs)('reads $name into the events of its golden file', ({ name: file, bytes }) => {
    const batch = read(bytes, STREAMS[name])
    expect(batch.failures).toEqual([])
    expect(batch.items.every((item) => item.source === name)).toBe(true)
    const actual = print(batch.items, batch.completed)
    expect(actual).toBe(golden(name, file, actual))
  })

  test('carries only fields and attributes of the catalogue, and serves what it says', () => {
    for (const { bytes } of inputs) {
      for (const event of eventsOf(bytes)) {
        const { also = [], ...logsource } = event.logsource
        for (const each of [logsource, ...also]) expect(source.serves).toContainEqual(each)
        for (const attribute of Object.keys(event.resource))
          expect(RESOURCE_ATTRIBUTES).toHaveProperty([attribute])
        for (const { category: each = '' } of also) {
          for (const [field, value] of Object.entries(event.record as JsonObject)) {
            const known = EXTENSIONS[each]?.[field]
            if (known !== undefined) expect({ field, type: known.type }).toEqual(typed(field, value))
          }
        }
        const { category = '', product, service } = event.logsource
        // a log that Sigma names has fields of its own beside those of the category
        const isLinux = product === 'linux' && service === undefined
        const catalogue = EXTENSIONS[category] ?? (isLinux ? SIGMA_CATEGORIES[category] : undefined)
        if (catalogue === undefined || category === 'container_event') continue
        for (const [field, value] of Object.entries(event.record as JsonObject))
          expect({ field, type: catalogue[field]?.type }).toEqual(typed(field, value))
      }
    }
  })

  test('gives every event an id of its own', () => {
    for (const { bytes } of inputs) {
      const ids = eventsOf(bytes).map((event) => event.id)
      const distinct = read(bytes).items.map((item) => item.decoded.identity?.id ?? item.position)
      if (new Set(distinct).size === distinct.length) expect(new Set(ids).size).toBe(ids.length)
    }
  })

  test('counts every truncated line as a failure and goes on behind it', () => {
    for (const line of inputs.flatMap(({ bytes }) => lines(bytes)).filter((text) => text.startsWith('{'))) {
      for (const cut of [1, Math.floor(line.length / 2), line.length - 1]) {
        const batch = readText(`${line.slice(0, cut)}\n${line}\n`)
        const whole = readText(line)
        expect(batch.items.length).toBe(whole.items.length)
        expect(batch.failures.length).toBe(1)
      }
    }
  })

  test('reads JSON behind a syslog header, a byte-order mark and the line ends of Windows', () => {
    const all = inputs.flatMap(({ bytes }) => lines(bytes)).filter((text) => text.startsWith('{'))
    const plain = readText(all.join('\n'))
    for (const header of [
      '<13>Nov 20 10:00:00 host app[7]: ',
      '<13>1 2026-11-20T10:00:00Z host app 7 - - ',
    ]) {
      const wrapped = readText(`\ufeff${all.map((line) => header + line).join('\r\n')}\r\n`)
      expect(wrapped.failures).toEqual(plain.failures)
      expect(wrapped.items.map(({ source }) => source)).toEqual(plain.items.map(({ source }) => source))
    }
  })

  test('survives hostile values in every place', () => {
    for (const line of inputs.flatMap(({ bytes }) => lines(bytes)).filter((text) => text.startsWith('{'))) {
      const record: unknown = JSON.parse(line)
      for (const replacement of HOSTILE) {
        for (const mutation of mutations(record, replacement)) {
          const batch = readText(`${line}\n${JSON.stringify(mutation)}\n`)
          expect(batch.records).toBe(batch.items.length + batch.failures.length)
          expect(batch.failures.map(({ reason }) => reason)).not.toContain(DECODER_FAULT)
        }
      }
    }
    expect(Object.prototype).not.toHaveProperty('polluted')
  })

  const texts = inputs.flatMap(({ bytes }) => lines(bytes)).filter((text) => !text.startsWith('{'))
  test.skipIf(texts.length === 0)('survives hostile words in lines of text', () => {
    for (const line of texts.slice(0, 20)) {
      const words = line.split(/([\s,:="{}()[\]]+)/)
      const step = Math.ceil(words.length / 16)
      for (let index = 0; index < words.length; index += step) {
        for (const hostile of HOSTILE_WORDS) {
          const batch = readText(`${line}\n${words.with(index, hostile).join('')}\n`)
          expect(batch.records).toBe(batch.items.length + batch.failures.length)
          expect(batch.failures.map(({ reason }) => reason)).not.toContain(DECODER_FAULT)
        }
      }
    }
    expect(Object.prototype).not.toHaveProperty('polluted')
  })

  test('refuses deep nesting with a reason', () => {
    const line = oneOf(inputs)
    const nested = `"deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
    const deep = line.startsWith('{') ? `${line.slice(0, -1)},${nested}` : `{${nested}`
    const batch = readText(`${line}\n${deep}\n`)
    expect(batch.failures.map((failure) => failure.reason)).toEqual(['nesting too deep'])
  })

  test('counts foreign lines one by one once the stream is known', () => {
    const line = oneOf(inputs)
    const batch = readText(`${line}\n{"RunningFor":"2 hours"}\nhello\n{"a":1}\n`)
    expect(batch.failures.map((failure) => failure.reason)).toEqual([
      'docker ps output is not an inspect record',
      'not a known record',
      'not a known record',
    ])
  })

  test('makes the same of any split of the bytes, and of any place to go on', () => {
    for (const { bytes } of inputs) {
      const whole = read(bytes)
      assert(
        property(array(nat(bytes.length), { maxLength: 6 }), nat(6), (cuts, stop) => {
          const borders = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
          const items: DecodedItem[] = []
          const completed: Completed[] = []
          const reasons: string[] = []
          let decoder = createStreamDecoder(sources, 'fixture', undefined, now)
          let at = 0
          for (const [index, border] of borders.slice(1).entries()) {
            const end = border === bytes.length && index === borders.length - 2
            const batch = decoder.push({
              stream: 'fixture',
              offset: at,
              bytes: bytes.subarray(at, border),
              end,
            })
            items.push(...batch.items)
            completed.push(...batch.completed)
            reasons.push(...batch.failures.map((failure) => failure.reason))
            at = border
            if (index !== stop || end) continue
            const checkpoint = decoder.checkpoint()
            decoder = createStreamDecoder(
              sources,
              'fixture',
              JSON.parse(JSON.stringify(checkpoint.state ?? null)),
              now,
            )
            at = checkpoint.offset
          }
          expect(reasons).toEqual([])
          expect(print(items, completed)).toBe(print(whole.items, whole.completed))
        }),
        { numRuns: 60 },
      )
    }
  })
})

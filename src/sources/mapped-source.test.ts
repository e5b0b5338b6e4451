import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, test } from 'vitest'
import { loadMapping, parseMapping } from '../config/load-mapping.ts'
import { mappedSource } from './mapped-source.ts'
import { createStreamDecoder } from './stream.ts'

const NOW = Date.UTC(2026, 10, 20)

/** What a mapping makes of records; `value` is what it says of the field x. */
function read(mapping: string, records: readonly (object | string)[]) {
  const parsed = parseMapping('m.yaml', mapping)
  expect(parsed.problems).toEqual([])
  if (parsed.mapping === undefined) throw new Error('no mapping')
  const text = records.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('')
  return createStreamDecoder([mappedSource('custom', parsed.mapping)], 's', undefined, () => NOW).push({
    stream: 's',
    offset: 0,
    bytes: Buffer.from(text),
    end: true,
  })
}

function valueOf(value: string, record: object | string): unknown {
  const mapping = `recognise: [here]\ntime: at\nkinds:\n  - logsource: { product: p }\n    fields:\n      x: ${value}\n`
  const { items } = read(mapping, [typeof record === 'string' ? record : { here: 1, ...record }])
  return (items[0]?.decoded.events[0]?.record as Readonly<Record<string, unknown>> | undefined)?.['x']
}

test.each<[string, object, unknown]>([
  ['a.b', { a: { b: 1 } }, 1],
  ['a.1.b', { a: [{ b: 1 }, { b: 2 }] }, 2],
  ['a.b', { a: [{ b: 1 }, { c: 9 }, { b: 2 }] }, [1, 2]],
  [String.raw`'a\.b'`, { 'a.b': 3, a: { b: 4 } }, 3],
  ['a.**.b', { a: { b: 1, c: [{ b: 2 }, { d: { b: 3 } }] } }, [1, 2, 3]],
  ['{ path: [a, b] }', { b: 2 }, 2],
  ['{ all: [a, b], join: / }', { a: 'x', b: 'y' }, 'x/y'],
  ['{ all: [a, b], join: / }', { a: 'x' }, undefined],
  ['{ value: [1, two] }', {}, [1, 'two']],
  ['{ path: a, pair: to }', { a: 'from=1 to=2' }, '2'],
  ["{ path: a, split: '|' }", { a: 'x|y||z' }, ['x', 'y', 'z']],
  ['{ path: a, as: words, member: 1 }', { a: 'x  y z' }, 'y'],
  ['{ path: a, as: joined }', { a: ['x', 1, true] }, 'x 1 true'],
  ['{ path: a, as: octal }', { a: '0755' }, 0o755],
  ['{ path: a, as: octal }', { a: '0799' }, undefined],
  ['{ path: a, as: hexadecimal }', { a: '0x1f' }, 31],
  ['{ path: a, as: [basename, lowercase] }', { a: ['/b/C', 'D'] }, ['c', 'd']],
  ['{ path: a, as: number }', { a: '12.5' }, 12.5],
  ['{ path: a, as: seconds }', { a: 1_763_632_800 }, '2025-11-20T10:00:00.000Z'],
  ['{ path: a, as: image-tags }', { a: 'reg:5000/n:1' }, '1'],
  ['{ path: a, as: address }', { a: '::ffff:10.0.0.1' }, '10.0.0.1'],
  ['{ path: a, map: { Passed: 0 } }', { a: 'Passed' }, 0],
  ['{ path: a, map: { Passed: 0 } }', { a: 'other' }, 'other'],
  ['{ path: a, when: [{ path: b, is: yes }] }', { a: 1, b: 'no' }, undefined],
  ['{ path: a, when: [{ path: b, is: yes }] }', { a: 1, b: ['no', 'yes'] }, 1],
  ['a', { a: null }, undefined],
  ['a', { a: {} }, undefined],
])('%s of %j is %j', (value, record, expected) => {
  expect(valueOf(value, record)).toEqual(expected)
})

it('finds nothing under the names that objects inherit', () => {
  for (const path of ['__proto__', 'constructor.name', 'a.__proto__.x', 'a.**.toString', 'toString'])
    expect(valueOf(path, { a: {} })).toBeUndefined()
  expect(valueOf('__proto__.polluted', '{"here":1,"__proto__":{"polluted":7}}')).toBe(7)
  expect(valueOf('{ path: a, map: { x: 1 } }', { a: 'constructor' })).toBe('constructor')
  expect(Object.prototype).not.toHaveProperty('polluted')
})

it('takes a bounded number of values, at a bounded depth', () => {
  const wide = { a: Array.from({ length: 5_000 }, (_, b) => ({ b })) }
  expect(valueOf('a.b', wide)).toHaveLength(256)
  expect(valueOf('a.**.b', wide)).toHaveLength(256)
  const deep = `{"here":1,"a":${'{"c":'.repeat(150)}{"b":1}${'}'.repeat(150)}}`
  expect(valueOf('a.**.b', deep)).toBeUndefined()
})

it('reads times as they are counted, and dates records without one by their arrival', () => {
  const timed = (as: string, at: string): number | undefined =>
    read(`recognise: [at]\ntime: { path: at, as: ${as} }\nkinds: [{ logsource: { product: p } }]`, [
      `{"at":${at}}`,
    ]).items[0]?.decoded.events[0]?.time
  expect(timed('seconds', '1763632800.5')).toBe(1_763_632_800_500)
  expect(timed('milliseconds', '"1763632800500"')).toBe(1_763_632_800_500)
  expect(timed('microseconds', '1763632800500000')).toBe(1_763_632_800_500)
  expect(timed('nanoseconds', '1763632800500123456')).toBe(1_763_632_800_500)
  expect(timed('rfc3339', '"2025-11-20T10:00:00.5Z"')).toBe(1_763_632_800_500)
  expect(timed('seconds', '"yesterday"')).toBe(NOW)
})

it('makes one event of each kind that fits, and a failure of a record that is of none', () => {
  const { items, failures } = read(
    `recognise: [kind]
time: at
kinds:
  - { when: [{ path: kind, is: [a, b] }], logsource: { product: p }, own: true }
  - { when: [{ path: kind, is: b }], logsource: { product: linux, category: file_event }, fields: { TargetFilename: f } }`,
    [{ kind: 'a' }, { kind: 'b', f: '/x' }, { kind: 'c' }],
  )
  expect(items.map(({ decoded }) => decoded.events.map(({ id, logsource }) => [id, logsource]))).toEqual([
    [['s@0', { product: 'p' }]],
    [
      ['s@13', { product: 'p' }],
      ['s@13#1', { product: 'linux', category: 'file_event' }],
    ],
  ])
  expect(failures.map(({ reason }) => reason)).toEqual(['custom: a record of no kind that the mapping names'])
})

it('gives a field the type that the catalogue has', () => {
  const { items } = read(
    `recognise: [pid]
time: at
kinds:
  - logsource: { product: linux, category: process_creation }
    fields: { ProcessId: pid, User: uid, process.command_args: arg, process.result: nothing }`,
    [{ pid: '42', uid: 0, arg: 'x', nothing: 'high' }],
  )
  expect(items[0]?.decoded.events[0]?.record).toEqual({
    ProcessId: 42,
    User: '0',
    'process.command_args': ['x'],
  })
})

it('tells a record that comes again where the mapping says what names one', () => {
  const mapping = (id: string) => `recognise: [a]\ntime: at\n${id}kinds: [{ logsource: { product: p } }]`
  const identity = (id: string) => read(mapping(id), [{ a: 1, b: 'x' }]).items[0]?.decoded.identity?.id
  expect(identity('id: [a, b]\n')).toBe('custom:1:x')
  expect(identity('id: [a, c]\n')).toBeUndefined()
  expect(identity('')).toBeUndefined()
})

test.each(readdirSync(join(import.meta.dirname, '../../mappings')))('%s has no mistakes', (name) => {
  expect(loadMapping(join(import.meta.dirname, '../../mappings', name)).problems).toEqual([])
})

it('says of every mistake where it is, what is wrong and what mends it', () => {
  const { problems } = parseMapping(
    'm.yaml',
    `recognize: [a]
recognise:
  - { path: a, iss: x }
time: { path: at, as: second }
resource: {}
kinds:
  - logsource: {}
    fields:
      a: x..y
      b: { path: a, value: b }
      c: { path: a, as: lower }
`,
  )
  expect(problems.map(({ line, column, message, mend }) => `${line}:${column} ${message} (${mend})`)).toEqual(
    [
      expect.stringContaining('1:1 there is no key "recognize" here'),
      '3:16 there is no key "iss" in recognise[0] (did you mean is? The keys there are: path, all, join, value, pair, split, member, as, map, is, not)',
      '4:23 time.as is "second", and must be one of rfc3339, seconds, milliseconds, microseconds, nanoseconds (did you mean seconds?)',
      expect.stringContaining('7:16 kinds[0].logsource'),
      expect.stringContaining('9:10 kinds[0].fields.a is "x..y": write names parted by dots'),
      expect.stringContaining('10:10 kinds[0].fields.b'),
      expect.stringContaining('11:25 kinds[0].fields.c.as is "lower", and must be one of lowercase'),
    ],
  )
})

it('refuses fields and attributes that no rule could know', () => {
  const { problems } = parseMapping(
    'm.yaml',
    `recognise: [a]
time: at
resource: { container.idd: a }
fields: { Imag: a }
kinds:
  - { logsource: { product: linux, category: file_event }, fields: { TargetFileName: a } }
  - { logsource: { product: other }, fields: { whatever: a } }
`,
  )
  expect(problems.map(({ line, column, message, mend }) => `${line}:${column} ${message} (${mend})`)).toEqual(
    [
      '3:28 there is no resource attribute "container.idd" (did you mean container.id?)',
      '4:17 "file_event" has no field "Imag" (did you mean Image?)',
      '6:86 "file_event" has no field "TargetFileName" (did you mean TargetFilename?)',
    ],
  )
})

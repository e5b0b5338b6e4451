import { array, assert, constantFrom, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFramer } from './framing.ts'
import type { Framed } from './framing.ts'

function frame(bytes: string | Uint8Array): readonly Framed[] {
  const chunk = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return [...createFramer('s').push({ stream: 's', offset: 0, bytes: chunk, end: true })]
}

function exact(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

/** Records as `position: json-or-text`, failures as `position! reason`. */
function told(framed: readonly Framed[]): readonly string[] {
  return framed.map((one) =>
    one.kind === 'failed'
      ? `${one.failure.position}! ${one.failure.reason}`
      : `${one.record.position}: ${one.record.json === undefined ? one.record.text : JSON.stringify(one.record.json, exact)}`,
  )
}

describe('a framer', () => {
  test.each<[string, string | Uint8Array, readonly string[]]>([
    ['an empty stream', '', []],
    ['JSON a line, with blank lines', '{"a":1}\n\n  \n{"a":2}\n', ['0: {"a":1}', '12: {"a":2}']],
    ['a last line without newline', '{"a":1}\n{"a":2}', ['0: {"a":1}', '8: {"a":2}']],
    ['CRLF', '{"a":1}\r\n{"a":2}\r\n', ['0: {"a":1}', '9: {"a":2}']],
    ['a UTF-8 mark', '\ufeff{"a":1}\n', ['3: {"a":1}']],
    [
      'UTF-16, little end first',
      Buffer.from('\ufeff{"a":"é"}\r\n{"a":2}', 'utf16le'),
      ['2: {"a":"é"}', '24: {"a":2}'],
    ],
    [
      'UTF-16, big end first',
      Buffer.from('\ufeff{"a":1}\n{"a":2}\n', 'utf16le').swap16(),
      ['2: {"a":1}', '18: {"a":2}'],
    ],
    [
      'JSON over several lines',
      '{\n  "a": {\n    "b": [1]\n  }\n}\n{"c":1}\n',
      ['0: {"a":{"b":[1]}}', '30: {"c":1}'],
    ],
    ['values on one line', '{"é":1}{"a":2} {"a":"}{"}', ['0: {"é":1}', '8: {"a":2}', '16: {"a":"}{"}']],
    ['an array', '[{"a":1},{"a":2}]', ['0/0: {"a":1}', '0/1: {"a":2}']],
    [
      'an array over lines',
      '[\n{"a":1},\n{\n"a":2}\n, 3]\n{"b":1}',
      ['0/0: {"a":1}', '0/1: {"a":2}', '0/2: 3', '25: {"b":1}'],
    ],
    ['an array that breaks off', '[\n{"a":1},\n', ['0/0: {"a":1}', '0/1! truncated JSON']],
    ['text', 'hello {\n[section]\n', ['0: hello {', '8: [section]']],
    ['a syslog header, RFC 3164', '<12>Nov 21 07:00:00 n falco[1]: {"a":1}\n', ['0: {"a":1}']],
    ['a syslog header, RFC 5424', '<12>1 2026-11-21T07:00:00Z n falco 1 - - {"a":1}\n', ['0: {"a":1}']],
    ['a truncated line', '{"a":"b\n{"a":2}\n', ['0! truncated JSON', '8: {"a":2}']],
    ['a line truncated between members', '{"a":1,\n{"a":2}\n', ['0! truncated JSON', '8: {"a":2}']],
    ['a truncated end', '{"a":1}\n{"a":', ['0: {"a":1}', '8! truncated JSON']],
    [
      'text behind JSON that breaks off',
      '{"a":[1,\nup{b="1"} 2\n[[[\n2026-11-21 07:00:00 up\n[\n10.0.0.1 - - x\n',
      [
        '0! truncated JSON',
        '9: up{b="1"} 2',
        '21/0! truncated JSON',
        '25: 2026-11-21 07:00:00 up',
        '48/0! truncated JSON',
        '50: 10.0.0.1 - - x',
      ],
    ],
    [
      'numbers and words of JSON on lines of their own',
      '[\n-1.5e3,\n7\n,true\n, {"a":[\n1\n,null\n]}]\n',
      ['0/0: -1500', '0/1: 7', '0/2: true', '0/3: {"a":[1,null]}'],
    ],
    ['JSON that is none', '{a:1}\n{"a":1}\n', ['0! invalid JSON', '6: {"a":1}']],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d, 0x0a, 0x7b, 0x7d, 0x0a]), ['0! invalid UTF-8', '4: {}']],
    ['binary content, which ends the stream', 'PK\u0000\u0001\n{"a":1}\n', ['0! binary content']],
    [
      'binary content within text, which ends its line',
      '{"a":1}\nx\u0000y\n\u0000\n{"b":1}\n',
      ['0: {"a":1}', '8! binary content', '12! binary content', '14: {"b":1}'],
    ],
    [
      'what a power cut left of a block, and the record behind it',
      '{"a":1}\n\u0000\u0000\u0000{"b":1}\n',
      ['0: {"a":1}', '8! binary content', '11: {"b":1}'],
    ],
    [
      'deep nesting',
      `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}\n{"a":1}\n`,
      ['0! nesting too deep', '10007: {"a":1}'],
    ],
    [
      'integers above 2^53',
      '{"a":1795244400123456789,"b":"1795244400123456789","c":-9223372036854775808,"d":12345678901234567.5,"e":1e300}',
      [
        '0: {"a":"1795244400123456789n","b":"1795244400123456789","c":"-9223372036854775808n","d":12345678901234568,"e":1e+300}',
      ],
    ],
    ['a number of a million digits', `{"a":${'9'.repeat(1_000_000)}}`, ['0: {"a":null}']],
  ])('reads %s', (_name, bytes, expected) => {
    expect(told(frame(bytes))).toEqual(expected)
  })

  test('skips a line of 200 MB without holding it, and counts it once', () => {
    const framer = createFramer('s')
    const part = Buffer.alloc(1024 * 1024, 'x')
    const before = process.memoryUsage().arrayBuffers
    const seen: Framed[] = []
    let offset = 0
    let highest = 0
    for (let count = 0; count < 200; count += 1) {
      seen.push(...framer.push({ stream: 's', offset, bytes: part }))
      offset += part.length
      highest = Math.max(highest, process.memoryUsage().arrayBuffers - before)
    }
    seen.push(...framer.push({ stream: 's', offset, bytes: Buffer.from('\n{"a":1}\n'), end: true }))
    expect(told(seen)).toEqual(['0! record longer than 16 MiB', `${offset + 1}: {"a":1}`])
    expect(highest).toBeLessThan(128 * 1024 * 1024)
  })

  test('tells the offset of an unfinished record, not of what was read', () => {
    const framer = createFramer('s')
    expect([...framer.push({ stream: 's', offset: 0, bytes: Buffer.from('{"a":1}\n{\n"a":') })].length).toBe(
      1,
    )
    expect(framer.consumed).toBe(8)
  })

  test('makes the same of any split of any bytes, and goes on from any checkpoint', () => {
    const pieces = [
      '{"a":1}',
      '{"a":',
      '{\n',
      '}\n',
      '\n',
      '\r\n',
      '[\n',
      '[{"a":1},',
      ']',
      ',',
      ' ',
      '"',
      'text',
      '\u00e9',
      '{"b":2}\n',
    ]
    const invalid = Buffer.from([0xff])
    const stream = array(constantFrom(...pieces.map((piece) => Buffer.from(piece)), invalid), {
      maxLength: 24,
    })
    assert(
      property(stream, array(nat(120), { maxLength: 5 }), nat(5), (parts, cuts, stop) => {
        const bytes = Buffer.concat(parts)
        const borders = [
          ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b),
          bytes.length,
        ]
        const seen: Framed[] = []
        let framer = createFramer('s')
        let at = 0
        for (const [index, border] of borders.entries()) {
          const end = index === borders.length - 1
          seen.push(...framer.push({ stream: 's', offset: at, bytes: bytes.subarray(at, border), end }))
          at = border
          if (index !== stop || end) continue
          at = framer.consumed
          framer = createFramer('s', JSON.parse(JSON.stringify(framer.checkpoint())))
        }
        expect(told(seen)).toEqual(told(frame(bytes)))
      }),
      { numRuns: 3_000 },
    )
  })
})

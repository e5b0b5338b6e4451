import { describe, expect, test } from 'vitest'
import { createStreamDecoder, sources } from './index.ts'
import { createTableReader, HEADER_TOO_LONG, NO_HEADER, WRONG_COLUMNS } from './zeek-tsv.ts'

const HEADER = [
  '#separator \\x09',
  '#set_separator\t,',
  '#empty_field\t(empty)',
  '#unset_field\t-',
  '#path\tssl',
  '#fields\tts\tuid\tid.orig_h\tid.resp_h\tversion\testablished\tcert_chain_fps',
  '#types\ttime\tstring\taddr\taddr\tstring\tbool\tvector[string]',
]
const ROW = '1795168800.25\tC1\t198.18.0.2\t198.18.0.3\tTLSv10\tT\tab,cd'

function reader(...lines: readonly string[]) {
  const table = createTableReader()
  for (const line of lines) expect(table.read(line)).toEqual({ kind: 'header' })
  return table
}

function read(text: string, stream = 's', state?: unknown) {
  return createStreamDecoder(sources, stream, state).push({
    stream,
    offset: 0,
    bytes: Buffer.from(text),
    end: true,
  })
}

describe('a row', () => {
  test.each<[string, string, unknown]>([
    ['addr', '-', undefined],
    ['string', '\\x2d', '-'],
    ['string', '(empty)', ''],
    ['string', '\\x28empty)', '(empty)'],
    ['string', 'a\\x09b\\\\x2c', 'a\tb\\x2c'],
    ['string', 'caf\\xc3\\xa9\\x2c\\xff', 'café,\\xff'],
    ['bool', 'T', true],
    ['bool', 'F', false],
    ['bool', 'perhaps', 'perhaps'],
    ['count', '443', 443],
    ['count', '18446744073709551615', 18_446_744_073_709_551_615n],
    ['int', '-1', -1],
    ['int', '1e9', '1e9'],
    ['port', '443', 443],
    ['interval', '0.000012', 0.000_012],
    ['time', 'XXXXXXXXXX.XXXXXX', 'XXXXXXXXXX.XXXXXX'],
    ['double', '1e-05', 0.000_01],
    ['set[string]', '(empty)', []],
    ['set[string]', 'a\\x2cb,c', ['a,b', 'c']],
    ['vector[count]', '1,-,3', [1, null, 3]],
    ['vector[string]', '-', undefined],
    ['enum', 'tcp', 'tcp'],
  ])('has of a %s written %s its value', (type, cell, value) => {
    const table = reader(HEADER[0] ?? '', '#path\tssl', '#fields\tfield', `#types\t${type}`)
    const json = { _path: 'ssl', ...(value !== undefined && { field: value }) }
    expect(table.read(cell)).toEqual({ kind: 'row', json })
  })

  test('may have other separators', () => {
    const table = reader(
      '#separator |',
      '#set_separator|;',
      '#unset_field|~',
      '#fields|a|b|c',
      '#types|string|set[int]|int',
    )
    expect(table.read('x|1;2|~')).toEqual({ kind: 'row', json: { _path: '', a: 'x', b: [1, 2] } })
  })

  test('with more or fewer cells than its header, or before one, is a failure', () => {
    const table = reader(...HEADER)
    expect(table.read(`${ROW}\tmore`)).toEqual({ kind: 'failed', reason: WRONG_COLUMNS })
    expect(table.read(ROW.slice(0, 20))).toEqual({ kind: 'failed', reason: WRONG_COLUMNS })
    expect(reader('#separator \\x09').read(ROW)).toEqual({ kind: 'failed', reason: NO_HEADER })
  })

  test('cannot name a member that is none', () => {
    const table = reader('#separator \\x09', '#fields\t__proto__\tconstructor', '#types\tstring\tstring')
    expect(table.read('a\tb')).toMatchObject({ kind: 'row' })
    expect({}).not.toHaveProperty('polluted')
    expect(Object.keys((table.read('a\tb') as { json: object }).json)).toEqual([
      '_path',
      '__proto__',
      'constructor',
    ])
  })
})

test('a header that would not fit into a checkpoint ends the table', () => {
  const table = reader('#separator \\x09')
  expect(table.read(`#fields\t${'x\t'.repeat(40_000)}`)).toEqual({ kind: 'failed', reason: HEADER_TOO_LONG })
  expect(table.checkpoint()).toBeUndefined()
  expect(table.read(ROW)).toBeUndefined()
})

describe('a stream', () => {
  const table = [...HEADER, ROW, '#close\t2026-11-20-11-00-00', ''].join('\n')

  test('goes on behind its header after a restart', () => {
    const first = createStreamDecoder(sources, 's')
    const bytes = Buffer.from(table)
    const cut = bytes.indexOf('\n1795') + 1
    first.push({ stream: 's', offset: 0, bytes: bytes.subarray(0, cut + 10) })
    const { offset, state } = first.checkpoint()
    expect(offset).toBe(cut)
    const second = createStreamDecoder(sources, 's', JSON.parse(JSON.stringify(state)))
    const batch = second.push({ stream: 's', offset, bytes: bytes.subarray(offset), end: true })
    expect(batch.items.map(({ source, position }) => [source, position])).toEqual([['zeek.ssl', cut]])
  })

  test('may hold another log behind a new header', () => {
    const other = table.replace('#path\tssl', '#path\tsmtp').replace('#set_separator\t,', '#set_separator\t;')
    const batch = read(table + other + table.replaceAll('C1', 'C2'))
    expect(batch.items.map(({ source }) => source)).toEqual(['zeek.ssl', 'zeek.ssl'])
    expect(batch.failures.map(({ reason }) => reason)).toEqual(['zeek.smtp: not read yet'])
  })

  test.each(['smtp', 'ftp', 'dhcp', 'smb_files', 'weird'])('of %s.log is refused by name, once', (path) => {
    const rows = table.replace('#path\tssl', `#path\t${path}`)
    expect(read(rows + `${ROW}\n`.repeat(5_000)).failures.map(({ reason }) => reason)).toEqual([
      `zeek.${path}: not read yet`,
    ])
    const json = JSON.stringify({ _path: path, ts: 1, uid: 'C1', 'id.orig_h': '198.18.0.2' })
    expect(read(`${json}\n${json}\n`).failures.map(({ reason }) => reason)).toEqual([
      `zeek.${path}: not read yet`,
    ])
  })

  test('says the same as the same log in JSON, in either spelling', () => {
    const entry = {
      ts: 1_795_168_800.25,
      uid: 'C1',
      'id.orig_h': '198.18.0.2',
      'id.resp_h': '198.18.0.3',
      version: 'TLSv10',
      established: true,
      cert_chain_fps: ['ab', 'cd'],
    }
    const corelight = JSON.stringify(entry).replaceAll('"id.', '"id_').slice(1)
    const told = [table, JSON.stringify(entry), `{"@stream":"ssl","@system":"sensor-1",${corelight}`].map(
      (text) => read(text).items.map(({ decoded }) => [decoded.identity, decoded.events[0]?.flow]),
    )
    expect(told[0]).toHaveLength(1)
    expect(told[1]).toEqual(told[0])
    expect(told[2]).toEqual(told[0])
  })

  test('may choose what stands in a uid, and takes nobody else’s place by it', () => {
    const forged = table.replace('TLSv10', 'TLSv12')
    const [one, other] = [table, forged].map((text) => read(text).items[0]?.decoded.identity?.id)
    expect(one).not.toBe(other)
    const long = read(table.replace('C1', 'C'.repeat(100_000))).items[0]?.decoded.identity?.id ?? ''
    expect(long.length).toBeLessThan(512)
  })
})

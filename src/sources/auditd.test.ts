import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, constantFrom, integer, property, shuffledSubarray, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Event } from '../domain/event.ts'
import { createStreamDecoder, sources } from './index.ts'
import { DECODER_FAULT } from './stream.ts'

const fixture = readFileSync(join(import.meta.dirname, 'fixtures/auditd/audit.log'), 'utf8')
const samples = join(import.meta.dirname, '../../../shared/data/telemetry/auditd/go-libaudit')

function read(text: string) {
  const decoder = createStreamDecoder(sources, 's')
  return decoder.push({ stream: 's', offset: 0, bytes: Buffer.from(text), end: true })
}

function together(text: string): readonly Event[] {
  return read(text).completed.flatMap(({ events }) => events)
}

function findings(text: string): readonly string[] {
  const { items, completed } = read(text)
  return [
    ...items.flatMap(({ decoded }) => decoded.facts),
    ...completed.flatMap(({ facts }) => facts),
  ].flatMap((fact) => (fact.kind === 'finding' ? [fact.finding.message] : []))
}

const at = (serial: number, ms = 0): string => `audit(${1_795_245_236 + Math.floor(ms / 1000)}.000:${serial})`
const exec = (serial: number, ms = 0): readonly string[] => [
  `type=SYSCALL msg=${at(serial, ms)}: arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=1 pid=${serial} uid=0 comm="id" exe="/usr/bin/id" key=(null)`,
  `type=EXECVE msg=${at(serial, ms)}: argc=2 a0="id" a1="-${serial}"`,
  `type=CWD msg=${at(serial, ms)}: cwd="/root"`,
  `type=PATH msg=${at(serial, ms)}: item=0 name="/usr/bin/id" nametype=NORMAL`,
  `type=PATH msg=${at(serial, ms)}: item=1 name="/lib64/ld.so" nametype=NORMAL`,
  `type=PROCTITLE msg=${at(serial, ms)}: proctitle=6964`,
]

describe('an event of several records', () => {
  test('is the same in whatever order its records and those of others come', () => {
    const lines = [3, 4, 5].flatMap((serial) => exec(serial))
    const expected = together(lines.join('\n')).map(({ record }) => record)
    expect(expected).toHaveLength(3)
    assert(
      property(shuffledSubarray([...lines], { minLength: lines.length }), (shuffled) => {
        const told = together(shuffled.join('\n')).map(({ record }) => record)
        expect(told).toHaveLength(3)
        expect(told).toEqual(expect.arrayContaining([...expected]))
      }),
      { numRuns: 100 },
    )
  })

  test('is told once nothing of it is missing, and not before', () => {
    const decoder = createStreamDecoder(sources, 's')
    let offset = 0
    const told = exec(3).map((line) => {
      const bytes = Buffer.from(`${line}\n`)
      const { completed } = decoder.push({ stream: 's', offset, bytes })
      offset += bytes.length
      return completed.length
    })
    expect(told).toEqual([0, 0, 0, 0, 1, 0])
  })

  test('that lacks a record is told two seconds later, by what there is', () => {
    const [syscall = '', execve = '', cwd = ''] = exec(3)
    const early = together([syscall, execve, cwd, ...exec(4, 1_000)].join('\n'))
    expect(early.map(({ id }) => id.endsWith(':3'))).toEqual([false])
    const later = together([syscall, execve, cwd, ...exec(4, 3_000)].join('\n'))
    expect(later.map(({ id }) => id.endsWith(':3'))).toEqual([true, false])
    expect(later[0]?.record).toMatchObject({ Image: '/usr/bin/id', CommandLine: 'id -3' })
  })

  test('that its log stands still within is told when it is whole, also after a restart', () => {
    const first = createStreamDecoder(sources, 's')
    const [syscall, connect] = [
      `type=SYSCALL msg=${at(9)}: arch=c000003e syscall=42 success=yes exit=0 a0=3 items=0 ppid=1 pid=2 uid=0 exe="/bin/nc"`,
      `type=SOCKADDR msg=${at(9)}: saddr=020001BBCB0071070000000000000000`,
    ]
    const bytes = Buffer.from(`${syscall}\n`)
    expect(first.push({ stream: 's', offset: 0, bytes }).completed).toEqual([])
    expect(
      first.push({ stream: 's', offset: bytes.length, bytes: Buffer.alloc(0), idle: true }).completed,
    ).toEqual([])
    const { offset, state } = first.checkpoint()
    const second = createStreamDecoder(sources, 's', JSON.parse(JSON.stringify(state)))
    const rest = Buffer.from(`${connect}\n`)
    expect(second.push({ stream: 's', offset, bytes: rest }).completed).toEqual([])
    const idle = { stream: 's', offset: offset + rest.length, bytes: Buffer.alloc(0), idle: true } as const
    const third = createStreamDecoder(sources, 's', JSON.parse(JSON.stringify(second.checkpoint().state)))
    expect(third.push(idle).completed.flatMap(({ events }) => events)).toMatchObject([
      { record: { DestinationIp: '203.0.113.7', DestinationPort: 443 } },
    ])
    expect(third.push(idle).completed).toEqual([])
  })

  test('is one happening, however often its log is read', () => {
    const [first] = together(fixture)
    expect(first?.once).toBe(first?.id)
    expect(together(fixture)).toEqual(together(fixture))
  })

  test('waits in bounded memory', () => {
    const open = Array.from({ length: 5_000 }, (_, serial) => exec(serial)[0] ?? '')
    const huge = [
      `type=EXECVE msg=${at(6_000)}: argc=1 a0=${'41'.repeat(1_000_000)}`,
      `type=SYSCALL msg=${at(6_000)}: arch=c000003e syscall=59 exe="${'x'.repeat(1_000_000)}"`,
      ...Array.from(
        { length: 40 },
        (_, item) => `type=PATH msg=${at(6_000)}: item=${item} name="/${'x'.repeat(100_000)}"`,
      ),
    ]
    const decoder = createStreamDecoder(sources, 's')
    decoder.push({ stream: 's', offset: 0, bytes: Buffer.from(`${[...open, ...huge].join('\n')}\n`) })
    expect(JSON.stringify(decoder.checkpoint().state).length).toBeLessThan(1_000_000)
  })
})

describe('numbers of events', () => {
  const numbered = (...serials: readonly number[]): string =>
    serials.map((serial, index) => `type=USER_CMD msg=${at(serial, index * 10)}: pid=1`).join('\n')

  test.each([
    ['that follow each other', [7, 8, 9], []],
    ['that come late', [7, 9, 10, 8, 11], []],
    ['behind the largest', [4_294_967_294, 4_294_967_295, 0, 1], []],
    ['that are told twice', [7, 7, 8, 8], []],
    ['of which some are missing', [7, 8, 12], ['3 of them']],
    ['of which one comes and one does not', [7, 10, 8], ['1 of them']],
  ])('%s', (_name, serials, missing) => {
    expect(findings(numbered(...serials))).toEqual(missing.map((count) => expect.stringContaining(count)))
  })

  test('begin anew with a boot', () => {
    const before = `type=USER_CMD msg=${at(900)}: pid=1`
    expect(findings(`${before}\ntype=USER_CMD msg=${at(1, 60_000)}: pid=1`)).toEqual([])
  })
})

describe.skipIf(!existsSync(samples))('samples of go-libaudit', () => {
  const sample = (name: string): string => readFileSync(join(samples, `${name}.log`), 'utf8')

  test('in another order tell the same', () => {
    const records = (name: string) => together(sample(name)).map(({ id, record }) => ({ id, record }))
    expect(records('normal').length).toBeGreaterThan(2)
    expect(new Set(records('out_of_order').map((one) => JSON.stringify(one)))).toEqual(
      new Set(records('normal').map((one) => JSON.stringify(one))),
    )
  })

  test.each([
    ['normal', 0],
    ['out_of_order', 0],
    ['rollover', 0],
    ['lost_messages', 1],
  ])('%s: %i gaps', (name, count) => {
    expect(findings(sample(name))).toHaveLength(count)
  })
})

describe('a line', () => {
  const [line = ''] = exec(3)

  test.each([
    ['behind a header of RFC 3164', `Nov 21 07:13:56 node audispd: ${line}`, 'auditd'],
    ['behind a header of RFC 5424', `<13>1 2026-11-21T07:13:56Z node audisp-syslog 1 - - ${line}`, 'auditd'],
    ['of a machine that names itself', `node=node ${line}`, 'auditd'],
    ['behind a byte-order mark, with a carriage return', `\u{FEFF}${line}\r`, 'auditd'],
    ['within what another program logged', `Nov 21 07:13:56 node sshd[1]: Invalid user x ${line}`, undefined],
    ['within an argument', `Nov 21 07:13:56 node x: audispd: ${line}`, undefined],
  ])('%s', (_name, text, source) => {
    const { items } = read(`${text}\n`)
    expect(items[0]?.source).toBe(source)
    if (text.includes('node'))
      expect(items[0]?.decoded.events[0]?.resource['host.name']).toBe(source && 'node')
  })

  test('keeps what programs say apart from what the kernel says', () => {
    const user = `type=USER_CMD msg=${at(1)}: pid=7 uid=0 msg='cwd="/" cmd=69642022207569643D3939 pid=99 exe="/usr/bin/sudo" res=success'`
    const [item] = read(user).items
    expect(item?.decoded.events[0]?.record).toMatchObject({
      pid: '7',
      cmd: 'id " uid=99',
      exe: '/usr/bin/sudo',
    })
  })

  test('of any damage is evaluated or refused, and breaks nothing', () => {
    const lines = fixture.split('\n').filter((each) => each !== '')
    assert(
      property(
        constantFrom(...lines),
        integer({ min: 0, max: 300 }),
        string({ unit: 'binary', maxLength: 12 }),
        (text, place, more) => {
          const damaged = `${text.slice(0, place)}${more.replaceAll(/[\n\0]/g, '')}${text.slice(place + more.length)}`
          const { records, items, failures } = read(`${text}\n${damaged}\n`)
          expect(records).toBe(items.length + failures.length)
          expect(failures.map(({ reason }) => reason)).not.toContain(DECODER_FAULT)
        },
      ),
      { numRuns: 500 },
    )
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createStreamDecoder, sources } from './index.ts'

const folder = join(import.meta.dirname, 'fixtures/fim.aide')

function read(bytes: Uint8Array, stream = 's') {
  const batch = createStreamDecoder(sources, stream).push({ stream, offset: 0, bytes, end: true })
  expect(batch.failures).toEqual([])
  return batch.items.filter(({ decoded }) => decoded.events.length > 0)
}

test('a report says the same as text and as JSON', () => {
  const [text = [], json = []] = ['recorded.txt', 'recorded.json'].map((name) =>
    read(readFileSync(join(folder, name))),
  )
  expect(text).toHaveLength(10)
  const ids = (items: typeof text) =>
    items.map(({ decoded }) => decoded.identity).toSorted((a, b) => ((a?.id ?? '') < (b?.id ?? '') ? -1 : 1))
  expect(ids(text)).toEqual(ids(json))
})

test('what was there before stands in JSON', () => {
  const changed = read(readFileSync(join(folder, 'recorded.json'))).flatMap(({ decoded }) => decoded.events)
  expect(
    changed.find(({ record }) => Object(record).TargetFilename === '/srv/tree/etc/key')?.record,
  ).toMatchObject({
    'event.action': 'attributes_modified',
    'file.changed': ['mode', 'ctime'],
    'file.mode': '-rw-r--r--',
    'file.previous.mode': '-rw-------',
  })
})

test('lines of a report are told only within one', () => {
  const entry = 'f > ... mc..H     : /etc/motd'
  const report = readFileSync(join(folder, 'recorded.txt'), 'utf8')
  const [before = '', after = ''] = [`${entry}\n`, `${report}${entry}\n`].map(
    (text) =>
      createStreamDecoder(sources, 's').push({ stream: 's', offset: 0, bytes: Buffer.from(text), end: true })
        .failures[0]?.reason,
  )
  expect([before, after]).toEqual(['not a known format', 'not a known record'])
})

test('old versions write no flags', () => {
  const old =
    'Start timestamp: 2026-11-20 10:00:00 +0000 (AIDE 0.15.1)\nAdded entries:\nadded: /etc/x\nChanged entries:\nchanged: /etc/motd\n'
  expect(read(Buffer.from(old)).flatMap(({ decoded }) => decoded.events.map(({ record }) => record))).toEqual(
    [
      { TargetFilename: '/etc/x', 'event.action': 'created', 'host.path': ['/etc/x'] },
      { TargetFilename: '/etc/motd', 'event.action': 'updated', 'host.path': ['/etc/motd'] },
    ],
  )
})

test('a report that breaks off takes no lines of others', () => {
  const broken = 'Start timestamp: 2026-11-20 10:00:00 +0000 (AIDE 0.18.3)\nAdded entries:\nf++++: /etc/x\n'
  const event = JSON.stringify({ event_type: 'flow', timestamp: '2026-11-20T10:00:00Z' })
  const text = `${broken}hello world\n2026-11-20T10:00:00.281Z In(38) sshd[1]: x\n${event}\nf++++: /etc/y\n`
  const batch = createStreamDecoder(sources, 's').push({
    stream: 's',
    offset: 0,
    bytes: Buffer.from(text),
    end: true,
  })
  expect(batch.items.map(({ source }) => source)).toEqual([
    'fim.aide',
    'fim.aide',
    'fim.aide',
    'esxi',
    'suricata.eve',
  ])
  expect(batch.failures.map(({ reason }) => reason)).toEqual(['not a known record', 'not a known record'])
})

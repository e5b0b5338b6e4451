import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Finding } from '../domain/event.ts'
import { createSensorRuns } from '../engine/sensor-runs.ts'
import { createStreamDecoder, sources } from './index.ts'

const START = Date.UTC(2026, 10, 21, 10)

function line(seq: number, seconds: number, body: Readonly<Record<string, unknown>>): string {
  const time = new Date(START + seconds * 1_000).toISOString()
  return `${JSON.stringify({ sensor: 1, run: 'boot:1', seq, time, host: 'node-1', ...body })}\n`
}

function read(text: string) {
  return createStreamDecoder(sources, 's').push({
    stream: 's',
    offset: 0,
    bytes: Buffer.from(text),
    end: true,
  })
}

/** What records say of themselves, and what shows between them. */
function findingsIn(text: string): readonly Finding[] {
  const runs = createSensorRuns([], START)
  const found = read(text).items.flatMap(({ decoded }) =>
    decoded.facts.flatMap((fact) => {
      if (fact.kind === 'sensor-record') return runs.observe(fact.mark, 'sensor', START)
      return fact.kind === 'finding' ? [fact.finding] : []
    }),
  )
  return [...found, ...runs.missing(Number.POSITIVE_INFINITY).map(({ finding }) => finding)]
}

it('tells numbers that are missing as a loss, and silence as an interval in which nothing was seen', () => {
  const start = line(0, 0, { kind: 'start', interval: 5_000 })
  expect(findingsIn(start + line(1, 5, { kind: 'heartbeat' }) + line(2, 15, { kind: 'heartbeat' }))).toEqual(
    [],
  )
  expect(findingsIn(start + line(4, 5, { kind: 'heartbeat' }))).toMatchObject([
    {
      kind: 'producer-loss',
      since: START,
      until: START + 5_000,
      message: expect.stringContaining('3 records'),
    },
  ])
  expect(findingsIn(start + line(1, 16, { kind: 'heartbeat' }))).toMatchObject([
    { kind: 'unobserved-interval', since: START, until: START + 16_000, resource: { 'host.name': 'node-1' } },
  ])
})

it('judges silence over a restart of the daemon as without one', () => {
  const marks = read(line(0, 0, { kind: 'start', interval: 5_000 }) + line(1, 60, { kind: 'heartbeat' }))
    .items.flatMap(({ decoded }) => decoded.facts)
    .flatMap((fact) => (fact.kind === 'sensor-record' ? [fact.mark] : []))
  const first = createSensorRuns([], START)
  for (const mark of marks.slice(0, 1)) first.observe(mark, 'sensor', START)
  const second = createSensorRuns(JSON.parse(JSON.stringify(first.changes())), START)
  expect(marks.slice(1).flatMap((mark) => second.observe(mark, 'sensor', START))).toMatchObject([
    { kind: 'unobserved-interval', since: START },
  ])
})

it('tells the time between two runs, and whether the first was stopped', () => {
  const previous = { time: new Date(START - 60_000).toISOString(), stopped: true }
  const gap = { kind: 'unobserved-interval', since: START - 60_000, until: START }
  expect(findingsIn(line(0, 0, { kind: 'start', previous }))).toMatchObject([
    { ...gap, message: expect.stringContaining('was stopped') },
  ])
  expect(findingsIn(line(0, 0, { kind: 'start', previous: { ...previous, stopped: false } }))).toMatchObject([
    { ...gap, message: expect.stringContaining('without saying so') },
  ])
  expect(findingsIn(line(0, 0, { kind: 'start', missing: ['openat2'] }))).toMatchObject([
    { message: expect.stringContaining('openat2') },
  ])
})

it('gives a record the same identity in whatever file it comes again, and another to every other', () => {
  const records = [0, 1].map((seq) => line(seq, seq, { kind: 'heartbeat' }))
  const ids = read([...records, ...records].join('')).items.map(({ decoded }) => decoded.identity)
  expect(ids[0]).toEqual(ids[2])
  expect(ids[0]?.id).not.toBe(ids[1]?.id)
})

it.each([
  ['/bin/busybox', ['sleep', '1'], 'sleep'],
  ['/bin/busybox', ['busybox', 'nc', '-l'], 'nc'],
  ['/bin/busybox', ['-sh'], 'busybox'],
  ['/usr/bin/openssl', ['cat', 'x'], 'openssl'],
])('calls %s with %j the program %s', (executable, args, name) => {
  const { items } = read(line(0, 0, { kind: 'exec', result: 0, process: { pid: 1, executable, args } }))
  expect(items[0]?.decoded.events[0]?.record).toMatchObject({ 'process.executable.name': name })
})

it('reads what the real sensor wrote, with the container on every record of one', () => {
  const { items, failures } = read(
    readFileSync(join(import.meta.dirname, 'fixtures/sensor/recorded.jsonl'), 'utf8'),
  )
  expect(failures).toEqual([])
  const events = items.flatMap(({ decoded }) => decoded.events)
  expect(new Set(events.map(({ logsource }) => logsource.category))).toEqual(
    new Set([
      'process_creation',
      'file_event',
      'file_read',
      'file_rename',
      'network_connection',
      'network_listen',
      'kernel_call',
    ]),
  )
  for (const { resource, record } of events) {
    expect(resource['container.id']).toMatch(/^[0-9a-f]{64}$/)
    expect(record).toMatchObject({ 'process.ancestors': expect.any(Array), ProcessId: expect.any(Number) })
  }
})

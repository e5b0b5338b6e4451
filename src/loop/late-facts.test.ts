import { assert, asyncProperty, integer, uniqueArray } from 'fast-check'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { anEvent } from '../../test/builders.ts'
import { loadDetection, type Detection } from '../detection.ts'
import type { Chunk } from '../domain/event.ts'
import type { Input } from '../inputs/input.ts'
import { sources } from '../sources/index.ts'
import { createInventory } from '../inventory/inventory.ts'
import { openStore } from '../store/sqlite.ts'
import { createLateFacts } from './late-facts.ts'
import { runPipeline } from './pipeline.ts'

const RECORDING = join(
  import.meta.dirname,
  '../../test/fixtures/sensor/hostile/a-key-and-the-trust-store-of-the-host.jsonl',
)
const [INSPECT = '', ...RECORDS] = readFileSync(RECORDING, 'utf8').trim().split('\n')
const { Id: ID } = JSON.parse(INSPECT) as { Id: string }
const { host: HOST, time: TIME } = JSON.parse(RECORDS[0] ?? '{}') as { host: string; time: string }
const NOW = Date.parse(TIME) + 1_000
const LOOK = JSON.stringify({
  'x-tallyman': { engine: 'docker', host: HOST, running: [], observed: NOW, interval: 15_000 },
})
const OWN = 'docker:test:e1'

let folder: string
let detection: Detection
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-late-'))
  const strategies = join(import.meta.dirname, '../../strategies')
  detection = await loadDetection({ strategies, rules: [], site: undefined, zone: 'UTC', now: () => NOW })
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Line {
  readonly stream: string
  readonly text: string
}

/** Hands on a batch for each line that is not committed yet, and is killed before the one of that number. */
function inputOf(lines: readonly Line[], kill: AbortController, from: number, until: number): Input {
  return {
    name: 'test',
    async *read(resume) {
      const offsets = new Map<string, number>()
      for (const [index, { stream, text }] of lines.entries()) {
        const bytes = Buffer.from(`${text}\n`)
        const offset = offsets.get(stream) ?? 0
        offsets.set(stream, offset + bytes.length)
        if (index < from || offset < (resume.offset(stream) ?? 0)) continue
        if (index >= until) {
          kill.abort()
          return
        }
        const chunk: Chunk = { stream, offset, bytes }
        yield { chunks: [chunk], findings: [], unreadable: [] }
      }
    },
  }
}

/** The alerts that these lines lead to, in this order, where the process is killed before lines of these numbers. */
async function alertsOf(
  lines: readonly Line[],
  kills: readonly number[] = [],
  now: number = NOW,
): Promise<unknown> {
  const store = openStore(join(mkdtempSync(join(folder, 'run-')), 'store.db'), { durable: true })
  try {
    for (const [run, until] of [...kills.toSorted((a, b) => a - b), lines.length].entries()) {
      const kill = new AbortController()
      const from = run === 0 ? 0 : (kills.toSorted((a, b) => a - b)[run - 1] ?? 0)
      const parts = { store, sources, detection: () => detection, now: () => now, arriving: true as const }
      await runPipeline([inputOf(lines, kill, from, until)], parts, kill.signal)
    }
    expect(store.waiting()).toEqual([])
    const alerts = store.alerts({ limit: 500 }).items
    return {
      unattributed: store.totals().unattributed,
      alerts: alerts
        .map(({ rule, entity, count, evidence }) => ({
          rule,
          entity,
          count,
          events: evidence.map(({ event }) => event),
        }))
        .toSorted((a, b) => (a.rule.id < b.rule.id ? -1 : 1)),
    }
  } finally {
    store.close()
  }
}

const look: Line = { stream: OWN, text: LOOK }
const inspect: Line = { stream: OWN, text: INSPECT }
const records: readonly Line[] = RECORDS.map((text) => ({ stream: 'sensor', text }))

it('tells the same of a container whenever its engine describes it, over any kill', async () => {
  const known = await alertsOf([look, inspect, ...records])
  const unknown = await alertsOf([look, ...records])
  expect(unknown).not.toEqual(known)
  const place = integer({ min: 0, max: records.length })
  const kills = uniqueArray(integer({ min: 1, max: records.length + 1 }), { maxLength: 3 })
  await assert(
    asyncProperty(place, kills, async (at, killed) => {
      const lines = [look, ...records.slice(0, at), inspect, ...records.slice(at)]
      expect(await alertsOf(lines, killed)).toEqual(known)
    }),
    { numRuns: 12 },
  )
}, 60_000)

const WIRE = readFileSync(
  join(import.meta.dirname, '../sources/fixtures/tshark/recorded-fields.jsonl'),
  'utf8',
)
  .trim()
  .split('\n')
  .map((text): Line => ({ stream: 'wire', text }))
const HEARD = 1_795_282_579_000

function onTheWire(name: string, address: string): Line {
  const id = name.padEnd(64, '0')
  const inspected = {
    Id: id,
    Name: `/${name}`,
    Created: new Date(HEARD - 10_000),
    Image: `sha256:${'ab'.repeat(32)}`,
    State: { Running: true },
    Config: { Image: `shop/${name}`, Cmd: ['serve'] },
    HostConfig: { NetworkMode: 'shop' },
    Mounts: [],
    NetworkSettings: { Networks: { shop: { IPAddress: address } } },
    'x-tallyman': { engine: 'docker', host: HOST },
  }
  return { stream: OWN, text: JSON.stringify(inspected) }
}

it('tells the same of a connection whenever the engine describes who is at its ends, over any kill', async () => {
  const [client, server] = [onTheWire('c1', '198.18.7.2'), onTheWire('5e', '198.18.7.3')]
  const known = await alertsOf([look, client, server, ...WIRE], [], HEARD)
  const unknown = await alertsOf([look, ...WIRE], [], HEARD)
  expect(unknown).not.toEqual(known)
  const place = integer({ min: 0, max: WIRE.length })
  const kills = uniqueArray(integer({ min: 1, max: WIRE.length + 2 }), { maxLength: 3 })
  await assert(
    asyncProperty(place, place, kills, async (first, second, killed) => {
      const [from, to] = [Math.min(first, second), Math.max(first, second)]
      const lines = [look, ...WIRE.slice(0, from), server, ...WIRE.slice(from, to), client, ...WIRE.slice(to)]
      expect(await alertsOf(lines, killed, HEARD)).toEqual(known)
    }),
    { numRuns: 8 },
  )
}, 60_000)

it('lets go on what stays unknown, counts it by its source, and tells of it as it is', async () => {
  const found = (await alertsOf([look, ...records])) as { unattributed: object; alerts: object[] }
  expect(found.unattributed).toEqual({ sensor: records.length })
  const unasked = (await alertsOf(records)) as { unattributed: object; alerts: object[] }
  expect(unasked.unattributed).toEqual({})
  expect(unasked.alerts).toEqual(found.alerts)
})

describe('what waits', () => {
  const event = anEvent({ source: 'sensor', resource: { 'container.id': ID, 'host.name': HOST } })
  const of = { input: 'sensor', within: undefined }
  const begin = (more: object = {}) => {
    const clock = { now: NOW }
    const inventory = createInventory([])
    const isAsked = (host: string | undefined): boolean => host === HOST
    const late = createLateFacts([], { now: () => clock.now, inventory, isAsked, ...more })
    return { clock, late }
  }
  it('waits for ten seconds, and its container is not waited for again soon', () => {
    const { clock, late } = begin()
    expect(late.holds(event, undefined, of)).toBe(true)
    clock.now += 9_999
    expect([late.overdue(), late.released()]).toEqual([false, []])
    clock.now += 1
    expect(late.overdue()).toBe(true)
    expect(late.released()).toMatchObject([{ event, joined: undefined }])
    expect(late.unknown()).toEqual(['sensor'])
    expect(late.holds(event, undefined, of)).toBe(false)
    expect(late.unknown()).toEqual(['sensor'])
    clock.now += 600_000
    expect(late.holds(event, undefined, of)).toBe(true)
  })

  it('is bounded, and is none of a machine whose engines nobody asks', () => {
    const { late } = begin({ most: 1 })
    expect([1, 2].map(() => late.holds(event, undefined, of))).toEqual([true, false])
    const elsewhere = { ...event, resource: { 'container.id': ID, 'host.name': 'other' } }
    expect(begin().late.holds(elsewhere, undefined, of)).toBe(false)
    expect(begin().late.holds({ ...event, resource: {} }, undefined, of)).toBe(false)
  })
})

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
async function alertsOf(lines: readonly Line[], kills: readonly number[] = []): Promise<unknown> {
  const store = openStore(join(mkdtempSync(join(folder, 'run-')), 'store.db'), { durable: true })
  try {
    for (const [run, until] of [...kills.toSorted((a, b) => a - b), lines.length].entries()) {
      const kill = new AbortController()
      const from = run === 0 ? 0 : (kills.toSorted((a, b) => a - b)[run - 1] ?? 0)
      const parts = { store, sources, detection: () => detection, now: () => NOW, arriving: true as const }
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
    const late = createLateFacts([], { now: () => clock.now, isAsked: (host) => host === HOST, ...more })
    return { clock, late }
  }
  const nobody = (): undefined => undefined

  it('waits for ten seconds, and its container is not waited for again soon', () => {
    const { clock, late } = begin()
    expect(late.holds(event, undefined, of)).toBe(true)
    clock.now += 9_999
    expect([late.overdue(), late.released(nobody)]).toEqual([false, []])
    clock.now += 1
    expect(late.overdue()).toBe(true)
    expect(late.released(nobody)).toMatchObject([{ event, joined: undefined }])
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

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aCommit, aContainer, rated } from '../../test/builders.ts'
import type { Finding } from '../domain/event.ts'
import { fold, stateKeys, type RatedMatch } from '../engine/alerting.ts'
import type { BatchResult } from '../loop/pipeline.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { createLive, type Live, type LiveMessage } from './live.ts'

const T = Date.UTC(2026, 10, 20, 10)
let folder: string
let store: Store
let live: Live
let told: LiveMessage[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-live-'))
  store = openStore(join(folder, 'store.db'), { durable: false })
  told = []
  live = createLive({ every: 100 })
})
afterEach(() => {
  live.stop()
  store.close()
  rmSync(folder, { recursive: true })
})

function commit(...matches: readonly RatedMatch[]): Pick<BatchResult, 'alerts' | 'findings'> {
  const output = fold(store.load(stateKeys(matches)), matches)
  store.commit(aCommit({ output }))
  return {
    findings: [],
    alerts: output.alerts.map(({ alert, opened, posture }) => ({
      id: alert.id,
      opened,
      posture,
      incident: alert.incident,
    })),
  }
}

const listen = (): (() => void) => live.subscribe((message) => void told.push(message))
const kinds = (): readonly string[] => told.map(({ kind }) => kind)
const incidents = () => told.flatMap((message) => (message.kind === 'incident' ? [message] : []))

test('the first change is told at once: the incident as it is now, whether it is new, and its alert', () => {
  listen()
  live.committed(commit(rated({ id: 'a' })), store)
  expect(kinds()).toEqual(['incident', 'alert'])
  expect(told).toMatchObject([
    { opened: true, incident: { label: 'web', count: 1, attack: ['T1610'] } },
    { opened: true, alert: { count: 1 } },
  ])
})

test('an incident that goes on is not told as new', async () => {
  commit(rated({ id: 'a' }))
  listen()
  live.committed(commit(rated({ id: 'b' }), rated({ id: 'c' }, { id: 'rule-2' })), store)
  expect(incidents()).toMatchObject([{ opened: false, incident: { count: 3 } }])
})

test('a thousand changes of one incident in a second are a few messages, the last of them complete', async () => {
  listen()
  const began = performance.now()
  for (let n = 0; n < 1_000; n += 1) {
    live.committed(commit(rated({ id: `e${n}`, time: T + n })), store)
    if (n % 50 === 0) await sleep(1)
  }
  await expect.poll(() => incidents().at(-1)?.incident.count, { timeout: 10_000 }).toBe(1_000)
  const beats = Math.ceil((performance.now() - began) / 100) + 1
  expect(incidents().length).toBeLessThanOrEqual(beats)
  expect(incidents().filter(({ opened }) => opened)).toHaveLength(1)
})

test('many incidents at once are told a few at a time, each, and no message is lost', async () => {
  listen()
  const many = Array.from({ length: 90 }, (_, n) =>
    rated({ id: `e${n}`, resource: aContainer({ 'container.id': `c${n}` }) }),
  )
  live.committed(commit(...many), store)
  expect(incidents()).toHaveLength(25)
  await expect.poll(() => told.length, { timeout: 10_000 }).toBe(180)
  expect(new Set(incidents().map(({ incident }) => incident.id)).size).toBe(90)
  expect(incidents().every(({ opened }) => opened)).toBe(true)
})

test('what waits is bounded: of a flood the newest is told', async () => {
  live.stop()
  live = createLive({ every: 5 })
  listen()
  const findings = Array.from({ length: 5_000 }, (_, n): Finding => ({
    id: `f${n}`,
    kind: 'bound-reached',
    about: 'x',
    since: T,
    until: T,
    message: 'm',
  }))
  live.committed({ alerts: [], findings }, store)
  await expect.poll(() => told.length, { timeout: 10_000 }).toBe(1_000)
  expect(told.at(-1)).toMatchObject({ finding: { id: 'f4999' } })
})

test('nothing is looked up for nobody, nor after it was stopped', async () => {
  const nobody = { alert: fails, incident: fails }
  live.committed(commit(rated({ id: 'a' })), nobody)
  const end = listen()
  live.committed(commit(rated({ id: 'b' })), store)
  const before = told.length
  live.committed(commit(rated({ id: 'c' })), nobody)
  end()
  await sleep(250)
  listen()
  live.committed(commit(rated({ id: 'd' })), store)
  live.committed(commit(rated({ id: 'e' })), nobody)
  live.stop()
  await sleep(250)
  expect(told.length).toBe(before + 2)
})

test('the status is told to who listens', () => {
  const status = { version: '1', started: T, inputs: [] }
  live.status(status)
  listen()
  live.status(status)
  expect(told).toEqual([
    { kind: 'status', status: { version: '1', started: '2026-11-20T10:00:00.000Z', inputs: [] } },
  ])
})

function fails(): never {
  throw new Error('nobody listens')
}

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Finding } from '../domain/event.ts'
import type { BatchResult } from '../loop/pipeline.ts'
import { createStatus, statusView, type DaemonStatus } from './status.ts'

const START = Date.UTC(2026, 10, 21, 10)
const INPUTS = [{ type: 'file', input: { name: 'audit' } }]

function aBatch(records: number, findings: readonly Finding[] = [], input = 'audit'): BatchResult {
  const counters = {
    records,
    evaluated: records,
    failed: 0,
    duplicates: 0,
    suppressed: {},
    late: {},
    sources: {},
    failures: {},
  }
  return { input, counters, unreadable: [], findings, alerts: [] }
}

function aGap(id: string, until = START, about = 'audit'): Finding {
  return { id, kind: 'unobserved-interval', about, since: START, until, message: 'nothing was seen' }
}

it('tells of an input what a person asks: state, rate, last record', () => {
  let time = START
  const status = createStatus(INPUTS, () => time)
  expect(statusView(status.current()).inputs).toEqual([
    { name: 'audit', type: 'file', state: 'waiting', records: 0, failed: 0, rate: 0, gaps: [] },
  ])
  time += 10_000
  status.committed(aBatch(25))
  time += 5_000
  status.committed(aBatch(0))
  expect(statusView(status.current()).inputs).toEqual([
    {
      name: 'audit',
      type: 'file',
      state: 'reading',
      records: 25,
      failed: 0,
      rate: 1.7,
      lastRecord: '2026-11-21T10:00:10.000Z',
      lastBatch: '2026-11-21T10:00:15.000Z',
      gaps: [],
    },
  ])
  status.ended('audit')
  expect(status.current().inputs[0]?.state).toBe('ended')
})

it('keeps the reason of a failure until something is read again', () => {
  const status = createStatus(INPUTS, () => START)
  const trouble = { message: 'no file or folder at /x', mend: 'name an existing file or folder' }
  status.failed('audit', trouble)
  status.committed(aBatch(0, [aGap('a')]))
  expect(status.current().inputs[0]).toMatchObject({ state: 'failed', error: trouble })
  status.again('audit')
  expect(status.current().inputs[0]).toMatchObject({ state: 'waiting', error: trouble })
  status.committed(aBatch(1))
  expect(status.current().inputs[0]).toMatchObject({ state: 'reading', error: undefined })
})

it('lists gaps about the input, earlier ones too, each once and ten at most', () => {
  const status = createStatus(INPUTS, () => START, [aGap('other', START, 'docker'), aGap('earlier')])
  status.committed(aBatch(0, [aGap('growing', START + 1)]))
  status.committed(aBatch(0, [aGap('growing', START + 2)]))
  const gaps = status.current().inputs[0]?.gaps ?? []
  expect(gaps.map(({ id, until }) => [id, until - START])).toEqual([
    ['growing', 2],
    ['earlier', 0],
  ])
  for (let n = 0; n < 50; n += 1) status.committed(aBatch(0, [aGap(`gap-${n}`)]))
  expect(status.current().inputs[0]?.gaps).toHaveLength(10)
  expect(status.current().inputs[0]?.gaps[0]?.id).toBe('gap-49')
})

it('tells whoever watches, once for what comes close together, and no more when they left', async () => {
  const status = createStatus(INPUTS, Date.now)
  const told: DaemonStatus[] = []
  const leave = status.onChange((current) => void told.push(current))
  status.committed(aBatch(1))
  await sleep(50)
  expect(told.map(({ inputs }) => inputs[0]?.records)).toEqual([1])
  for (let n = 0; n < 100; n += 1) status.committed(aBatch(1))
  await sleep(1_500)
  expect(told.map(({ inputs }) => inputs[0]?.records)).toEqual([1, 101])
  status.committed(aBatch(1))
  leave()
  await sleep(1_200)
  expect(told).toHaveLength(2)
})

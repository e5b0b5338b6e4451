import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { podCreated } from '../../test/audit.ts'
import type { Input } from '../inputs/input.ts'
import { sources } from '../sources/index.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { ALL_PASS, countsIn, rulesetOf } from './handed-on.testing.ts'
import { runPipeline } from './pipeline.ts'

const START = Date.UTC(2026, 10, 2)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY
const LEARN = 'learn: 1d, min-samples: 3, min-days: 1'
const RULES = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create}, condition: s}
---
title: new name
baseline: {type: new_value, rules: [created], group-by: [user.username], field: objectRef.name, ${LEARN}, alert: true}
---
title: silent
baseline: {type: absence, rules: [created], group-by: [user.username], timespan: 5h, ${LEARN}}
---
title: many
baseline: {type: spike, rules: [created], group-by: [user.username], timespan: 1h, threshold: 2, floor: 3, ${LEARN}, alert: true}
---
title: usual, then strange
correlation: {type: value_count, rules: [created], group-by: [user.username], timespan: 3h, condition: {field: objectRef.name, gte: 2}}
`

/** What happens when the process is so old, ms: the clock is so far ahead, and pods are created, dated by it or as told. */
interface Act {
  readonly own: number
  readonly ahead?: number
  readonly pod?: string
  readonly dated?: number
}

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tallyman-clock-jumps-'))))
afterAll(() => rmSync(folder, { recursive: true }))

/** A daemon over all acts: what each rule told, and the findings. */
async function lived(name: string, acts: readonly Act[]) {
  const store: Store = openStore(join(folder, `${name}.db`), { durable: true })
  let [own, ahead] = [0, 0]
  const now = (): number => START + own + ahead
  const stop = new AbortController()
  const input: Input = {
    name: 'test',
    reach: () => ({ kind: 'caught-up', until: now() }),
    async *read() {
      for (const [n, act] of acts.entries()) {
        ;[own, ahead] = [act.own, act.ahead ?? 0]
        const { pod, dated = now() } = act
        const line =
          pod === undefined ? '' : `${podCreated({ name: pod, auditID: `audit-${n}`, time: dated })}\n`
        const chunk = { stream: `s-${n}`, offset: 0, bytes: Buffer.from(line), end: true }
        yield { chunks: line === '' ? [] : [chunk], findings: [], unreadable: [] }
        // time passes, and is looked at
        for (let beat = 0; beat < 20; beat += 1) yield { chunks: [], findings: [], unreadable: [] }
      }
      stop.abort()
    },
  }
  const detection = { ruleset: rulesetOf(RULES), judge: ALL_PASS }
  const correlations = { lateness: 0, patience: Infinity, elapsed: () => own }
  const parts = { store, sources, detection: () => detection, now, arriving: true, correlations } as const
  await runPipeline([input], parts, stop.signal)
  const told = countsIn(store)
  const findings = store.findings().map(({ message }) => message)
  store.close()
  return { told, findings }
}

const hourly = (from: number, to: number): readonly Act[] =>
  Array.from({ length: to - from }, (_, n) => ({ own: (from + n) * HOUR, pod: 'usual' }))
/** Nothing happens. */
const idle = (from: number, to: number, ahead = 0): readonly Act[] =>
  Array.from({ length: (to - from) / (4 * MINUTE) }, (_, n) => ({ own: from + (n + 1) * 4 * MINUTE, ahead }))
const strangeAt = (hour: number): Act => ({ own: hour * HOUR + 30 * MINUTE, pod: 'strange' })
/** What a stream without any jump tells. */
const AS_EVER = { 'new name': 1, 'usual, then strange': 1 }
const before = hourly(0, 30)
const after = [...hourly(31, 40), strangeAt(40), ...hourly(41, 44)]

describe('what is remembered', () => {
  it('is as ever where nothing jumps', async () => {
    expect(await lived('none', [...before, ...after])).toEqual({ told: AS_EVER, findings: [] })
  })

  it('is as ever after a record that is dated 2099', async () => {
    const record: Act = { own: 30 * HOUR, pod: 'usual', dated: Date.UTC(2099, 0) }
    const { told, findings } = await lived('record', [...before, record, ...after])
    expect(told).toEqual(AS_EVER)
    expect(findings).toEqual([expect.stringContaining('dated more than a day after their arrival')])
  })

  it.each([
    ['a day', 30 * HOUR],
    ['a year', YEAR],
  ])('is as ever after a clock that was %s ahead for half an hour', async (name, ahead) => {
    const jump = [0, 10, 20].map((minute): Act => ({ own: 30 * HOUR + minute * MINUTE, ahead, pod: 'usual' }))
    const { told, findings } = await lived(name, [...before, ...jump, ...after])
    expect(told).toEqual(AS_EVER)
    expect(findings).toEqual([expect.stringContaining('the clock went forward by')])
  })

  it('goes on after a clock that was ahead for so long that it was believed', async () => {
    const jump = Array.from({ length: 4 }, (_, n): Act => ({
      own: (30 + n) * HOUR,
      ahead: 3 * DAY,
      pod: 'usual',
    }))
    const { told, findings } = await lived('believed', [
      ...before,
      ...jump,
      ...hourly(35, 40),
      strangeAt(40),
      ...hourly(41, 44),
    ])
    expect(told['new name']).toBe(1)
    expect(findings).toContainEqual(expect.stringContaining('which is ahead of the clock'))
  })

  it('is not missed while the machine was suspended', async () => {
    const asleep = idle(30 * HOUR, 30.5 * HOUR, 12 * HOUR)
    const later = [...asleep, ...after].map((act) => ({ ...act, ahead: 12 * HOUR }))
    const { told, findings } = await lived('suspended', [...before, ...idle(29 * HOUR, 30 * HOUR), ...later])
    expect({ told, findings }).toEqual({ told: AS_EVER, findings: [] })
  })

  it('is missed when it stops', async () => {
    const { told, findings } = await lived('stopped', [...before, ...idle(29 * HOUR, 45 * HOUR)])
    expect({ told, findings }).toEqual({ told: { silent: 1 }, findings: [] })
  })
})

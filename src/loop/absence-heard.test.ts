import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { podCreated } from '../../test/audit.ts'
import type { SourceName } from '../domain/event.ts'
import type { Input, Reach } from '../inputs/input.ts'
import { sources } from '../sources/index.ts'
import { openStore } from '../store/sqlite.ts'
import { ALL_PASS, countsIn, rulesetOf } from './handed-on.testing.ts'
import { runPipeline } from './pipeline.ts'

const START = Date.UTC(2026, 10, 2)
const HOUR = 3_600_000
const RULES = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create}, condition: s}
---
title: silent
baseline: {type: absence, rules: [created], group-by: [user.username], timespan: 5h, learn: 1d, min-samples: 3, min-days: 1}
`

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tallyman-absence-heard-'))))
afterAll(() => rmSync(folder, { recursive: true }))

/** Pods are created each hour for thirty hours and no more; twenty hours later, what was told. */
async function told(name: string, audit: (hour: number) => Reach, ticking: (hour: number) => Reach) {
  const store = openStore(join(folder, `${name}.db`), { durable: true })
  let hour = 0
  const stop = new AbortController()
  const inputs: readonly Input[] = [
    {
      name: 'audit',
      reach: () => audit(hour),
      async *read() {
        for (; hour < 50; hour += 1) {
          const pod = podCreated({ name: 'usual', auditID: `audit-${hour}`, time: START + hour * HOUR })
          const bytes = Buffer.from(`${pod}\n`)
          const chunks = hour < 30 ? [{ stream: `s-${hour}`, offset: 0, bytes, end: true }] : []
          yield { chunks, findings: [], unreadable: [] }
          for (let beat = 0; beat < 15; beat += 1) yield { chunks: [], findings: [], unreadable: [] }
        }
        stop.abort()
      },
    },
    {
      name: 'engine',
      reach: () => ticking(hour),
      // oxlint-disable-next-line require-yield
      async *read(_resume, signal) {
        await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
      },
    },
  ]
  const speaksAs = new Map<string, readonly SourceName[]>([
    ['audit', ['kubernetes.audit']],
    ['engine', ['docker.events']],
  ])
  const detection = { ruleset: rulesetOf(RULES), judge: ALL_PASS }
  const correlations = { lateness: 0, patience: HOUR }
  const now = (): number => START + hour * HOUR
  await runPipeline(
    inputs,
    { store, sources, detection: () => detection, now, speaksAs, correlations },
    stop.signal,
  )
  const counts = countsIn(store)
  store.close()
  return counts
}

const heard = (hour: number): Reach => ({ kind: 'caught-up', until: START + hour * HOUR })
const cutAfter =
  (last: number) =>
  (hour: number): Reach =>
    hour <= last ? heard(hour) : { kind: 'cut', since: START + last * HOUR }

it('of what its own input was heard of is told, though another is cut', async () => {
  expect(await told('heard', heard, heard)).toEqual({ silent: 1 })
  expect(await told('other', heard, cutAfter(20))).toEqual({ silent: 1 })
})

it('is none while the input that would tell is cut: that is blindness', async () => {
  expect(await told('cut', cutAfter(29), heard)).toEqual({})
})

it('is told once that input is back and still nothing comes', async () => {
  const back = (hour: number): Reach => (hour < 36 ? cutAfter(29)(hour) : heard(hour))
  expect(await told('back', back, heard)).toEqual({ silent: 1 })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { podCreated } from '../test/audit.ts'
import { approveBaseline, exportedKey, forgetBaseline, importBaselines } from './baseline-changes.ts'
import { baselinesReport, keyReport, keysOfAll, keysReport } from './baseline-report.ts'
import type { Match } from './domain/match.ts'
import type { Input } from './inputs/input.ts'
import { runPipeline } from './loop/pipeline.ts'
import { compileRules, type Baseline, type Ruleset } from './sigma/sigma.ts'
import { sources } from './sources/index.ts'
import { openStore } from './store/sqlite.ts'
import type { Store } from './store/store.ts'

const START = Date.UTC(2026, 10, 2)
const HOUR = 3_600_000
const KEY = '["alice"]'
const RULES = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create}, condition: s}
---
title: new name
name: new_name
baseline: {type: new_value, rules: [created], group-by: [user.username], field: objectRef.name, learn: 1d, min-samples: 3, min-days: 1, alert: true}
`

let folder: string
let ruleset: Ruleset
let baseline: Baseline
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-baseline-changes-'))
  ruleset = compileRules([{ file: 'r.yml', text: RULES, line: 1, strategy: 's' }], {
    lists: new Map(),
  }).ruleset
  baseline = ruleset.baselines[0]!
})
afterAll(() => rmSync(folder, { recursive: true }))

let stores = 0
const newStore = (): Store => openStore(join(folder, `${(stores += 1)}.db`), { durable: true })

let audits = 0
const pod = (name: string, hour: number): string =>
  podCreated({ name, user: 'alice', auditID: `audit-${(audits += 1)}`, time: START + hour * HOUR })

/** A daemon that goes on: what is handed over is read, and what people change in between counts. */
async function running(store: Store, acts: readonly ((hand: (lines: readonly string[]) => void) => void)[]) {
  const stop = new AbortController()
  const waiting: string[][] = []
  let until = -Infinity
  let read = 0
  const input: Input = {
    name: 'test',
    reach: () => ({ kind: 'caught-up', until }),
    async *read(_resume, signal) {
      while (!signal.aborted) {
        const lines = waiting.shift()
        if (lines === undefined) await new Promise((done) => setImmediate(done))
        else {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
          yield {
            chunks: [{ stream: `s-${(read += 1)}`, offset: 0, bytes, end: true }],
            findings: [],
            unreadable: [],
          }
        }
      }
    },
  }
  async function* beats(signal: AbortSignal): AsyncGenerator<{ beat: true }> {
    for (const [number, act] of acts.entries()) {
      act((lines) => void waiting.push([...lines]))
      for (let beat = 0; beat < 20 && !signal.aborted; beat += 1) {
        await new Promise((done) => setTimeout(done, 1))
        // everything that was handed over is there, and time goes on beyond it
        if (waiting.length === 0) until = START + 400 * (number + 1) * HOUR
        yield { beat: true }
      }
    }
    stop.abort()
  }
  const judge = {
    suppressedBy: () => undefined,
    rate: (match: Match) => ({ match, level: match.rule.level }),
  }
  await runPipeline(
    [input],
    {
      store,
      sources,
      detection: () => ({ ruleset, judge }),
      now: () => START,
      beats,
      correlations: { lateness: 0, patience: Infinity },
    },
    stop.signal,
  )
}

const steady = (from: number): readonly string[] =>
  Array.from({ length: 30 }, (_, n) => pod(n % 2 === 0 ? 'web' : 'job', from + n))
const told = (store: Store): number => store.alerts({ limit: 500 }).items.length

describe('what people change of a baseline', () => {
  it('shows who taught what when, approves, forgets, and says so in the audit trail', async () => {
    const store = newStore()
    await running(store, [(hand) => hand(steady(0))])
    expect(baselinesReport(ruleset, store)).toMatchObject([
      {
        name: 'new_name',
        strategy: 's',
        type: 'new_value',
        alert: true,
        keys: { learning: 0, armed: 0, stale: 1 },
      },
    ])
    expect(keysReport(baseline, {}, store)).toMatchObject([
      { of: { 'user.username': 'alice' }, state: 'stale' },
    ])
    for (const [query, found] of [
      [{ status: 'stale' }, 1],
      [{ status: 'armed' }, 0],
      [{ text: 'lic' }, 1],
      [{ text: '"' }, 0],
    ] as const) {
      expect(keysReport(baseline, query, store), JSON.stringify(query)).toHaveLength(found)
      expect(keysOfAll(ruleset, query, store), JSON.stringify(query)).toHaveLength(found)
    }
    const { values = [] } = keyReport(ruleset, { baseline, key: KEY, zone: 'UTC' }, store)!.learned
    expect(values.map(({ value, count, who, state }) => ({ value, count, who, state }))).toContainEqual({
      value: 'web',
      count: 14,
      who: 'shop/web',
      state: 'learned',
    })
    forgetBaseline(store, { baseline, key: KEY, value: 'web' }, 'me', START)
    const names = () =>
      keyReport(ruleset, { baseline, key: KEY, zone: 'UTC' }, store)?.learned.values?.map(
        ({ value }) => value,
      ) ?? []
    expect(names()).not.toContain('web')
    expect(() => forgetBaseline(store, { baseline, key: KEY, value: 'web' }, 'me', START)).toThrow(
      'no such value',
    )
    expect(keyReport(ruleset, { baseline, key: KEY, zone: 'UTC' }, store)?.changes).toEqual([
      { at: new Date(START).toISOString(), actor: 'me', action: 'baseline.forget', value: 'web' },
    ])
    forgetBaseline(store, { baseline, key: KEY }, 'me', START)
    expect(keysReport(baseline, {}, store)).toEqual([])
    expect(() => approveBaseline(store, { baseline, key: KEY }, 'me', START)).toThrow('knows no key')
    expect(store.auditTrail().map(({ actor, action, detail }) => [actor, action, detail])).toEqual([
      ['me', 'baseline.forget', { rule: 'new_name', strategy: 's', key: KEY }],
      ['me', 'baseline.forget', { rule: 'new_name', strategy: 's', key: KEY, value: 'web' }],
    ])
    store.close()
  })

  it('counts for the daemon that runs at once', async () => {
    const store = newStore()
    await running(store, [
      (hand) => hand(steady(0).slice(0, 5)),
      () => {
        expect(keysReport(baseline, {}, store)).toMatchObject([{ state: 'learning' }])
        approveBaseline(store, { baseline, key: KEY }, 'me', START)
        expect(keysReport(baseline, {}, store)[0]?.state).not.toBe('learning')
      },
      (hand) => hand([pod('evil', 1_000)]),
    ])
    // it had not learned for long enough, had nobody said so
    expect(told(store)).toBe(1)
    store.close()
  })

  it('takes what was exported elsewhere, and refuses what is of no loaded baseline or broken', async () => {
    const [from, to] = [newStore(), newStore()]
    await running(from, [(hand) => hand(steady(0))])
    const rows = from.baselineKeys({ baseline: baseline.hash }).map((row) => exportedKey(baseline, row))
    const exported = JSON.parse(JSON.stringify(rows)) as typeof rows
    const [row] = exported
    const strange = { ...row!, hash: '0'.repeat(32) }
    const broken = { ...row!, state: [0, 'x'] }
    expect(importBaselines(to, ruleset.baselines, [...exported, strange, broken], 'me', START)).toEqual({
      taken: 1,
      refused: 2,
    })
    await running(to, [(hand) => hand([pod('web', 40), pod('evil', 41)])])
    expect(told(to)).toBe(1)
    expect(to.auditTrail()).toMatchObject([{ action: 'baseline.import', detail: { keys: 1, refused: 2 } }])
    for (const store of [from, to]) store.close()
  })
})

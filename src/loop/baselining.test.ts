import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, assert, asyncProperty, integer, record, shuffledSubarray } from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { podCreated } from '../../test/audit.ts'
import type { Input } from '../inputs/input.ts'
import type { Ruleset } from '../sigma/sigma.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import {
  ALL_PASS,
  foundIn,
  inputOf,
  rulesetOf,
  runOver,
  runStopped,
  type Batch,
} from './handed-on.testing.ts'
import type { PipelineParts } from './pipeline.ts'

const START = Date.UTC(2026, 10, 2)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const LEARN = 'learn: 1d, min-samples: 3, min-days: 1'

const RULES = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create}, condition: s}
---
title: new name
name: new_name
baseline: {type: new_value, rules: [created], group-by: [user.username], field: objectRef.name, ${LEARN}, alert: true}
---
title: rare name
name: rare_name
baseline: {type: rare_value, rules: [created], group-by: [user.username], field: objectRef.name, share: 0.1, ${LEARN}}
---
title: weaker name
name: weaker_name
baseline: {type: change, rules: [created], group-by: [user.username], field: objectRef.name, order: [[n-0, n-1], [n-2], ['n-*']], ${LEARN}}
---
title: many
name: many
baseline: {type: spike, rules: [created], group-by: [user.username], timespan: 1h, threshold: 2, floor: 2, ${LEARN}, alert: true}
---
title: fewer
name: fewer
baseline: {type: spike, rules: [created], group-by: [user.username], timespan: 6h, threshold: 1, direction: below, floor: 1, ${LEARN}, alert: true}
---
title: silent
name: silent
baseline: {type: absence, rules: [created], group-by: [user.username], timespan: 5h, ${LEARN}}
---
title: weak signals
name: weak_signals
baseline: {type: risk, rules: [new_name, rare_name, many], group-by: [user.username], timespan: 6h, threshold: 50}
---
title: two new names
correlation: {type: event_count, rules: [new_name], group-by: [user.username], timespan: 12h, condition: {gte: 2}, generate: true}
`

let folder: string
let ruleset: Ruleset
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-baselining-'))
  ruleset = rulesetOf(RULES)
})
afterAll(() => rmSync(folder, { recursive: true }))

let stores = 0
function newStore(): Store {
  stores += 1
  return openStore(join(folder, `${stores}.db`), { durable: true })
}

interface Pod {
  readonly name: string
  readonly user: string
  readonly time: number
}

const lineOf = ({ name, user, time }: Pod, number: number): string =>
  podCreated({ name, user, auditID: `audit-${String(number).padStart(4, '0')}`, time })

const run = (input: Input, store: Store, more: Partial<PipelineParts> = {}): Promise<void> =>
  runOver(input, { store, now: () => START, ruleset, ...more })

/** Runs until all that was handed on is committed and looked at, and is stopped then. */
const stopped = (batches: readonly Batch[], store: Store, lateness: number): Promise<void> =>
  runStopped(batches, { store, now: () => START, ruleset, lateness })

const titles = (store: Store): ReadonlySet<string> =>
  new Set(store.alerts({ limit: 500 }).items.map(({ rule }) => rule.title))

const pods = array(
  record({
    // a few names often, others seldom
    name: integer({ min: 0, max: 30 }).map((n) => `n-${n < 24 ? 3 + (n % 3) : n - 24}`),
    user: integer({ min: 0, max: 1 }),
    at: integer({ min: 0, max: 4 * 288 }),
  }),
  { minLength: 30, maxLength: 120 },
).map((all) =>
  all.map(({ name, user, at }): Pod => ({ name, user: `user-${user}`, time: START + at * 5 * MINUTE })),
)

describe('baselines', () => {
  it('do not depend on the order of files, nor on how they are cut', async () => {
    const seen = new Set<string>()
    await assert(
      asyncProperty(pods, shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), async (all, order) => {
        const lines = all.map(lineOf)
        const [whole, parts] = [newStore(), newStore()]
        await run(inputOf([{ lines }]), whole)
        await run(inputOf(order.map((part) => ({ lines: lines.filter((_, at) => at % 5 === part) }))), parts)
        expect(foundIn(parts)).toEqual(foundIn(whole))
        for (const title of titles(whole)) seen.add(title)
        whole.close()
        parts.close()
      }),
      { numRuns: 5, seed: 3, endOnFailure: true },
    )
    // otherwise nothing was compared
    expect([...seen].sort()).toEqual([
      'fewer',
      'many',
      'new name',
      'silent',
      'two new names',
      'weak signals',
      'weaker name',
    ])
  }, 120_000)

  it('of what goes on are those of the whole, whatever comes late within the lateness, over restarts', async () => {
    const lateness = 3 * HOUR
    await assert(
      asyncProperty(
        pods,
        array(integer({ min: 0, max: lateness - 1 }), { minLength: 120, maxLength: 120 }),
        async (all, delays) => {
          const whole = newStore()
          const end = podAt(Math.max(...all.map(({ time }) => time)) + HOUR)
          await run(inputOf([{ lines: [...all, end].map(lineOf) }]), whole)
          const arriving = [...all, end]
            .map((pod, number) => ({ line: lineOf(pod, number), at: pod.time + (delays[number] ?? 0) }))
            .sort((a, b) => a.at - b.at)
          const batches = Array.from({ length: 6 }, (_, part): Batch => {
            const its = arriving.filter((_each, at) => Math.floor((at * 6) / arriving.length) === part)
            const until = its.at(-1)?.at
            return {
              lines: its.map(({ line }) => line),
              ...(until === undefined ? {} : { reach: { kind: 'caught-up', until } }),
            }
          })
          const live = newStore()
          for (let batch = 1; batch <= batches.length; batch += 1)
            await stopped(batches.slice(0, batch), live, lateness)
          await run(inputOf(batches), live, { correlations: { lateness, patience: Infinity } })
          expect(live.totals().late).toEqual({})
          expect(foundIn(live)).toEqual(foundIn(whole))
          whole.close()
          live.close()
        },
      ),
      { numRuns: 4, endOnFailure: true },
    )
  }, 120_000)

  it('keep what was observed, and forget nothing that is due, over any end', async () => {
    const store = newStore()
    const early = [0, 1, 2, 3].map((n) => lineOf({ name: 'n-3', user: 'a', time: START + n * HOUR }, n))
    await stopped([{ lines: early }], store, 0)
    // nothing is folded before the watermark has come so far
    expect(store.observedEpochs()).toHaveLength(4)
    expect(store.baselineCounts()).toEqual([])
    const next = { lines: [lineOf({ name: 'n-3', user: 'a', time: START + 5 * HOUR }, 9)] }
    const reach = { kind: 'caught-up', until: START + 4 * HOUR } as const
    await stopped([{ lines: early, reach }, next], store, 0)
    expect(store.observedEpochs()).toEqual([START + 5 * HOUR])
    expect(store.baselinePlace()).toBe(START + 4 * HOUR)
    store.close()
  })

  it('hold back what is learned while an incident of the entity is open, until somebody closes it', async () => {
    const rules = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create}, condition: s}
---
title: bad
logsource: {product: kubernetes, service: audit}
detection: {s: {objectRef.name: n-9}, condition: s}
---
title: new agent
name: new_agent
baseline: {type: new_value, rules: [created], group-by: [user.username], field: objectRef.name, ${LEARN}}
`
    const made = rulesetOf(rules)
    const baseline = made.baselines[0]!.hash
    const names = (store: Store): readonly unknown[] => {
      const row = store.baselineKey(baseline, '["a"]')
      return (row as { state: readonly unknown[] }).state[2] as readonly unknown[]
    }
    // a pod's entity is the pod itself: it is called the same each time
    const steady = Array.from({ length: 30 }, (_, n) => ({ name: 'n-1', time: START + n * HOUR }))
    const attack = [{ name: 'n-9', time: START + 30 * HOUR }]
    const after = Array.from({ length: 5 }, (_, n) => ({ name: 'n-1', time: START + (31 + n) * HOUR }))
    const lines = [...steady, ...attack, ...after].map((pod, n) => lineOf({ ...pod, user: 'a' }, n))
    const store = newStore()
    const detection = () => ({ ruleset: made, judge: ALL_PASS })
    await run(inputOf([{ lines }]), store, { detection })
    expect(JSON.stringify(names(store))).not.toContain('n-9')
    expect(JSON.stringify(names(store))).toContain('n-1')
    const [incident] = store.incidents().items
    const later = (n: number): Batch => ({
      lines: [lineOf({ name: 'n-1', user: 'a', time: START + (40 + n) * HOUR }, 50 + n)],
    })
    await run(inputOf([{ lines }, later(0)]), store, { detection })
    expect(JSON.stringify(names(store))).not.toContain('n-9')
    store.closeIncident(incident!.id, 'benign', 'a test', 'me', START)
    await run(inputOf([{ lines }, later(0), later(5)]), store, { detection })
    expect(JSON.stringify(names(store))).toContain('n-9')
    store.close()
  })
})

const podAt = (time: number): Pod => ({ name: 'n-3', user: 'nobody', time })

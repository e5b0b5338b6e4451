import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, assert, asyncProperty, integer, record, shuffledSubarray } from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { podCreated } from '../../test/audit.ts'
import { loadDetection, type Detection } from '../detection.ts'
import type { Input, Reach } from '../inputs/input.ts'
import { runPipeline, type PipelineParts } from './pipeline.ts'
import { sources } from '../sources/index.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const MINUTE = 60_000

const RULES = `title: a pod of the first kind
name: first
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create, objectRef.name|startswith: a}, condition: s}
---
title: a pod of the second kind
name: second
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create, objectRef.name|startswith: b}, condition: s}
---
title: three of the first kind
name: three
correlation:
  type: event_count
  rules: [first]
  group-by: [user.username]
  timespan: 5m
  condition: {gte: 3}
level: high
tags: [attack.t1610]
---
title: one after the other
correlation:
  type: temporal_ordered
  rules: [first, second]
  group-by: [user.username]
  timespan: 2m
---
title: the first without the second
correlation:
  type: temporal
  condition: first and not second
  group-by: [user.username]
  timespan: 3m
---
title: three, and then the second
correlation:
  type: temporal_ordered
  rules: [three, second]
  group-by: [user.username]
  timespan: 10m
  generate: true
`

let folder: string
let store: Store
let detection: Detection
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-correlating-'))
  detection = await detectionOf(RULES)
})
afterAll(() => rmSync(folder, { recursive: true }))

let stores = 0
function newStore(): Store {
  stores += 1
  return openStore(join(folder, `${stores}.db`), { durable: true })
}
beforeEach(() => {
  store = newStore()
})
afterEach(() => store.close())

let texts = 0
async function detectionOf(rules: string, site?: string): Promise<Detection> {
  texts += 1
  const place = join(folder, `rules-${texts}`)
  mkdirSync(place)
  writeFileSync(join(place, 'rules.yml'), rules)
  const made = await loadDetection({
    strategies: undefined,
    rules: [place],
    site,
    zone: 'UTC',
    now: () => NOW,
  })
  expect(made.problems).toEqual([])
  return made
}

interface Pod {
  readonly name: string
  readonly user: string
  /** ms. */
  readonly time: number
}

function lineOf({ name, user, time }: Pod, number: number): string {
  return podCreated({ name, user, auditID: `audit-${String(number).padStart(4, '0')}`, time })
}

/** Hands on batches of lines, each followed by what it says of its reach; ends unless told. */
function inputOf(
  batches: readonly { readonly lines: readonly string[]; readonly reach?: Reach }[],
  { name = 'test', forGood = false } = {},
): Input {
  let reach: Reach = { kind: 'behind' }
  return {
    name,
    reach: () => reach,
    async *read(resume, signal) {
      for (const [number, batch] of batches.entries()) {
        const stream = `${name}-${number}`
        if (resume.offset(stream) !== undefined) continue
        const bytes = Buffer.from(batch.lines.map((line) => `${line}\n`).join(''))
        yield { chunks: [{ stream, offset: 0, bytes, end: true }], findings: [], unreadable: [] }
        reach = batch.reach ?? reach
      }
      if (forGood && !signal.aborted)
        await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
    },
  }
}

async function run(
  inputs: readonly Input[],
  more: Partial<PipelineParts> = {},
  into: Store = store,
): Promise<void> {
  await runPipeline(
    inputs,
    { store: into, sources, detection: () => detection, now: () => NOW, ...more },
    new AbortController().signal,
  )
}

function found(of: Store = store): unknown[] {
  return of
    .alerts({ limit: 500, order: 'oldest' })
    .items.map(({ id, rule, level, entity, first, last, count, evidence }) => ({
      id,
      title: rule.title,
      level,
      entity,
      first,
      last,
      count,
      evidence: evidence.map(({ event }) => event).sort(),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

const titles = (of: Store = store): string[] =>
  of.alerts({ limit: 500, order: 'oldest' }).items.map(({ rule }) => rule.title)

const pods = array(
  record({
    kind: integer({ min: 0, max: 1 }),
    space: integer({ min: 0, max: 1 }),
    at: integer({ min: 0, max: 40 }),
  }),
  { minLength: 1, maxLength: 40 },
).map((all) =>
  all.map(({ kind, space, at }, number): Pod => ({
    name: `${kind === 0 ? 'a' : 'b'}-${number}`,
    user: `user-${space}`,
    time: NOW - 60 * MINUTE + at * 30_000,
  })),
)

describe('correlations', () => {
  it('alert with the events that contributed, about what these have in common; their rules alone do not', async () => {
    const lines = [0, 1, 2].map((n) => lineOf({ name: `a-${n}`, user: 'alice', time: NOW + n * MINUTE }, n))
    await run([inputOf([{ lines }])])
    const [alert] = store.alerts().items
    expect(titles()).toEqual(['three of the first kind'])
    expect(alert).toMatchObject({
      level: 'high',
      attack: ['T1610'],
      count: 3,
      first: NOW + 2 * MINUTE,
      strategy: 'sigma',
    })
    expect(alert?.entity).toMatchObject({ 'k8s.namespace.name': 'shop' })
    expect(alert?.evidence.map(({ time }) => time)).toEqual([0, 1, 2].map((n) => NOW + n * MINUTE))
    expect(store.incidents().items).toHaveLength(1)
  })

  it('go on after a clock that had run ahead was set right', async () => {
    const ahead = NOW + 365 * 24 * 60 * MINUTE
    const pod = lineOf({ name: 'a-0', user: 'alice', time: ahead - MINUTE }, 0)
    const beforehand = inputOf([
      { lines: [pod], reach: { kind: 'caught-up', until: ahead } },
      { lines: [lineOf({ name: 'c', user: 'alice', time: ahead }, 9)] },
    ])
    await run([beforehand], { now: () => ahead, arriving: true })
    expect(store.signalPlace().place?.time).toBeGreaterThan(NOW)
    const lines = [1, 2, 3].map((n) => lineOf({ name: `a-${n}`, user: 'alice', time: NOW + n * 1_000 }, n))
    const now = NOW + MINUTE
    await run([inputOf([{ lines, reach: { kind: 'caught-up', until: now } }], { name: 'later' })], {
      now: () => now,
      arriving: true,
    })
    expect(titles()).toEqual([])
    const more = [4, 5, 6].map((n) => lineOf({ name: `a-${n}`, user: 'alice', time: now + n * 1_000 }, n))
    await run(
      [inputOf([{ lines: more, reach: { kind: 'caught-up', until: now + MINUTE } }], { name: 'last' })],
      {
        now: () => now + MINUTE,
        arriving: true,
      },
    )
    expect(titles()).toEqual(['three of the first kind'])
    const findings = store.findings().map(({ message }) => message)
    expect(findings.filter((message) => message.includes('ahead of the clock'))).toHaveLength(1)
  })

  it('do not depend on the order of files, nor on how they are cut', async () => {
    await assert(
      asyncProperty(pods, shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }), async (all, order) => {
        const lines = all.map(lineOf)
        const whole = newStore()
        const sorted = lines.toSorted((a, b) => timeOf(a) - timeOf(b))
        await run([inputOf([{ lines: sorted }])], {}, whole)
        const parts = newStore()
        await run(
          [inputOf(order.map((part) => ({ lines: lines.filter((_, at) => at % 7 === part) })))],
          {},
          parts,
        )
        expect(found(parts)).toEqual(found(whole))
        whole.close()
        parts.close()
      }),
      { numRuns: 30 },
    )
  }, 60_000)

  it('of what goes on are those of the ordered whole, whatever comes late within the lateness, over restarts', async () => {
    const lateness = 4 * MINUTE
    await assert(
      asyncProperty(
        pods,
        array(integer({ min: 0, max: lateness - 1 }), { minLength: 40, maxLength: 40 }),
        array(integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }),
        async (all, delays, sizes) => {
          const whole = newStore()
          await run([inputOf([{ lines: all.map(lineOf) }])], {}, whole)
          const arriving = all
            .map((pod, number) => ({ line: lineOf(pod, number), at: pod.time + (delays[number] ?? 0) }))
            .sort((a, b) => a.at - b.at)
          const batches = cut(arriving, sizes).map((part) => ({
            lines: part.map(({ line }) => line),
            reach: { kind: 'caught-up', until: part.at(-1)?.at ?? 0 } as const,
          }))
          const live = newStore()
          // each run goes on where the one before was stopped, one batch further
          for (let batch = 1; batch <= batches.length; batch += 1)
            await stopped(batches.slice(0, batch), live)
          await run([inputOf(batches)], { correlations: { lateness, patience: Infinity } }, live)
          expect(found(live)).toEqual(found(whole))
          expect(live.totals().late).toEqual({})
          whole.close()
          live.close()
        },
      ),
      { numRuns: 20 },
    )

    /** Runs until all that was handed on is committed and correlated, and is stopped then. */
    async function stopped(batches: Parameters<typeof inputOf>[0], into: Store): Promise<void> {
      const stop = new AbortController()
      const beats = async function* (signal: AbortSignal): AsyncGenerator<{ beat: true }> {
        for (let beat = 0; beat < 3 && !signal.aborted; beat += 1) {
          yield { beat: true }
          await new Promise((done) => setImmediate(done))
        }
        stop.abort()
      }
      await runPipeline(
        [inputOf(batches, { forGood: true })],
        {
          store: into,
          sources,
          detection: () => detection,
          now: () => NOW,
          correlations: { lateness, patience: Infinity },
          beats,
        },
        stop.signal,
      )
    }
  }, 120_000)

  it('count and tell what comes later than they wait, and look at it alone', async () => {
    const at = (n: number, name: string, minutes: number): string =>
      lineOf({ name, user: 'alice', time: NOW + minutes * MINUTE }, n)
    const reach = (minutes: number): Reach => ({ kind: 'caught-up', until: NOW + minutes * MINUTE })
    await run(
      [
        inputOf([
          { lines: [at(1, 'a-1', 0), at(2, 'a-2', 1)], reach: reach(2) },
          { lines: [at(3, 'b-3', 60)], reach: reach(60) },
          // what an input promises counts from its next batch on
          { lines: [] },
          { lines: [at(4, 'a-4', 2)] },
        ]),
      ],
      { correlations: { lateness: MINUTE, patience: Infinity } },
    )
    expect(store.totals().late).toEqual({ first: 1 })
    expect(store.findings().map(({ kind, message }) => [kind, message.slice(0, 34)])).toEqual([
      ['bound-reached', 'matches came later than correlatio'],
    ])
    // three in five minutes, had the last one not come an hour late
    expect(titles()).toEqual(['the first without the second', 'a pod of the second kind'])
  })

  it('are about their group where their events have nobody in common', async () => {
    const rules = `${RULES.split('---\n')[0]}---
title: sprayed
correlation: {type: event_count, rules: [first], group-by: [userAgent], timespan: 5m, condition: {gte: 3}}
`
    const made = await detectionOf(rules)
    const at = (n: number, agent: string): string =>
      lineOf({ name: `a-${n}`, user: `user-${n}`, time: NOW + n }, n)
        .replace('kubectl/v1.33.4', agent)
        .replaceAll('"shop"', `"shop-${n}"`)
    const lines = ['curl', 'wget'].flatMap((agent, which) => [0, 1, 2].map((n) => at(which * 3 + n, agent)))
    await run([inputOf([{ lines }])], { detection: () => made })
    expect(store.alerts().items.map(({ entity, count }) => [entity['userAgent'], count])).toEqual([
      ['wget', 3],
      ['curl', 3],
    ])
    expect(store.incidents().items).toHaveLength(2)
  })

  it('and their firings are held back and rated as any match', async () => {
    const site = join(folder, 'site')
    mkdirSync(join(site, 'silences'), { recursive: true })
    const rules = `${RULES.split('---\n')[0]}---
title: three
name: three
correlation: {type: event_count, rules: [first], group-by: [user.username], timespan: 5m, condition: {gte: 3}}
`
    const lines = [0, 1, 2].map((n) => lineOf({ name: `a-${n}`, user: 'alice', time: NOW + n }, n))
    writeFileSync(join(site, 'rules.yaml'), 'three: {level: critical, owner: me, reason: ours}\n')
    const rated = await detectionOf(rules, site)
    await run([inputOf([{ lines }])], { detection: () => rated })
    expect(store.alerts().items.map(({ level, rating }) => [level, rating?.by])).toEqual([
      ['critical', 'site'],
    ])
    writeFileSync(join(site, 'rules.yaml'), 'three: {enabled: false, owner: me, reason: ours}\n')
    const held = await detectionOf(rules, site)
    const other = newStore()
    await run([inputOf([{ lines }])], { detection: () => held }, other)
    expect(titles(other)).toEqual([])
    expect(other.totals().suppressed).toEqual({ 'site/rules.yaml:three': 1 })
    other.close()
  })

  it('look at all of one instant, however many and however far that is', async () => {
    const only = await detectionOf(
      RULES.split('---\n')
        .filter((_, at) => [0, 1, 4].includes(at))
        .join('---\n'),
    )
    const then = Date.UTC(3000, 0, 1)
    // one more than a step looks at, all in windows that end together
    const lines = Array.from({ length: 5_001 }, (_, n) =>
      lineOf({ name: 'a', user: `user-${n}`, time: then }, n),
    )
    const later = lineOf({ name: 'c', user: 'alice', time: then + 10 * MINUTE }, 9_999)
    await run([inputOf([{ lines: [...lines, later] }])], { detection: () => only })
    expect(found()).toMatchObject([{ title: 'the first without the second', count: 5_001 }])
  }, 60_000)

  it('look at what waits before its time where too much does, and say so', async () => {
    const lines = Array.from({ length: 60 }, (_, n) =>
      lineOf({ name: `a-${n}`, user: 'alice', time: NOW + n * 10 }, n),
    )
    const batches = [0, 20, 40].map((from) => ({ lines: lines.slice(from, from + 20) }))
    await run([inputOf(batches)], { correlations: { lateness: 0, patience: Infinity, waiting: 30 } })
    expect(store.findings().map(({ message }) => message.slice(0, 27))).toEqual([
      'more matches wait for corre',
    ])
    expect(found()).toMatchObject([{ title: 'three of the first kind', count: 60 }])
  })

  it('keep what they remember over a reload, and begin anew where they changed', async () => {
    const at = (n: number): string => lineOf({ name: `a-${n}`, user: 'alice', time: NOW + n * MINUTE }, n)
    const reach = (minutes: number): Reach => ({ kind: 'caught-up', until: NOW + minutes * MINUTE })
    const correlations = { lateness: 0, patience: Infinity, told: (line: string) => void told.push(line) }
    const told: string[] = []
    const only = RULES.split('---\n').slice(0, 3).join('---\n')
    const [one, same, other] = [
      await detectionOf(only),
      await detectionOf(only.replace('title: three', 'title: again three')),
      await detectionOf(only.replace('timespan: 5m', 'timespan: 6m')),
    ]
    const swapped = async (then: Detection): Promise<string[]> => {
      const into = newStore()
      let batches = 0
      const swap = { detection: () => (batches > 2 ? then : one), committed: () => void (batches += 1) }
      await run(
        [
          inputOf([
            { lines: [at(0)], reach: reach(0.5) },
            { lines: [at(1)], reach: reach(1.5) },
            { lines: [] },
            { lines: [at(2)] },
          ]),
        ],
        { correlations, ...swap },
        into,
      )
      const all = titles(into)
      into.close()
      return all
    }
    expect(await swapped(same)).toEqual(['again three of the first kind'])
    expect(told).toEqual([])
    expect(await swapped(other)).toEqual([])
    expect(told).toEqual([
      'the correlation "three of the first kind" changed and starts anew: what it remembered of one group is dropped',
    ])
  })
})

function timeOf(line: string): number {
  return Date.parse((JSON.parse(line) as { requestReceivedTimestamp: string }).requestReceivedTimestamp)
}

function cut<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < items.length;) {
    const size = sizes[parts.length % sizes.length] ?? 1
    parts.push(items.slice(at, at + size))
    at += size
  }
  return parts
}

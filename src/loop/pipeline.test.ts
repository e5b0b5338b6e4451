import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventList } from '../../test/audit-webhook.ts'
import { podCreated } from '../../test/audit.ts'
import { loadDetection } from '../detection.ts'
import type { Chunk } from '../domain/event.ts'
import type { Input } from '../inputs/input.ts'
import { runPipeline, type PipelineParts } from './pipeline.ts'
import { sources } from '../sources/index.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
let folder: string
let store: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-pipeline-'))
  store = openStore(join(folder, 'store.db'), { durable: true })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

/** An input that hands on these texts, a stream each. */
function inputOf(texts: Readonly<Record<string, string>>, name = 'test'): Input {
  return {
    name,
    async *read(resume) {
      for (const [stream, text] of Object.entries(texts)) {
        const offset = resume.offset(stream) ?? 0
        const bytes = Buffer.from(text).subarray(offset)
        yield { chunks: [{ stream, offset, bytes, end: true }], findings: [], unreadable: [] }
      }
    },
  }
}

async function run(
  texts: Readonly<Record<string, string>>,
  strategies = true,
  more: Partial<PipelineParts> = {},
): Promise<void> {
  const shipped = strategies ? join(import.meta.dirname, '../../strategies') : undefined
  const detection = await loadDetection({
    strategies: shipped,
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: () => NOW,
  })
  await runPipeline(
    [inputOf(texts)],
    { store, sources, detection: () => detection, now: () => NOW, ...more },
    new AbortController().signal,
  )
}

function conserved(): boolean {
  const { records, evaluated, failed, duplicates } = store.totals()
  return records === evaluated + failed + duplicates
}

const falcoAlert = JSON.stringify({
  rule: 'Launch Privileged Container',
  priority: 'Warning',
  time: new Date(NOW).toISOString(),
  output: 'launched',
  output_fields: { 'container.id': 'f'.repeat(12) },
})

const pod = (name: string, auditID = name): string =>
  podCreated({ name, auditID, time: NOW, privileged: true })

it('conserves records, whatever they are', async () => {
  await run({
    mixed: `${pod('a')}\n${pod('a')}\n{"broken\nprose\n\n${pod('b')}\n`,
    binary: '\u0000\u0001\u0002',
  })
  expect(conserved()).toBe(true)
  expect(store.totals()).toMatchObject({ evaluated: 2, duplicates: 1, failed: 3 })
})

it('goes on where it was, and reads nothing twice', async () => {
  const [first, second] = [`${pod('a')}\n`, `${pod('a')}\n${pod('b')}\n`]
  await run({ log: first })
  await run({ log: second })
  expect(store.totals()).toMatchObject({ records: 2, evaluated: 2, duplicates: 0 })
})

it('counts a record that comes again in another stream as a duplicate', async () => {
  await run({ one: `${pod('a')}\n`, two: `${pod('a')}\n` })
  expect(store.totals()).toMatchObject({ evaluated: 1, duplicates: 1 })
  expect(new Set(store.alerts().items.map(({ count }) => count))).toEqual(new Set([1]))
})

it('knows a record of the log again in a list of the webhook', async () => {
  const name = 'a<b>&c'
  const log = pod(name).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026')
  await run({ log: `${log}\n`, webhook: eventList([pod(name)]) })
  expect(store.totals()).toMatchObject({ evaluated: 1, duplicates: 1 })
  expect(store.findings()).toEqual([])
  expect(new Set(store.alerts().items.map(({ count }) => count))).toEqual(new Set([1]))
})

it('evaluates both contents of one identity once each, however often they come, and tells of it', async () => {
  const [a, b] = [pod('a', 'same'), pod('b', 'same')]
  await run({ log: `${[a, b, a, b, a].join('\n')}\n` })
  expect(store.totals()).toMatchObject({ evaluated: 2, duplicates: 3 })
  expect(store.findings().map(({ kind }) => kind)).toEqual(['identity-conflict'])
  expect(new Set(store.alerts().items.map(({ count }) => count))).toEqual(new Set([1]))
})

it('remembers identities over a restart', async () => {
  await run({ one: `${pod('a')}\n` })
  await run({ two: `${pod('a')}\n` })
  expect(store.totals()).toMatchObject({ evaluated: 1, duplicates: 1 })
})

/** Hands on these chunks, a batch each, with what the input wants to be told. */
async function runChunks(chunks: readonly Chunk[], on: Store = store, committed = (): void => {}) {
  const detection = await loadDetection({
    strategies: join(import.meta.dirname, '../../strategies'),
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: () => NOW,
  })
  const input: Input = {
    name: 'test',
    async *read() {
      for (const chunk of chunks) yield { chunks: [chunk], findings: [], unreadable: [], committed }
    },
  }
  const parts = { store: on, sources, detection: () => detection, now: () => NOW }
  await runPipeline([input], parts, new AbortController().signal)
}

function aBody(stream: string, text: string, repeated = false): Chunk {
  const bytes = Buffer.from(text)
  return { stream, offset: 0, bytes, end: true, whole: true, ...(repeated && { repeated }) }
}

it('tells the input after the commit, and only then', async () => {
  const known: (number | undefined)[] = []
  await runChunks([aBody('http:a', `${pod('a')}\n`)], store, () => {
    known.push(store.resume('test').offset('http:a'))
  })
  expect(known).toEqual([Buffer.byteLength(pod('a')) + 1])

  const broken: Store = {
    ...store,
    commit: () => {
      throw new Error('disk full')
    },
  }
  await expect(runChunks([aBody('http:b', `${pod('b')}\n`)], broken, () => known.push(0))).rejects.toThrow(
    'disk full',
  )
  expect(known).toHaveLength(1)
})

it('counts what comes again as a whole as duplicates: known identity, none, and what had failed', async () => {
  const text = `${pod('a')}\n${falcoAlert}\n{"broken\n`
  await runChunks([aBody('http:a', text)])
  const first = store.totals()
  expect(first).toMatchObject({ records: 3, evaluated: 2, failed: 1, duplicates: 0 })
  await runChunks([aBody('http:a', text, true), aBody('http:c', 'prose', true)])
  expect(store.totals()).toMatchObject({ records: 7, evaluated: 2, failed: 1, duplicates: 4 })
  expect(store.alerts().items.map(({ count }) => count)).toEqual(store.alerts().items.map(() => 1))
  expect(conserved()).toBe(true)
})

it('keeps of a stream that is one chunk its length alone', async () => {
  await runChunks([aBody('http:a', `${pod('a')}\n`)])
  expect(store.resume('test').offset('http:a')).toBe(Buffer.byteLength(pod('a')) + 1)
  expect(store.resume('test').state('http:a')).toBeUndefined()
  expect(store.resume('other').offset('http:a')).toBeUndefined()
})

it('takes the checkpoint back with the batch when the commit fails', async () => {
  const broken: Store = {
    ...store,
    commit: () => {
      throw new Error('disk full')
    },
  }
  const detection = await loadDetection({
    strategies: undefined,
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: () => NOW,
  })
  const parts = { store: broken, sources, detection: () => detection, now: () => NOW }
  await expect(
    runPipeline([inputOf({ log: `${pod('a')}\n` })], parts, new AbortController().signal),
  ).rejects.toThrow('disk full')
  expect(store.resume('test').offset('log')).toBeUndefined()
  await run({ log: `${pod('a')}\n` })
  expect(store.totals()).toMatchObject({ evaluated: 1, duplicates: 0 })
})

it('reads an input that failed again, from what is committed, and commits what is told meanwhile', async () => {
  const detection = await loadDetection({
    strategies: undefined,
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: () => NOW,
  })
  const whole = Buffer.from(`${pod('a')}\n${pod('b')}\n${pod('c')}\n`)
  // breaks off within the second record, of which the decoder holds the beginning
  const cut = pod('a').length + 100
  let reads = 0
  const input: Input = {
    name: 'test',
    async *read(resume) {
      reads += 1
      const offset = resume.offset('stream') ?? 0
      const bytes = whole.subarray(offset, reads === 1 ? cut : whole.length)
      yield { chunks: [{ stream: 'stream', offset, bytes, end: reads > 1 }], findings: [], unreadable: [] }
      if (reads === 1) throw new Error('the disk did not answer')
    },
  }
  const ended: string[] = []
  await runPipeline(
    [input],
    {
      store,
      sources,
      detection: () => detection,
      now: () => NOW,
      async *tend(about, cause) {
        const message = (cause as Error).message
        yield { id: 'gap', kind: 'unobserved-interval', about, since: NOW, until: NOW, message }
      },
      ended: (name) => void ended.push(name),
    },
    new AbortController().signal,
  )
  expect(store.totals()).toMatchObject({ records: 3, evaluated: 3, failed: 0, duplicates: 0 })
  expect(store.findings()).toMatchObject([{ about: 'test', message: 'the disk did not answer' }])
  expect(ended).toEqual(['test'])
})

describe('a container of an engine', () => {
  const ID = 'c'.repeat(64)
  const created = new Date(NOW - 1_000).toISOString()
  const stream = 'docker:engine:E1'
  const inspect = (image: string, more: object = {}): string => {
    const Config = { Image: `${image}:1` }
    const about = { Id: ID, Name: '/web', Created: created, Image: `sha256:${'1'.repeat(64)}` }
    return `${JSON.stringify({ ...about, Config, HostConfig: { Privileged: true }, ...more })}\n`
  }
  const told = inspect('evil/miner', { 'x-tallyman': { engine: 'docker', host: 'node-1' } })
  const forged = inspect('ours/approved', { Image: `sha256:${'9'.repeat(64)}` })
  const destroyed = `${JSON.stringify({
    Type: 'container',
    Action: 'destroy',
    Actor: { ID, Attributes: {} },
    timeNano: NOW * 1e6,
  })}\n`

  async function runInputs(...inputs: readonly (readonly [string, Readonly<Record<string, string>>])[]) {
    const detection = await loadDetection({
      strategies: join(import.meta.dirname, '../../strategies'),
      rules: [],
      site: undefined,
      zone: 'UTC',
      now: () => NOW,
    })
    for (const [name, texts] of inputs) {
      // all are inputs of the same data folder; each has its turn
      const others = inputs.map(([other]) => inputOf({}, other)).filter((other) => other.name !== name)
      await runPipeline(
        [inputOf(texts, name), ...others],
        { store, sources, detection: () => detection, now: () => NOW },
        new AbortController().signal,
      )
    }
  }
  const identity = () => store.containers().map(({ resource }) => resource['container.image.name'])
  const conflicts = () => store.findings().filter(({ kind }) => kind === 'identity-conflict')

  it('keeps the identity that its engine told, whoever else tells of it, and the attempt is told', async () => {
    await runInputs(
      ['engine', { [stream]: told }],
      ['http', { 'http:one': forged, 'http:two': `${forged}${forged}` }],
      ['other', { 'docker:other:E1': inspect('ours/approved', { 'x-tallyman': { host: 'node-9' } }) }],
    )
    expect(identity()).toEqual(['evil/miner'])
    expect(store.containers()[0]?.resource['host.name']).toBe('node-1')
    expect(conflicts().map(({ about }) => about)).toEqual(expect.arrayContaining(['http', 'other']))
    expect(conflicts()).toHaveLength(2)
    expect(conserved()).toBe(true)
  })

  it('goes by its own engine’s word, also where somebody else told the same before', async () => {
    await runInputs(['engine', { [stream]: told }], ['http', { 'http:one': destroyed }])
    expect(store.containers()[0]).not.toHaveProperty('gone')
    await runInputs(['engine', { [stream]: `${told}${destroyed}` }], ['http', {}])
    expect(store.containers()[0]).toMatchObject({ gone: NOW })
  })

  it('is evaluated once by its engine’s word, whatever else is said of it', async () => {
    await runInputs(['engine', { [stream]: told }])
    const count = () => store.alerts().items.reduce((sum, alert) => sum + alert.count, 0)
    const gone = `${JSON.stringify({ 'x-tallyman': { gone: ID, observed: NOW } })}\n`
    await runInputs(
      ['http', { 'http:one': forged, 'http:two': destroyed }],
      ['other', { 'docker:other:E1': gone }],
      ['engine', {}],
    )
    const before = count()
    await runInputs(['engine', { [stream]: `${told}${told}` }])
    expect(before).toBeGreaterThan(0)
    expect(count()).toBe(before)
    expect(store.totals().duplicates).toBe(1)
  })
})

const sensed = (seq: number, time: number, more: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ sensor: 1, run: 'made-up', seq, time: new Date(time).toISOString(), host: 'h', ...more })

it('lets an input speak as its sources alone, and refuses others by name', async () => {
  const exec = sensed(0, NOW, { kind: 'exec', container: 'c'.repeat(64), process: { executable: '/bin/sh' } })
  const start = sensed(1, NOW, { kind: 'start', previous: { time: new Date(NOW - 9e6).toISOString() } })
  const log = `${pod('a')}\n${exec}\n${falcoAlert}\n${start}\n${pod('b')}\n`
  await run({ log }, true, { speaksAs: new Map([['test', ['kubernetes.audit']]]) })
  expect(store.totals()).toMatchObject({
    evaluated: 2,
    failed: 3,
    sources: { 'kubernetes.audit': 2 },
    failures: {
      'falco: not among the sources of this input': 1,
      'sensor: not among the sources of this input': 2,
    },
  })
  expect(store.findings()).toEqual([])
  expect(store.alerts().items.flatMap(({ entity }) => entity['container.id'] ?? [])).toEqual([])
})

it('does not let an unlisted source through at the beginning of a stream, nor after a restart', async () => {
  const speaksAs: PipelineParts['speaksAs'] = new Map([['test', ['kubernetes.audit']]])
  await run({ log: `${falcoAlert}\n` }, false, { speaksAs })
  await run({ log: `${falcoAlert}\n${falcoAlert}\n${pod('a')}\n` }, false, { speaksAs })
  expect(store.totals()).toMatchObject({ evaluated: 1, failed: 2 })
})

describe('a record that is dated far after its arrival', () => {
  const LATE = Date.UTC(9998, 11, 31)
  const DAY = 24 * 3_600_000
  const privileged = (auditID: string, time: number): string =>
    podCreated({ name: auditID, auditID, time, privileged: true })

  it('is evaluated as of its arrival, and told once an hour', async () => {
    const log = [privileged('a', LATE), privileged('b', LATE), privileged('c', NOW + DAY - 1)]
    await run({ log: `${log.join('\n')}\n` }, true, { arriving: true })
    const times = new Map(store.alerts().items.map(({ entity, first }) => [entity['k8s.pod.name'], first]))
    expect(Object.fromEntries(times)).toEqual({ a: NOW, b: NOW, c: NOW + DAY - 1 })
    expect(store.findings()).toMatchObject([
      {
        kind: 'bound-reached',
        about: 'test',
        since: NOW,
        until: NOW,
        message: expect.stringContaining('9998'),
      },
    ])
  })

  it('ends no finding in the future', async () => {
    const beats = [sensed(0, NOW, { kind: 'heartbeat' }), sensed(1, LATE, { kind: 'heartbeat' })]
    await run({ log: `${beats.join('\n')}\n` }, false, { arriving: true })
    expect(store.findings().length).toBeGreaterThan(0)
    for (const { since, until } of store.findings())
      expect({ since: since <= NOW, until: until <= NOW }).toEqual({ since: true, until: true })
  })

  it('keeps its time where nobody knows when it arrived', async () => {
    await run({ log: `${privileged('a', LATE)}\n` })
    expect(store.alerts().items[0]?.first).toBe(LATE)
    expect(store.findings()).toEqual([])
  })
})

describe('what several records mean together', () => {
  const at = `${(NOW - 60_000) / 1000}.000:7`
  const records = [
    `type=SYSCALL msg=audit(${at}): arch=c000003e syscall=59 success=yes exit=0 items=1 ppid=1 pid=2 uid=0 exe="/usr/bin/id"`,
    `type=EXECVE msg=audit(${at}): argc=1 a0="id"`,
    `type=CWD msg=audit(${at}): cwd="/"`,
    `type=PATH msg=audit(${at}): item=0 name="/usr/bin/id" nametype=NORMAL`,
    `type=PROCTITLE msg=audit(${at}): proctitle="id"`,
  ]
  const log = `${records.join('\n')}\n`
  const rule = `title: id\nid: 5c8f2f0e-3a5e-4b61-9f0a-6c2f4be3c0aa\nlevel: low
logsource: { product: linux, category: process_creation }
detection: { it: { Image|endswith: /id }, condition: it }\n`

  async function runWithRule(texts: Readonly<Record<string, string>>): Promise<void> {
    writeFileSync(join(folder, 'rule.yml'), rule)
    const detection = await loadDetection({
      strategies: undefined,
      rules: [join(folder, 'rule.yml')],
      site: undefined,
      zone: 'UTC',
      now: () => NOW,
    })
    await run(texts, false, { detection: () => detection })
  }
  const counts = () => store.alerts().items.map(({ count }) => count)

  it('is evaluated once, in however many streams it stands, and its records are counted once each', async () => {
    await runWithRule({ one: log, two: log })
    expect(store.totals()).toMatchObject({ records: 10, evaluated: 5, failed: 0, duplicates: 5 })
    expect(counts()).toEqual([1])
  })

  it.each([1, 2, 3, 4])(
    'is evaluated once where the daemon was started anew after record %i',
    async (cut) => {
      const open: Input = {
        name: 'test',
        async *read() {
          const bytes = Buffer.from(`${records.slice(0, cut).join('\n')}\n`)
          yield { chunks: [{ stream: 'log', offset: 0, bytes }], findings: [], unreadable: [] }
        },
      }
      const parts = { store, sources, now: () => NOW }
      const detection = await loadDetection({
        strategies: undefined,
        rules: [],
        site: undefined,
        zone: 'UTC',
        now: () => NOW,
      })
      await runPipeline([open], { ...parts, detection: () => detection }, new AbortController().signal)
      await runWithRule({ log })
      expect(store.totals()).toMatchObject({ records: 5, evaluated: 5, duplicates: 0 })
      // an exec is whole with its last path
      expect(counts()).toEqual(cut === 4 ? [] : [1])
    },
  )

  it('tells what is missing still when the log ends', async () => {
    await run({ log: `${log}${log.replaceAll(':7)', ':12)')}` }, false)
    expect(store.findings()).toMatchObject([{ kind: 'producer-loss', about: 'auditd' }])
  })
})

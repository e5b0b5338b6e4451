import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { podCreated } from '../../test/audit.ts'
import { aCommit } from '../../test/builders.ts'
import { loadDetection, type Detection } from '../detection.ts'
import type { Input } from '../inputs/input.ts'
import { sources } from '../sources/index.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { runPipeline } from './pipeline.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const SECOND = 1_000
const MINUTE = 60 * SECOND

const RULES = `title: an effect
name: effect
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create, objectRef.name|startswith: effect}, condition: s}
---
title: a cause
name: cause
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create, objectRef.name|startswith: cause}, condition: s}
---
title: an effect without its cause
correlation: {type: unexplained, rules: [effect, cause], group-by: [user.username], timespan: 30s}
level: high
`

let folder: string
let detection: Detection
let store: Store
let stores = 0
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-unexplained-'))
  writeFileSync(join(folder, 'rules.yml'), RULES)
  const parts = { strategies: undefined, rules: [join(folder, 'rules.yml')], site: undefined, zone: 'UTC' }
  detection = await loadDetection({ ...parts, now: () => NOW })
  expect(detection.problems).toEqual([])
})
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  stores += 1
  store = openStore(join(folder, `${stores}.db`), { durable: true })
})
afterEach(() => store.close())

/** Records in the order in which they arrive: their names, and their event times as seconds after the first. */
type Arriving = readonly (readonly [name: string, seconds: number])[]

/** An input whose records arrive each in a batch of its own; then, a minute later, what has nothing to do with them. */
function arriving(name: string, records: Arriving, last = 'cause-of-others'): Input {
  let until: number | undefined
  return {
    name,
    reach: () => (until === undefined ? { kind: 'behind' } : { kind: 'caught-up', until }),
    async *read(resume) {
      for (const [number, [pod, seconds]] of records.entries()) {
        const stream = `${name}-${number}`
        if (resume.offset(stream) !== undefined) continue
        const time = NOW + seconds * SECOND
        const line = podCreated({ name: pod, user: 'alice', auditID: `${name}-${number}`, time })
        yield {
          chunks: [{ stream, offset: 0, bytes: Buffer.from(`${line}\n`), end: true }],
          findings: [],
          unreadable: [],
        }
        until = Math.max(until ?? time, time)
      }
      until = (until ?? NOW) + MINUTE
      const line = podCreated({ name: last, user: 'bob', auditID: `${name}-last`, time: until })
      yield {
        chunks: [{ stream: `${name}-last`, offset: 0, bytes: Buffer.from(`${line}\n`), end: true }],
        findings: [],
        unreadable: [],
      }
    },
  }
}

async function told(...inputs: readonly Input[]): Promise<readonly string[]> {
  await runPipeline(
    inputs,
    { store, sources, detection: () => detection, now: () => NOW + 10 * MINUTE, arriving: true },
    new AbortController().signal,
  )
  return store.alerts().items.map(({ rule }) => rule.title)
}

function blind(since: number, until?: number): void {
  const about = {
    strategy: 'sigma',
    assumption: 'A1',
    place: 'node-1',
    state: 'blind',
    cause: 'sensor',
  } as const
  const end = until === undefined ? {} : { until }
  const interval = { key: 'k', ...about, why: 'nothing is heard of the sensor', since, ...end }
  const coverage = { rows: [], containers: [], forgotten: [], intervals: [interval] }
  store.commit(aCommit({ coverage }))
}

describe('an effect', () => {
  it.each<[string, Arriving]>([
    [
      'before it',
      [
        ['cause', 0],
        ['effect', 29],
      ],
    ],
    [
      'after it, in the same timespan',
      [
        ['effect', 0],
        ['cause', 29],
      ],
    ],
    [
      'at the same time',
      [
        ['effect', 0],
        ['cause', 0],
      ],
    ],
    [
      'before it, and arrives late',
      [
        ['effect', 20],
        ['cause', 0],
      ],
    ],
    [
      'after a window of its own was over',
      [
        ['cause', 0],
        ['effect', 1],
        ['cause', 29],
        ['effect', 31],
      ],
    ],
  ])('is explained by a cause %s', async (_name, records) => {
    expect(await told(arriving('audit', records))).toEqual([])
  })

  it.each<[string, Arriving]>([
    ['there is none', [['effect', 0]]],
    [
      'it was a timespan before',
      [
        ['cause', 0],
        ['effect', 30],
      ],
    ],
    [
      'it came a timespan after',
      [
        ['effect', 0],
        ['cause', 30],
      ],
    ],
  ])('is told without a cause: %s', async (_name, records) => {
    expect(await told(arriving('audit', records))).toEqual(['an effect without its cause'])
  })

  it('waits for the input that would tell of the cause, and is explained by what that says', async () => {
    const [first, second] = [arriving('flows', [['effect', 0]]), arriving('sensor', [['cause', -1]])]
    expect(await told(first, second)).toEqual([])
  })

  it('is told once, whatever it takes to read it all', async () => {
    expect(await told(arriving('audit', [['effect', 0]]))).toHaveLength(1)
    expect(await told(arriving('audit', [['effect', 0]]), arriving('more', [['cause', 40]]))).toHaveLength(1)
    expect(store.alerts().items[0]).toMatchObject({ count: 1, first: NOW + 30 * SECOND })
  })
})

describe('an effect while nobody could have heard of its cause', () => {
  it('is no alert: the cause may have been there', async () => {
    blind(NOW - MINUTE)
    expect(await told(arriving('audit', [['effect', 0]]))).toEqual([])
  })

  it('is no alert where no coverage is kept, and nothing like a cause was ever read', async () => {
    expect(await told(arriving('audit', [['effect', 0]], 'something-else'))).toEqual([])
  })

  it('is told again once it sees', async () => {
    blind(NOW - 10 * MINUTE, NOW - 5 * MINUTE)
    expect(await told(arriving('audit', [['effect', 0]]))).toEqual(['an effect without its cause'])
  })
})

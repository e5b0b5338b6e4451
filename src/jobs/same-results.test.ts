import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
  tuple,
} from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { podCreated } from '../../test/audit.ts'
import { loadDetection, type Detection } from '../detection.ts'
import { fileInput } from '../inputs/file.ts'
import type { Input } from '../inputs/input.ts'
import { runPipeline } from '../loop/pipeline.ts'
import { describesContainers, sources } from '../sources/index.ts'
import type { StreamState } from '../sources/stream.ts'
import { openStore } from '../store/sqlite.ts'
import type { Commit } from '../store/store.ts'
import { stdinInput } from '../inputs/stdin.ts'
import { startWorkers, type Workers } from './workers.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const FIXTURES = resolve(import.meta.dirname, '../sources/fixtures')
const SIZES = [1, 2, 5]

let folder: string
let detection: Detection
let pools: readonly Workers[]
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-jobs-'))
  writeFileSync(join(folder, 'rules.yml'), RULES)
  const started: Workers[] = []
  detection = await loadDetection({
    strategies: resolve(import.meta.dirname, '../../strategies'),
    rules: [join(folder, 'rules.yml')],
    site: undefined,
    zone: 'UTC',
    now: () => NOW,
    sharing: (rules) => {
      started.push(...SIZES.map((size) => startWorkers({ size })))
      for (const pool of started) pool.compile(rules)
    },
  })
  pools = started
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.stop()))
  rmSync(folder, { recursive: true })
})

/** Rules that hold on much of what the fixtures record, and ask what only the inventory knows. */
const RULES = [
  ['process_creation', 'linux', "Image|exists: true\n    'container.name|exists': true"],
  ['process_creation', 'linux', "'container.image.name|contains': nginx"],
  ['file_event', 'linux', "'host.path|exists': true"],
  ['network_connection', 'linux', "'container.name|exists': true"],
  ['container_create', 'docker', "'container.name|exists': true"],
]
  .map(([category, product, item], number) =>
    ruleOf(number, `category: ${category}\n  product: ${product}`, item),
  )
  .concat(
    ruleOf(10, 'product: zeek\n  service: conn', "'client.container.name|exists': true"),
    ruleOf(11, 'product: zeek\n  service: conn', "'id.resp_p|exists': true"),
    ruleOf(12, 'product: kubernetes\n  service: audit', 'verb: create'),
  )
  .concat(correlationOf(20, 'event_count', 12), correlationOf(21, 'event_count', 0))
  .join('---\n')

function ruleOf(number: number, logsource: string, item: string | undefined): string {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  return `title: Rule ${number}\nid: ${id}\nlogsource:\n  ${logsource}\ndetection:\n  selection:\n    ${item}\n  condition: selection\n`
}

function correlationOf(number: number, type: string, rule: number): string {
  const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  return `title: Correlation ${number}\nid: ${id(number)}\ncorrelation:\n  type: ${type}\n  rules:\n    - ${id(rule)}\n  group-by:\n    - user.name\n  timespan: 1h\n  condition:\n    gte: 2\n`
}

/** Everything that a run writes, in order. */
async function commitsOf(inputs: () => readonly Input[], workers?: Workers): Promise<readonly string[]> {
  const file = join(mkdtempSync(join(folder, 'run-')), 'store.db')
  const store = openStore(file, { durable: false })
  const commits: string[] = []
  const recording = {
    ...store,
    commit(batch: Commit) {
      commits.push(textOf({ ...batch, streams: batch.streams.map(withoutIdleOffset) }))
      store.commit(batch)
    },
  }
  const parts = { store: recording, sources, detection: () => detection, now: () => NOW }
  try {
    await runPipeline(
      inputs(),
      { ...parts, ...(workers !== undefined && { workers }) },
      new AbortController().signal,
    )
    return [...commits, textOf([store.totals(), store.failures(1_000), store.alerts({ limit: 500 })])]
  } finally {
    store.close()
  }
}

/** Where a stream stands of which nothing more is read (it is binary) says nothing. */
function withoutIdleOffset(stream: Commit['streams'][number]): unknown {
  const state = stream.state as StreamState | undefined
  return state?.framing?.lines.stopped === true ? { ...stream, offset: 0 } : stream
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'bigint' ? `${member}n` : member,
  )
}

async function expectSame(inputs: () => readonly Input[]): Promise<readonly string[]> {
  const alone = await commitsOf(inputs)
  for (const pool of pools) expect(await commitsOf(inputs, pool)).toEqual(alone)
  return alone
}

/** Lines of all fixtures, by file; containers of the sensor's and Zeek's records, as an engine describes them. */
const FIXTURE_LINES = readdirSync(FIXTURES, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(?:jsonl?|log)$/.test(entry.name) && !entry.name.includes('golden'))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))

const [INSPECTED] = JSON.parse(readFileSync(join(FIXTURES, 'docker.inspect/recorded.json'), 'utf8')) as [
  { readonly HostConfig: object },
]
const CONTAINERS = [
  ['0c7e60ee8607e032e062d0e04c690932e59408f99eb45a9312c6c4988d6c4a52', '198.18.0.2'],
  ['feaabbb3f4bd680199e0be49730a24274369ec485e91b6098c187cdf0a00309a', '198.18.0.3'],
].flatMap(([Id, IPAddress], number) =>
  ['one', 'two'].map((name) =>
    JSON.stringify({
      ...INSPECTED,
      HostConfig: { ...INSPECTED.HostConfig, NetworkMode: 'bridge' },
      Id,
      Name: `/${name}-${number}`,
      Created: '2026-11-19T00:00:00Z',
      NetworkSettings: { Networks: { bridge: { IPAddress } } },
    }),
  ),
)

const aPod = record({ name: constantFrom('a', 'b', 'c'), auditID: nat(30), privileged: boolean() }).map(
  ({ name, auditID, privileged }) => [
    podCreated({ name, auditID: String(auditID), privileged, time: NOW + auditID }),
  ],
)
const fixtureLines = tuple(constantFrom(...FIXTURE_LINES), nat(20), integer({ min: 1, max: 20 })).map(
  ([lines, from, count]) => lines.slice(from, from + count),
)
const junk = constantFrom(
  '',
  'prose',
  '{"broken',
  '{"a":1}',
  '[',
  ']',
  '[{"a":1},',
  '\u00ff\u00fe bytes',
  '\u0000',
  `{"long":"${'x'.repeat(9_000)}"}`,
  'y'.repeat(3_000),
)
const lines = array(
  oneof(
    { weight: 6, arbitrary: aPod },
    { weight: 4, arbitrary: fixtureLines },
    { weight: 2, arbitrary: constantFrom(...CONTAINERS).map((line) => [line]) },
    { weight: 1, arbitrary: junk.map((line) => [line]) },
    {
      weight: 1,
      arbitrary: aPod.map(([pod = '']) => JSON.stringify(JSON.parse(pod), undefined, 1).split('\n')),
    },
  ),
  { maxLength: 30 },
).map((groups) => groups.flat())

const PACKINGS = {
  none: (bytes: Buffer) => bytes,
  gzip: (bytes: Buffer) => gzipSync(bytes),
  zstd: (bytes: Buffer) => zstdCompressSync(bytes),
  broken: (bytes: Buffer) => gzipSync(bytes).subarray(0, -12),
}
const aFile = record({
  lines,
  newline: constantFrom('\n', '\n', '\r\n'),
  mark: constantFrom('', '', '\ufeff'),
  encoding: constantFrom('utf8', 'utf8', 'utf8', 'utf8', 'latin1', 'utf16le'),
  last: boolean(),
  packing: constantFrom('none', 'none', 'none', ...(['gzip', 'zstd', 'broken'] as const)),
}).map(({ lines: all, newline, mark, encoding, last, packing }) => {
  const text = `${encoding === 'utf16le' ? '\ufeff' : mark}${all.join(newline)}${last ? newline : ''}`
  return PACKINGS[packing](Buffer.from(text, encoding))
})

function filesOf(named: Readonly<Record<string, Buffer>>): string {
  const path = mkdtempSync(join(folder, 'files-'))
  for (const [name, bytes] of Object.entries(named)) writeFileSync(join(path, name), bytes)
  return path
}

function scanned(
  path: string,
  sizes: { readonly chunkBytes?: number; readonly batchBytes?: number } = {},
): Input {
  return fileInput({ name: 'scan', paths: [path], follow: false, first: describesContainers, ...sizes })
}

const pods = (count: number): string =>
  Array.from({ length: count }, (_, n) =>
    podCreated({ name: `pod-${n}`, auditID: `${n}`, privileged: n % 50 === 0, time: NOW + n }),
  ).join('\n')

describe('several threads write what one thread writes', () => {
  it('whatever there is, however it is cut', { timeout: 240_000 }, async () => {
    await assert(
      asyncProperty(
        array(aFile, { minLength: 1, maxLength: 5 }),
        constantFrom(97, 512, 4_096, 65_536),
        integer({ min: 1, max: 20 }),
        async (files, chunkBytes, chunks) => {
          const path = filesOf(Object.fromEntries(files.map((bytes, n) => [`${n}.log`, bytes])))
          await expectSame(() => [scanned(path, { chunkBytes, batchBytes: chunkBytes * chunks })])
        },
      ),
      { numRuns: 20 },
    )
  })

  it('of a large file in batches of their usual size', { timeout: 120_000 }, async () => {
    const path = filesOf({ 'audit.log': Buffer.from(pods(4_000)) })
    const written = await expectSame(() => [scanned(path)])
    expect(written.length).toBeGreaterThan(4)
    expect(written.at(-1)).toContain('"records":4000,"evaluated":4000')
    expect(written.join('')).toContain('Correlation 20')
  })

  it(
    'of lines that are longer than several batches, and than any record may be',
    { timeout: 120_000 },
    async () => {
      const long = (length: number): string => `${pods(1).slice(0, -1)},"long":"${'x'.repeat(length)}"}`
      const lines = [
        pods(300),
        long(3_000_000),
        pods(300),
        'x'.repeat(17 * 1024 * 1024),
        pods(300),
        long(2_000_000),
      ]
      const path = filesOf({ 'audit.log': Buffer.from(lines.join('\n')) })
      const written = await expectSame(() => [scanned(path)])
      expect(written.at(-1)).toContain('record longer than 16 MiB')
    },
  )

  it('of a file whose one record is an array', { timeout: 120_000 }, async () => {
    const path = filesOf({ 'audit.json': Buffer.from(`[${pods(2_000).replaceAll('\n', ',\n')}]`) })
    const written = await expectSame(() => [scanned(path)])
    expect(written.at(-1)).toContain('"records":2000,"evaluated":2000')
  })

  it('of the same records again in other files, packed and not', { timeout: 120_000 }, async () => {
    const bytes = Buffer.from(`${pods(2_000)}\n`)
    const path = filesOf({ a: bytes, b: gzipSync(bytes), c: zstdCompressSync(bytes) })
    const written = await expectSame(() => [scanned(path)])
    expect(written.at(-1)).toContain('"records":6000,"evaluated":2000,"failed":0,"duplicates":4000')
  })

  it('of a Zeek log that was put together of two with other columns', { timeout: 120_000 }, async () => {
    const table = (columns: readonly string[]): string =>
      [
        '#separator \\x09',
        '#path\tconn',
        `#fields\t${columns.join('\t')}`,
        `#types\t${columns.map((column) => (column === 'ts' ? 'time' : column.endsWith('_p') ? 'port' : 'string')).join('\t')}`,
        ...Array.from({ length: 2_000 }, (_, n) =>
          columns.map((column) => ZEEK[column]?.(n) ?? `${column}-${n}`).join('\t'),
        ),
      ].join('\n')
    const columns = Object.keys(ZEEK)
    const path = filesOf({
      'conn.log': Buffer.from(
        `${table(columns)}\n${table([...columns, 'note'])}\n${table(columns.toReversed())}\n`,
      ),
      'containers.json': Buffer.from(CONTAINERS.join('\n')),
    })
    const written = await expectSame(() => [scanned(path, { chunkBytes: 16_384, batchBytes: 16_384 })])
    expect(written.at(-1)).toContain('"evaluated":4002,"failed":0,"duplicates":2002')
    expect(written.at(-1)).toContain('"client.container.name"')
  })

  it('of what is piped in', { timeout: 120_000 }, async () => {
    const bytes = Buffer.from(pods(3_000))
    const pieces = (size: number): Buffer[] =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      )
    const alone = await commitsOf(() => [stdinInput({ from: Readable.from(pieces(65_536)) })])
    for (const pool of pools) {
      const piped = await commitsOf(() => [stdinInput({ from: Readable.from(pieces(65_536)) })], pool)
      // its stream is named after the run
      const names = (commits: readonly string[]) =>
        commits.map((text) => text.replaceAll(/stdin:[-0-9a-f]+/g, 'stdin'))
      expect(names(piped)).toEqual(names(alone))
    }
  })
})

const ZEEK: Readonly<Record<string, (n: number) => string>> = {
  ts: (n) => String(1_795_168_800 + n),
  uid: (n) => `C${n}`,
  'id.orig_h': (n) => (n % 3 === 0 ? '198.18.0.2' : `10.0.0.${n % 200}`),
  'id.orig_p': (n) => String(1_024 + n),
  'id.resp_h': (n) => (n % 5 === 0 ? '198.18.0.3' : '192.0.2.1'),
  'id.resp_p': () => '443',
  proto: () => 'tcp',
}

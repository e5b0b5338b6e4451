import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AlertView, IncidentView } from '../src/domain/alert-view.ts'
import type { TourState } from '../src/daemon/tour.ts'
import { readRecordings } from '../src/inputs/replay.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'

const ROOT = resolve(import.meta.dirname, '..')
const LAUNCHER = join(ROOT, 'bin/tallyman')
const RECORDINGS = join(ROOT, 'tour')
const STRATEGIES = [
  't1074.002-remote-data-staging',
  't1491.001-internal-defacement',
  't1560.003-archive-via-custom-method',
  't1600-weaken-encryption',
  't1608.003-install-digital-certificate',
]
/** What the shop runs, and what the adversary enters of it. */
const OURS = ['db', 'cache', 'api', 'proxy']

/** `script` of util-linux gives a program a terminal of its own; elsewhere its options are others. */
const hasTerminals = process.platform === 'linux'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-tour-test-'))
})
const terminals: ReturnType<typeof spawnPiped>[] = []
afterEach(() => {
  for (const child of terminals.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function emptyMachine(): readonly string[] {
  writeFileSync(join(folder, 'tallyman.yaml'), '{}\n')
  return ['--host-root', join(folder, 'nowhere')]
}

async function play(daemon: Daemon, seconds: number): Promise<TourState> {
  const started = await daemon.ask(`/api/tour?seconds=${seconds}`, {})
  expect([started.status, started.body]).toMatchObject([202, { state: 'playing' }])
  return eventually(
    async () => {
      const state = (await daemon.ask('/api/tour')).body as TourState
      return state.state === 'playing' ? undefined : state
    },
    60_000,
    'the end of the tour',
  )
}

async function items<T>(daemon: Daemon, path: string): Promise<readonly T[]> {
  return ((await daemon.ask(path)).body as { items: readonly T[] }).items
}

const nameOf = ({ entity }: Pick<AlertView, 'entity'>): string =>
  String(entity['container.name'] ?? entity['k8s.pod.name'] ?? entity['user.name'])

it(
  'all five strategies fire on what was recorded, each rule where it should, and the shop’s own work is silent',
  { timeout: 120_000 },
  () => {
    const { stdout, status } = spawnSync(LAUNCHER, ['tour', '--json', '--seconds', '0'], { encoding: 'utf8' })
    expect(status).toBe(0)
    const alerts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AlertView)
    expect([...new Set(alerts.map(({ strategy }) => strategy.id))].sort()).toEqual(STRATEGIES)
    expect(alerts.map(nameOf).filter((name) => OURS.includes(name))).toEqual([])
    const told = alerts.map(
      (alert) => `${alert.strategy.id} | ${alert.level} | ${alert.rule.title} | ${nameOf(alert)}`,
    )
    return expect(`${told.sort().join('\n')}\n`).toMatchFileSnapshot(
      join(import.meta.dirname, 'golden/tour.txt'),
    )
  },
)

describe('in the daemon', () => {
  const withDaemon = async (work: (daemon: Daemon, data: string) => Promise<void>): Promise<void> => {
    const data = join(folder, 'data')
    const daemon = startDaemon(data, join(folder, 'tallyman.yaml'), emptyMachine())
    try {
      await daemon.url()
      await work(daemon, data)
    } finally {
      await daemon.kill('SIGTERM')
    }
    expect(daemon.process.exitCode).toBe(0)
  }

  it(
    'it plays beside what is real: paced, again from the start, and never mixed with it',
    { timeout: 120_000 },
    () =>
      withDaemon(async (daemon, data) => {
        expect((await daemon.ask('/api/tour')).body).toMatchObject({ state: 'idle' })
        expect((await daemon.ask('/tour/api/alerts')).status).toBe(404)

        const started = performance.now()
        const { total } = await play(daemon, 3)
        expect(performance.now() - started).toBeGreaterThan(2_900)
        // a specification that did not change is told again after some events: those are duplicates
        const conserved = { records: total, failed: 0 }
        expect((await daemon.ask('/tour/api/totals')).body).toMatchObject(conserved)
        const first = await items<IncidentView>(daemon, '/tour/api/incidents?limit=500')
        expect(first.length).toBeGreaterThan(3)
        const alert = first[0]?.alerts[0]?.id ?? ''
        const closing = await daemon.ask(`/tour/api/alerts/${alert}/close`, {
          verdict: 'benign',
          note: 'seen',
        })
        expect(closing.body).toMatchObject({ status: 'closed' })

        // two at once end as one, and who listens goes on hearing
        const heard = await listen(daemon)
        await Promise.all([play(daemon, 1), play(daemon, 1)])
        await eventually(() => (heard.text().includes('"kind":"incident"') ? true : undefined))
        heard.stop()
        expect((await daemon.ask('/tour/api/totals')).body).toMatchObject(conserved)
        const again = await items<IncidentView>(daemon, '/tour/api/incidents?limit=500')
        expect(again.map(({ id }) => id)).toEqual(first.map(({ id }) => id))
        expect((await daemon.ask(`/tour/api/alerts/${alert}`)).body).toMatchObject({ status: 'open' })

        for (const path of ['/api/alerts', '/api/incidents', '/api/posture', '/api/failures'])
          expect([path, await items(daemon, path)]).toEqual([path, []])
        expect((await daemon.ask('/api/totals')).body).toMatchObject({ records: 0, alerts: 0 })
        expect(readdirSync(join(data, 'tour'))).toContain('tallyman.db')
      }),
  )
})

it.runIf(hasTerminals)('says how to go on, and leaves nothing behind', { timeout: 120_000 }, async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('tallyman-tour-')).length
  const ran = terminal(`${LAUNCHER} tour --seconds 1`)
  const [code] = (await once(ran.child, 'exit')) as [number]
  expect(code).toBe(0)
  expect(ran.printed()).toMatch(/alerts of 5 strategies in \d+ incidents; nothing of it was kept/)
  expect(ran.printed()).toContain('npm start')
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('tallyman-tour-')).length
  expect(after).toBe(before)
})

it.runIf(hasTerminals)(
  'where there is nothing to read, the key t plays it, and Ctrl-C still ends the daemon',
  { timeout: 120_000 },
  async () => {
    const words = `run --config ${folder}/tallyman.yaml --data ${folder}/data --port 0 ${emptyMachine().join(' ')}`
    const ran = terminal(`${LAUNCHER} ${words}`)
    await eventually(() => (ran.printed().includes('press t for the tour') ? true : undefined))
    ran.child.stdin.write('t')
    await eventually(
      () => (/tour: {3}[\d:]{8} {2}\S*high\S* +[A-Z]/.test(ran.printed()) ? true : undefined),
      60_000,
    )
    ran.child.stdin.write('\u0003')
    const [code] = (await once(ran.child, 'exit')) as [number]
    expect([code, ran.printed()]).toEqual([0, expect.stringContaining('stopped')])
  },
)

it('recordings that are damaged are refused by name', () => {
  expect(() => readRecordings(folder)).toThrow(/cannot be played/)
  cpSync(RECORDINGS, folder, { recursive: true })
  const file = join(folder, 'docker.ndjson')
  writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(1).join('\n'))
  expect(() => readRecordings(folder)).toThrow(/docker\.ndjson has \d+ lines, not \d+/)
})

it('nobody waits for the first alert: what comes before it takes a fiftieth of the time', () => {
  const { opening, streams } = JSON.parse(readFileSync(join(RECORDINGS, 'index.json'), 'utf8')) as {
    opening: number
    streams: readonly { at: readonly number[] }[]
  }
  const lines = readRecordings(RECORDINGS)
  const recorded = streams.flatMap(({ at }) => at).sort((a, b) => a - b)
  const first = recorded.findIndex((at) => at >= opening)
  expect(first).toBeGreaterThan(10)
  const length = lines.at(-1)?.at ?? 0
  expect((lines[first]?.at ?? Infinity) / length).toBeLessThan(0.03)
  // afterwards it keeps its pace, and its order throughout
  expect(length - (lines[first]?.at ?? 0)).toBe((recorded.at(-1) ?? 0) - (recorded[first] ?? 0))
  expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted((a, b) => a - b))
})

it('the recordings are small and name nothing of the machine they were made on', () => {
  const files = readdirSync(RECORDINGS, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(RECORDINGS, name),
  )
  const sizes = files.map((file) => statSync(file).size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_000_000)
  expect(existsSync(join(RECORDINGS, 'README.md'))).toBe(true)
  for (const file of files.filter((name) => name.endsWith('.ndjson') || name.endsWith('.log'))) {
    const text = readFileSync(file, 'utf8')
    expect([file, /\/(?:tmp|home|work)\/[a-z]+-|\/root\/\.[a-z]/.exec(text)?.[0]]).toEqual([file, undefined])
    const hosts = new Set([...text.matchAll(/"host":"([^"]*)"/g)].map(([, host]) => host))
    expect([file, [...hosts].filter((host) => host !== 'node-1')]).toEqual([file, []])
  }
})

/** The live stream of the tour. */
async function listen(daemon: Daemon): Promise<{ text: () => string; stop: () => void }> {
  const end = new AbortController()
  const token = readFileSync(join(folder, 'data/cli.token'), 'utf8').trim()
  const response = await fetch(new URL('/tour/api/stream', await daemon.url()), {
    headers: { authorization: `Bearer ${token}` },
    signal: end.signal,
  })
  expect(response.status).toBe(200)
  let text = ''
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString()
  }
  void read().catch(() => {})
  return { text: () => text, stop: () => end.abort() }
}

/** A program on a terminal of its own. */
function terminal(command: string): { child: ReturnType<typeof spawnPiped>; printed: () => string } {
  const child = spawnPiped('script', ['-qefc', command, '/dev/null'])
  terminals.push(child)
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  return { child, printed: () => printed }
}

function spawnPiped(program: string, words: readonly string[]) {
  return spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
}

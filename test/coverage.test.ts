import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { CoverageReport, StrategyCoverage } from '../src/coverage-report.ts'
import type { FindingView } from '../src/domain/alert-view.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')
/** Strategies that cannot do without what the sensor sees, and those that see less without it. */
const BLIND = [
  't1491.001-internal-defacement',
  't1600-weaken-encryption',
  't1608.003-install-digital-certificate',
]
const DEGRADED = ['t1074.002-remote-data-staging', 't1560.003-archive-via-custom-method']
/** Strategies for what is not here: a cloud, network devices, Windows. */
const ELSEWHERE = ['t1074.002-cloud-staging', 't1491.001-machine-defacement', 't1600-network-device']
/** Those that wait for what an engine or an API server tells, and ask the sensor for programs or connections alone. */
const OF_OTHERS = ['t1098.006-cluster-access', 't1610-unexpected-deployment']

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-coverage-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A sensor as the daemon knows it: its files. */
function writtenSensor(out: string) {
  mkdirSync(out)
  let [run, seq] = ['', 0]
  let file = ''
  let timer: NodeJS.Timeout | undefined
  const write = (body: Readonly<Record<string, unknown>>): void => {
    const record = { sensor: 1, run, seq, time: new Date().toISOString(), host: 'node-1', ...body }
    appendFileSync(file, `${JSON.stringify(record)}\n`)
    seq += 1
  }
  return {
    begin(name: string) {
      run = name
      seq = 0
      file = join(out, `sensor-${name.replace(':', '-')}.ndjson`)
      write({ kind: 'start', interval: 500 })
      timer = setInterval(() => write({ kind: 'heartbeat' }), 250)
    },
    exec: () =>
      write({ kind: 'exec', result: 0, process: { pid: 7, executable: '/bin/true', args: ['true'] } }),
    skip: () => (seq += 1),
    die: () => clearInterval(timer),
  }
}

async function coverage(daemon: Daemon): Promise<CoverageReport> {
  const { body } = await daemon.ask('/api/coverage')
  return body as CoverageReport
}

function openOf({ intervals }: StrategyCoverage, assumption: string) {
  return intervals.find((one) => one.assumption === assumption && one.until === undefined)
}

/** Open intervals of a cause, by strategy. */
async function silent(daemon: Daemon): Promise<readonly string[]> {
  const { strategies } = await coverage(daemon)
  return strategies.flatMap((strategy) =>
    strategy.intervals
      .filter(
        ({ until, why, place }) => until === undefined && place === 'node-1' && why.includes('heartbeats'),
      )
      .map(({ assumption, state }) => `${strategy.id} ${assumption} ${state}`),
  )
}

async function layerScore(daemon: Daemon, technique: string): Promise<number | undefined> {
  const { layer } = await coverage(daemon)
  return layer.techniques.find(({ techniqueID }) => techniqueID === technique)?.score
}

it(
  'tells a dead sensor from a quiet one, which strategies it blinds, and when it is back',
  { timeout: 300_000 },
  async () => {
    const sensor = writtenSensor(join(folder, 'sensor'))
    const config = join(folder, 'tallyman.yaml')
    writeFileSync(config, `inputs:\n  - { type: file, name: kernel, paths: [${join(folder, 'sensor')}] }\n`)
    const data = join(folder, 'data')
    sensor.begin('boot:1')
    sensor.exec()
    let daemon = startDaemon(data, config)
    try {
      await daemon.url()
      // what it never hears is absent; the sensor is there, and quiet
      const before = await eventually(
        async () => {
          const report = await coverage(daemon)
          const { assumptions = [] } = report.strategies.find(({ id }) => id === BLIND[1]) ?? {}
          const isJudged = assumptions.some(({ id, status }) => id === 'A13' && status === 'fails')
          const levels = report.strategies.every(({ level }) => level !== undefined)
          return isJudged && levels ? report : undefined
        },
        120_000,
        'the first judgement',
      )
      expect(await silent(daemon)).toEqual([])
      expect(Object.fromEntries(before.strategies.map(({ id, state }) => [id, state]))).toEqual({
        ...Object.fromEntries(BLIND.map((id) => [id, 'degraded'])),
        // nobody here sees questions for names, which only the first asks for
        [DEGRADED[0] ?? '']: 'degraded',
        // nor looks into the files that programs write, which the second asks for
        [DEGRADED[1] ?? '']: 'degraded',
        ...Object.fromEntries(ELSEWHERE.map((id) => [id, 'blind'])),
        ...Object.fromEntries(OF_OTHERS.map((id) => [id, 'covered'])),
        // no registry here says what is pushed to it, which the second asks for
        [OF_OTHERS[1] ?? '']: 'degraded',
      })
      const scored = await layerScore(daemon, 'T1553.004')
      expect(scored).toBeGreaterThan(0)
      expect(before.sources.find(({ kind }) => kind === 'process_creation')).toMatchObject({
        source: 'sensor',
        node: 'node-1',
        events: 1,
      })

      const died = Date.now()
      sensor.die()
      const dead = await eventually(
        async () => {
          const found = await silent(daemon)
          return found.some((one) => one.startsWith(BLIND[2] ?? '')) ? found : undefined
        },
        30_000,
        'the silence',
      )
      for (const id of BLIND)
        expect(dead.some((one) => one.startsWith(id) && one.endsWith('blind'))).toBe(true)
      for (const id of DEGRADED)
        expect(dead.filter((one) => one.startsWith(id)).every((one) => one.endsWith('degraded'))).toBe(true)
      expect(await layerScore(daemon, 'T1553.004')).toBe(0)
      expect(await layerScore(daemon, 'T1005')).toBe(
        before.layer.techniques.find(({ techniqueID }) => techniqueID === 'T1005')?.score,
      )
      const { body } = await daemon.ask('/api/findings')
      const found = (body as { items: readonly FindingView[] }).items.filter(
        ({ kind }) => kind === 'coverage-lost',
      )
      expect(found).toMatchObject([{ about: 'sensor', resource: { 'host.name': 'node-1' } }])
      expect(Math.abs(Date.parse(found[0]?.since ?? '') - died)).toBeLessThan(5_000)
      for (const id of BLIND) expect(found[0]?.message).toContain(id)
      const doctor = spawnSync(LAUNCHER, ['doctor', '--config', config, '--data', data, '--json'])
      expect(doctor.stdout.toString()).toContain('nothing is heard of sensor on node-1')
      expect(doctor.stdout.toString()).toContain('run tallyman sensor as root')

      // what was written survives the death of the daemon, and is not over because of it
      await daemon.kill('SIGKILL')
      const layer = join(folder, 'layer.json')
      const offline = spawnSync(LAUNCHER, [
        'coverage',
        '--config',
        config,
        '--data',
        data,
        '--json',
        '--navigator',
        layer,
      ])
      expect(offline.stderr.toString()).toContain('no daemon runs')
      const lines = offline.stdout
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as StrategyCoverage)
      expect(lines.filter(({ state }) => state === 'blind').map(({ id }) => id)).toEqual(
        [...BLIND, ...ELSEWHERE].toSorted(),
      )
      expect((JSON.parse(readFileSync(layer, 'utf8')) as CoverageReport['layer']).versions.layer).toBe('4.5')
      daemon = startDaemon(data, config)
      await daemon.url()
      const still = await eventually(async () => {
        const { strategies } = await coverage(daemon)
        const found = strategies.find(({ id }) => id === BLIND[2])
        return found && openOf(found, 'A5')
      })
      expect(still.since).toBe(found[0]?.since)

      sensor.begin('boot:2')
      await eventually(
        async () => ((await silent(daemon)).length === 0 ? true : undefined),
        60_000,
        'the end of the silence',
      )
      const after = await coverage(daemon)
      const closed = after.strategies
        .find(({ id }) => id === BLIND[2])
        ?.intervals.find(({ assumption, place }) => assumption === 'A5' && place === 'node-1')
      expect(closed?.since).toBe(found[0]?.since)
      expect(Date.parse(closed?.until ?? '')).toBeGreaterThan(died)
      await eventually(
        async () => ((await layerScore(daemon, 'T1553.004')) === scored ? true : undefined),
        60_000,
      )

      // one record in a hundred is removed: the numbers show it, once no other file can bring it
      for (let n = 0; n < 500; n += 1) {
        if (n % 100 === 50) sensor.skip()
        sensor.exec()
      }
      await eventually(
        async () => {
          const { strategies } = await coverage(daemon)
          const found = strategies.find(({ id }) => id === DEGRADED[0])
          return found && openOf(found, 'A9')?.why.includes('drop_ratio') ? true : undefined
        },
        120_000,
        'the loss',
      )
    } finally {
      sensor.die()
      await daemon.kill('SIGTERM')
    }
  },
)

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { AssumptionCoverage, CoverageReport } from '../../src/coverage-report.ts'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { realTest, startDocker } from './engine.ts'
import { heartbeats } from './heartbeats.ts'
import { missingForSensor, startSensor, type SensorProcess } from './sensor.ts'

const lacking = missingForSensor()
const BLIND = [
  't1491.001-internal-defacement',
  't1600-weaken-encryption',
  't1608.003-install-digital-certificate',
]

async function coverage(daemon: Daemon): Promise<CoverageReport> {
  const { body } = await daemon.ask('/api/coverage')
  return body as CoverageReport
}

/** Every assumption that fails for another reason than that its source was never there. */
async function failing(daemon: Daemon): Promise<readonly string[]> {
  const { strategies } = await coverage(daemon)
  return strategies.flatMap(({ id, assumptions }) =>
    assumptions.flatMap(({ status, places, id: assumption }) =>
      status === 'fails'
        ? places
            .filter(({ why }) => !why.endsWith('ever arrived'))
            .map(({ why }) => `${id} ${assumption}: ${why}`)
        : [],
    ),
  )
}

/** Strategies that something took the sight from; those whose systems were never here have none to lose. */
async function blind(daemon: Daemon): Promise<readonly string[]> {
  const { strategies } = await coverage(daemon)
  return strategies
    .filter(({ state, assumptions }) => state === 'blind' && assumptions.some(isLost))
    .map(({ id }) => id)
}

function isLost({ onFail, status, places }: AssumptionCoverage): boolean {
  return onFail === 'blind' && status === 'fails' && places.some(({ why }) => !why.endsWith('ever arrived'))
}

realTest(
  'a real sensor that is stopped blinds those that need it until it is back, and an engine that is gone is told',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-coverage-real-'))
    const docker = await startDocker()
    const out = join(folder, 'sensor')
    mkdirSync(out)
    let sensor: SensorProcess | undefined = startSensor(out)
    let daemon: Daemon | undefined
    try {
      await docker.image('test/openssl:1', '/usr/bin/openssl')
      await sensor.ready
      const config = join(folder, 'tallyman.yaml')
      writeFileSync(
        config,
        `inputs:\n  - { type: docker, name: docker, socket: ${docker.socket} }\n  - { type: file, name: kernel, paths: [${out}] }\n`,
      )
      daemon = startDaemon(join(folder, 'data'), config)
      await daemon.url()
      // enough of each kind that shares of filled fields say something
      const work = 'for n in $(seq 40); do openssl version > /tmp/$n; mv /tmp/$n /tmp/m$n; done; sleep 600'
      for (const name of ['one', 'two'])
        await docker.docker(
          'run',
          '-d',
          '--name',
          name,
          '-v',
          '/var/empty:/mnt',
          'test/openssl:1',
          'sh',
          '-c',
          work,
        )
      for (let n = 0; n < 25; n += 1) await docker.docker('exec', 'one', 'openssl', 'version')
      await heartbeats(out)
      const here = daemon
      await eventually(
        async () => {
          const { sources } = await coverage(here)
          const execs = sources.find(({ source, kind }) => source === 'sensor' && kind === 'process_creation')
          return (execs?.events ?? 0) > 80 ? true : undefined
        },
        60_000,
        'what the containers did',
      )
      expect(await failing(daemon)).toEqual([])
      expect(await blind(daemon)).toEqual([])

      expect(await sensor.stop()).toBe(0)
      sensor = undefined
      const blinded = await eventually(
        async () => ((await blind(here)).length > 0 ? await blind(here) : undefined),
        60_000,
        'blindness',
      )
      expect(blinded).toEqual(BLIND)
      expect(
        (await coverage(daemon)).layer.techniques.find(({ techniqueID }) => techniqueID === 'T1553.004')
          ?.score,
      ).toBe(0)

      sensor = startSensor(out)
      await sensor.ready
      await eventually(async () => ((await blind(here)).length === 0 ? true : undefined), 60_000, 'sight')
      const { strategies } = await coverage(daemon)
      for (const id of BLIND) {
        const { intervals = [] } = strategies.find((one) => one.id === id) ?? {}
        expect(
          intervals.some(
            ({ state, until, why }) => state === 'blind' && until !== undefined && why.includes('sensor'),
          ),
        ).toBe(true)
      }

      await docker.daemon.stop()
      await eventually(
        async () => ((await failing(here)).some((one) => one.includes('no contact')) ? true : undefined),
        120_000,
        'the missing engine',
      )
      expect(await blind(daemon)).toContain('t1074.002-remote-data-staging')
    } finally {
      await daemon?.kill('SIGTERM')
      await sensor?.stop()
      await docker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { timeout: 600_000, lacking },
)

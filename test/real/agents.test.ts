import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { openReader } from '../../src/store/sqlite.ts'
import { allAlerts, machineLogs, saying, scannedAlerts } from '../agent-load.ts'
import { agentNetwork, NETWORK_PACKAGES } from '../agent-network.ts'
import { addAgent, startAgent, type AgentProcess } from '../agent-process.ts'
import { createAuthority } from '../certificates.ts'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { missingOf, realTest } from './engine.ts'

const LAUNCHER = resolve(import.meta.dirname, '../../bin/tallyman')

realTest(
  'two machines are told of as if they were read here, through cuts of the link and kills of either end',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tally-agents-'))
    const network = agentNetwork(2)
    const agents: (AgentProcess | undefined)[] = []
    let daemon: Daemon | undefined
    try {
      const data = join(folder, 'daemon')
      mkdirSync(data)
      const authority = createAuthority(folder)
      const { cert, key } = authority.issue('tallyman', network.address)
      const config = join(folder, 'daemon.yaml')
      const tls = `tls: { cert: ${cert}, key: ${key} }`
      writeFileSync(
        config,
        `inputs:\n  - { type: agents, name: agents, host: ${network.address}, port: 7412, ${tls} }\n`,
      )
      const began = Date.now() - 3_600_000
      const machines = network.machines.map((netns, index) => {
        const name = `web-${index + 1}`
        const logs = machineLogs(join(folder, name, 'logs'), name, began)
        const own = join(folder, name, 'agent')
        addAgent(data, own, name, ['--relay'])
        const ownConfig = join(folder, name, 'tallyman.yaml')
        writeFileSync(ownConfig, `inputs:\n  - { type: file, name: logs, paths: [${logs.folder}] }\n`)
        const to = `https://${network.address}:7412`
        const start = (): AgentProcess =>
          startAgent({ data: own, config: ownConfig, to, ca: authority.cert, netns })
        return { name, logs, start }
      })
      const startHub = (): Daemon => startDaemon(data, config, [], network.hub)
      const begin = (index: number): void => {
        agents[index] = machines[index]?.start()
      }
      const writing = async (ms: number): Promise<void> => {
        const end = performance.now() + ms
        while (performance.now() < end) {
          for (const { logs } of machines) logs.write()
          await sleep(8)
        }
      }
      const rotate = (): void => {
        for (const { logs } of machines) logs.rotate()
      }

      daemon = startHub()
      begin(0)
      begin(1)
      await heard(
        daemon,
        data,
        machines.map(({ name }) => name),
      )
      await writing(800)
      network.cut(0)
      await writing(500)
      await agents[1]?.kill('SIGKILL')
      rotate()
      begin(1)
      await writing(700)
      await daemon.kill('SIGKILL')
      // the machine that is cut off starts again, and keeps what it reads
      await agents[0]?.kill('SIGKILL')
      begin(0)
      await writing(1_500)
      daemon = startHub()
      network.mend(0)
      await writing(1_000)
      network.cut(1)
      await daemon.kill('SIGKILL')
      rotate()
      await writing(300)
      daemon = startHub()
      network.mend(1)
      await writing(300)
      await Promise.all(agents.map((each) => each?.kill('SIGKILL')))
      begin(0)
      begin(1)
      await writing(300)
      for (const { logs } of machines) logs.finish()

      const written = machines.reduce((sum, { logs }) => sum + logs.records(), 0)
      await eventually(() => (recordsIn(data) >= written ? true : undefined), 30_000, `${written} records`)
      await sleep(500)
      for (const agent of agents) expect(await agent?.kill('SIGTERM')).toBe(0)
      expect(await daemon.kill('SIGTERM')).toBe(0)

      const reader = openReader(join(data, 'tallyman.db'))
      const [totals, alerts, findings] = [reader.totals(), allAlerts(reader), reader.findings(1_000)]
      reader.close()
      const out = join(folder, 'scan.ndjson')
      scanInto(out, [...machines.map(({ logs }) => logs.folder)])
      expect(totals).toMatchObject({ records: written, evaluated: written, failed: 0, duplicates: 0 })
      expect(alerts.map(saying).toSorted()).toEqual(scannedAlerts(out))
      expect(alerts.length).toBeGreaterThan(50)
      // each container is on the machine whose agent told of it, though all have the same address
      for (const { entity } of alerts.filter(({ entity: of }) => of['container.id'] !== undefined))
        expect(entity['host.name']).toBe(String(entity['container.name']).slice(0, 5))
      expect(findings.filter(({ kind }) => kind === 'unobserved-interval')).toEqual([])
    } finally {
      await Promise.all(agents.map((each) => each?.kill('SIGKILL')))
      await daemon?.kill('SIGKILL')
      network.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { lacking: missingOf(NETWORK_PACKAGES) },
)

/** All of them were heard. */
async function heard(daemon: Daemon, data: string, names: readonly string[]): Promise<void> {
  await eventually(() => (daemon.printed().includes('takes what') ? true : undefined), 60_000)
  await eventually(() => {
    const reader = openReader(join(data, 'tallyman.db'))
    const { position } = reader.resume('')
    const isHeard = names.every((name) => position(`${name}/`) !== undefined)
    reader.close()
    return isHeard ? true : undefined
  }, 30_000)
}

function recordsIn(data: string): number {
  const reader = openReader(join(data, 'tallyman.db'))
  const { records } = reader.totals()
  reader.close()
  return records
}

function scanInto(file: string, paths: readonly string[]): void {
  const script = 'out=$1; shift; exec "$@" >"$out"'
  try {
    execFileSync('sh', ['-c', script, 'sh', file, LAUNCHER, 'scan', '--json', ...paths], { stdio: 'pipe' })
  } catch (cause) {
    // there are alerts
    if ((cause as { readonly status?: number }).status !== 1) throw cause
  }
}

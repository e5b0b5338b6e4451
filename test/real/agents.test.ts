import { execFileSync, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { ContainerRow } from '../../src/domain/state.ts'
import { openReader } from '../../src/store/sqlite.ts'
import { allAlerts, machineLogs, recordsIn, saidOf, scanInto, scannedAlerts } from '../agent-load.ts'
import { agentNetwork, NETWORK_PACKAGES } from '../agent-network.ts'
import { addAgent, startAgent, type AgentProcess } from '../agent-process.ts'
import { freePort } from '../audit-load.ts'
import { createAuthority } from '../certificates.ts'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { missing, missingOf, realTest, startDocker } from './engine.ts'

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
      for (const each of agents) await each?.kill('SIGKILL')
      begin(0)
      begin(1)
      await writing(300)
      for (const { logs } of machines) logs.finish()

      const written = machines.reduce((sum, { logs }) => sum + logs.records(), 0)
      await eventually(() => (recordsIn(data) >= written ? true : undefined), 60_000, `${written} records`)
      await sleep(500)
      for (const agent of agents) expect(await agent?.kill('SIGTERM')).toBe(0)
      expect(await daemon.kill('SIGTERM')).toBe(0)

      const reader = openReader(join(data, 'tallyman.db'))
      const [totals, alerts, findings] = [reader.totals(), allAlerts(reader), reader.findings(1_000)]
      reader.close()
      const out = join(folder, 'scan.ndjson')
      scanInto(
        out,
        machines.map(({ logs }) => logs.folder),
      )
      expect(totals).toMatchObject({ records: written, evaluated: written, failed: 0, duplicates: 0 })
      expect(saidOf(alerts)).toEqual(scannedAlerts(out))
      expect(alerts.length).toBeGreaterThan(50)
      // each container is on the machine whose agent told of it, though all have the same address
      for (const { entity } of alerts.filter(({ entity: of }) => of['container.id'] !== undefined))
        expect(entity['host.name']).toBe(String(entity['container.name']).slice(0, 5))
      expect(findings.filter(({ kind }) => kind === 'unobserved-interval')).toEqual([])
    } finally {
      for (const each of agents) await each?.kill('SIGKILL')
      await daemon?.kill('SIGKILL')
      network.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { lacking: missingOf(NETWORK_PACKAGES) },
)

realTest(
  'an agent whose disk is full goes on, and says of each datagram that it could not keep',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tally-full-'))
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk])
    let agent: AgentProcess | undefined
    let daemon: Daemon | undefined
    try {
      const [data, own] = [join(folder, 'daemon'), join(disk, 'agent')]
      mkdirSync(data)
      addAgent(data, own, 'web-1', ['--relay'])
      const [port, syslog] = [await freePort(), await freePort()]
      const [config, ownConfig] = [join(folder, 'daemon.yaml'), join(folder, 'agent.yaml')]
      writeFileSync(config, `inputs:\n  - { type: agents, name: agents, port: ${port} }\n`)
      const limits = 'limits: { message: 2, waiting: 1 }'
      writeFileSync(
        ownConfig,
        `inputs:\n  - { type: syslog, name: net, transport: udp, port: ${syslog}, ${limits} }\n`,
      )
      const more = ['--spool', '64', '--keep-free', '1']
      const running = startAgent({ data: own, config: ownConfig, to: `http://127.0.0.1:${port}`, more })
      agent = running
      await eventually(() => (running.printed().includes('takes syslog') ? true : undefined), 60_000)
      const flood = datagrams(syslog)
      await flood(4_000)
      // others fill the disk to the last byte
      spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'others')}`, 'bs=64k'], { stdio: 'ignore' })
      await flood(8_000)
      await eventually(() => (running.printed().includes('no room for') ? true : undefined))

      const started = startDaemon(data, config)
      daemon = started
      await eventually(() => (started.printed().includes('takes what') ? true : undefined), 60_000)
      const sent = 12_000
      await eventually(() => (recordsIn(data) >= sent ? true : undefined), 90_000, `${sent} records`)
      const reader = openReader(join(data, 'tallyman.db'))
      const [totals, findings] = [reader.totals(), reader.findings(1_000)]
      reader.close()
      const { evaluated, failures, duplicates, records } = totals
      const lost = Object.values(failures).reduce((sum, count) => sum + count, 0)
      expect({ records, sum: evaluated + lost, duplicates }).toEqual({
        records: sent,
        sum: sent,
        duplicates: 0,
      })
      expect(lost).toBeGreaterThan(0)
      expect(Object.keys(failures).every((reason) => reason.startsWith('syslog: datagram'))).toBe(true)
      const told = findings.filter(
        ({ about, kind }) => about === 'web-1/net' && kind === 'unobserved-interval',
      )
      expect(told.length).toBeGreaterThan(0)
      const counted = told.reduce((sum, { message }) => sum + Number(/^\d+/.exec(message)?.[0]), 0)
      expect(counted).toBe(lost)
      for (const { since, until, resource } of told) {
        expect(until).toBeGreaterThanOrEqual(since)
        expect(resource).toMatchObject({ 'host.name': 'web-1' })
      }
      expect(agent.process.exitCode).toBeNull()
      await agent.kill('SIGKILL')
      // it starts on a full disk as well
      const again = startAgent({ data: own, config: ownConfig, to: `http://127.0.0.1:${port}`, more })
      agent = again
      await eventually(() => (again.printed().includes('takes syslog') ? true : undefined), 60_000)
      expect(await agent.kill('SIGTERM')).toBe(0)
    } finally {
      await agent?.kill('SIGKILL')
      await daemon?.kill('SIGKILL')
      execFileSync('umount', ['-l', disk])
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { lacking: missingOf({ mount: 'mount' }) },
)

realTest(
  'an agent’s engine is believed of its machine, and tells after a kill what happened meanwhile',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tally-engine-'))
    const docker = await startDocker()
    let agent: AgentProcess | undefined
    let daemon: Daemon | undefined
    try {
      const [data, own] = [join(folder, 'daemon'), join(folder, 'agent')]
      mkdirSync(data)
      addAgent(data, own, 'web-1', ['--host', 'web-1.example', '--cluster', 'production'])
      const port = await freePort()
      const [config, ownConfig] = [join(folder, 'daemon.yaml'), join(folder, 'agent.yaml')]
      writeFileSync(config, `inputs:\n  - { type: agents, name: agents, port: ${port} }\n`)
      writeFileSync(ownConfig, `inputs:\n  - { type: docker, name: docker, socket: ${docker.socket} }\n`)
      const begin = (): AgentProcess =>
        startAgent({ data: own, config: ownConfig, to: `http://127.0.0.1:${port}` })
      const privileged = async (name: string): Promise<string> =>
        (
          await docker.docker('run', '-d', '--privileged', '--name', name, 'test/busybox:1', 'sleep', '60')
        ).trim()
      const hub = startDaemon(data, config)
      daemon = hub
      agent = begin()
      await heard(hub, data, ['web-1'])
      const ids = [await privileged('first')]
      await eventually(() => (rowsOf(data, ids).length === 1 ? true : undefined), 30_000)
      await agent.kill('SIGKILL')
      ids.push(await privileged('second'))
      agent = begin()
      const rows = await eventually(() => {
        const found = rowsOf(data, ids)
        return found.length === 2 ? found : undefined
      }, 30_000)
      for (const { resource, by } of rows) {
        expect(by).toMatchObject({ input: 'web-1/docker', engine: true })
        expect(resource).toMatchObject({ 'host.name': 'web-1.example', 'k8s.cluster.name': 'production' })
      }
      await eventually(
        () => ids.every((id) => alertsOf(data).has(id)) || undefined,
        10_000,
        'an alert of each',
      )
      const alerts = alertsOf(data)
      for (const id of ids) {
        const rules = alerts.get(id) ?? []
        expect(rules.length).toBeGreaterThan(0)
        expect(new Set(rules).size).toBe(rules.length)
      }
      const { body } = await hub.ask('/api/status')
      const { inputs } = body as { inputs: { name: string; type: string; agents?: unknown[] }[] }
      expect(inputs.map(({ name, type }) => `${name} ${type}`)).toEqual([
        'agents agents',
        'web-1/docker docker',
      ])
      expect(inputs[0]?.agents).toMatchObject([
        { name: 'web-1', host: 'web-1.example', state: 'connected', lost: 0 },
      ])
    } finally {
      await agent?.kill('SIGKILL')
      await daemon?.kill('SIGKILL')
      await docker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { lacking: missing() },
)

function rowsOf(data: string, ids: readonly string[]): readonly ContainerRow[] {
  const reader = openReader(join(data, 'tallyman.db'))
  const rows = reader.containers().filter(({ id }) => ids.includes(id))
  reader.close()
  return rows
}

/** Rules by the container that they were raised for. */
function alertsOf(data: string): ReadonlyMap<string, readonly string[]> {
  const reader = openReader(join(data, 'tallyman.db'))
  const alerts = allAlerts(reader)
  reader.close()
  const byContainer = Map.groupBy(alerts, ({ entity }) => String(entity['container.id']))
  return new Map([...byContainer].map(([id, some]) => [id, some.map(({ rule }) => rule.id)]))
}

/** Sends so many messages of a switch, of 1,000 bytes each, no two the same; a little slower than they are read. */
function datagrams(port: number): (count: number) => Promise<void> {
  let sent = 0
  return async (count) => {
    const socket = createSocket('udp4')
    for (let n = 0; n < count; n += 1) {
      const time = new Date(1_795_200_000_000 + sent).toISOString().slice(11, 23)
      const text = `<189>Nov 20 ${time.slice(0, 8)} edge-1 ${sent}: Nov 20 ${time} UTC: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (198.51.100.7) `
      socket.send(text.padEnd(1_000, '.'), port, '127.0.0.1')
      sent += 1
      if (sent % 50 === 0) await sleep(5)
    }
    await new Promise<void>((resolve) => socket.close(() => resolve()))
  }
}

/** All of them were heard. */
async function heard(daemon: Daemon, data: string, names: readonly string[]): Promise<void> {
  await eventually(() => (daemon.printed().includes('takes what') ? true : undefined), 60_000)
  await eventually(() => {
    const reader = openReader(join(data, 'tallyman.db'))
    const known = reader.resume('')
    const isHeard = names.every((name) => known.position(`${name}/`) !== undefined)
    reader.close()
    return isHeard ? true : undefined
  }, 30_000)
}

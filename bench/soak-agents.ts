import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openReader } from '../src/store/sqlite.ts'
import { allAlerts, machineLogs, recordsIn, saidOf, scanInto, scannedAlerts } from '../test/agent-load.ts'
import { agentNetwork } from '../test/agent-network.ts'
import { addAgent, startAgent, type AgentProcess } from '../test/agent-process.ts'
import { createAuthority } from '../test/certificates.ts'
import { eventually, startDaemon, type Daemon } from '../test/daemon.ts'

/** Records a second of each machine: one in either of its two files, so often, ms. */
const EVERY = 4
/** Seconds that one machine is cut off for. */
const CUT = Number(process.argv[2] ?? 60)

/**
 * Two machines with files that rotate, each with an agent in a network namespace of its own: one is cut off for a
 * minute, and both ends are killed meanwhile and afterwards. All records must be there, once, and the alerts must be
 * those of a scan of the files. How much was kept, how long it took to come, and the memory of both ends are told.
 */
const folder = mkdtempSync(join(tmpdir(), 'tallyman-soak-agents-'))
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const network = agentNetwork(2)
const agents: (AgentProcess | undefined)[] = []
let daemon: Daemon | undefined
try {
  const data = join(folder, 'daemon')
  mkdirSync(data)
  const authority = createAuthority(folder)
  const { cert, key } = authority.issue('tallyman', network.address)
  const config = join(folder, 'daemon.yaml')
  writeFileSync(
    config,
    `inputs:\n  - { type: agents, name: agents, host: ${network.address}, port: 7412, tls: { cert: ${cert}, key: ${key} } }\n`,
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
    return { logs, start, spool: join(own, 'spool.db') }
  })
  const most = { agent: 0, daemon: 0, spool: 0 }
  const measure = (): void => {
    for (const each of agents) most.agent = Math.max(most.agent, residentMegabytes(each?.process.pid))
    most.daemon = Math.max(most.daemon, residentMegabytes(daemon?.process.pid))
    for (const { spool } of machines)
      most.spool = Math.max(most.spool, statSync(spool, { throwIfNoEntry: false })?.size ?? 0)
  }
  const writing = async (seconds: number): Promise<void> => {
    const end = performance.now() + seconds * 1_000
    let measured = 0
    while (performance.now() < end) {
      for (const { logs } of machines) logs.write()
      if (performance.now() - measured > 1_000) {
        measured = performance.now()
        measure()
      }
      await sleep(EVERY)
    }
  }
  const rotate = (): void => {
    for (const { logs } of machines) logs.rotate()
  }
  const begin = (index: number): void => {
    agents[index] = machines[index]?.start()
  }
  const startHub = async (): Promise<Daemon> => {
    const started = startDaemon(data, config, [], network.hub)
    await eventually(() => (started.printed().includes('takes what') ? true : undefined), 60_000)
    return started
  }

  daemon = await startHub()
  begin(0)
  begin(1)
  await writing(15)
  network.cut(0)
  say(`cut       web-1, for ${CUT} s`)
  await writing(CUT / 4)
  await agents[1]?.kill('SIGKILL')
  begin(1)
  rotate()
  await writing(CUT / 4)
  await daemon.kill('SIGKILL')
  daemon = await startHub()
  await agents[0]?.kill('SIGKILL')
  begin(0)
  await writing(CUT / 2)
  const behind = (): number => written(machines) - recordsIn(data)
  const backlog = behind()
  network.mend(0)
  const mended = performance.now()
  await eventually(() => (behind() < 1_000 ? true : undefined), 120_000, 'what was kept')
  say(
    `came      ${backlog} records that were kept, in ${Math.round((performance.now() - mended) / 100) / 10} s`,
  )
  for (let round = 0; round < 3; round += 1) {
    await writing(4)
    await agents[round % 2]?.kill('SIGKILL')
    begin(round % 2)
    if (round === 1) rotate()
    await writing(3)
    await daemon.kill('SIGKILL')
    daemon = await startHub()
  }
  await writing(5)
  for (const { logs } of machines) logs.finish()
  const sent = written(machines)
  await eventually(() => (recordsIn(data) >= sent ? true : undefined), 120_000, `${sent} records`)
  await sleep(2_000)
  measure()
  for (const agent of agents) await agent?.kill('SIGTERM')
  const code = await daemon.kill('SIGTERM')

  const reader = openReader(join(data, 'tallyman.db'))
  const [totals, alerts] = [reader.totals(), saidOf(allAlerts(reader))]
  const gaps = reader.findings(1_000).filter(({ kind }) => kind === 'unobserved-interval')
  reader.close()
  const out = join(folder, 'scan.ndjson')
  scanInto(
    out,
    machines.map(({ logs }) => logs.folder),
  )
  const direct = scannedAlerts(out)
  say(
    `written   ${sent} records; evaluated ${totals.evaluated}, duplicates ${totals.duplicates}, failed ${totals.failed}`,
  )
  say(`alerts    ${alerts.length}; a scan of the files raises ${direct.length}`)
  say(`spool     ${Math.round(most.spool / 1024 / 1024)} MiB at most`)
  say(`memory    agent ${most.agent} MB, daemon ${most.daemon} MB at most`)
  const wrong = [
    ...(totals.records === sent && totals.evaluated === sent ? [] : ['records are lost, or told twice']),
    ...(JSON.stringify(alerts) === JSON.stringify(direct) ? [] : ['alerts differ from those of a scan']),
    ...gaps.map(({ message }) => message),
    ...(code === 0 ? [] : ['the daemon did not end well']),
  ]
  for (const line of wrong) say(`wrong     ${line}`)
  if (wrong.length > 0) process.exitCode = 1
} finally {
  for (const agent of agents) await agent?.kill('SIGKILL')
  await daemon?.kill('SIGKILL')
  network.stop()
  rmSync(folder, { recursive: true, force: true })
}

function written(machines: readonly { readonly logs: { records(): number } }[]): number {
  return machines.reduce((sum, { logs }) => sum + logs.records(), 0)
}

function residentMegabytes(pid: number | undefined): number {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kilobytes ?? 0) / 1024)
  } catch {
    return 0
  }
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openReader } from '../src/store/sqlite.ts'
import { allAlerts, auditLoad, disagreements, freePort } from '../test/audit-load.ts'
import { createAuditWebhook } from '../test/audit-webhook.ts'
import { createAuthority } from '../test/certificates.ts'
import { eventually, startDaemon, type Daemon } from '../test/daemon.ts'

const RATE = 5_000
/** Five unless the command line says otherwise. */
const MINUTES = Number(process.argv[2] ?? 5)
/** When the daemon is killed, as parts of the whole. */
const KILLS = [0.21, 0.48, 0.77]
const SAMPLE_EVERY = 1_000

/**
 * An API server's audit webhook over TLS at 5,000 records a second for five minutes, through three kills: what was
 * taken must be there, once, and each privileged pod must have its alerts, once. The time to an answer and the
 * daemon's memory are told.
 */
const folder = mkdtempSync(join(tmpdir(), 'tallyman-soak-http-'))
const say = (line: string): void => void process.stdout.write(`${line}\n`)
let daemon: Daemon | undefined
try {
  const data = join(folder, 'data')
  const port = await freePort()
  const authority = createAuthority(folder)
  const { cert, key } = authority.issue('tallyman')
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(
    config,
    `inputs:\n  - { type: http, name: audit, port: ${port}, tls: { cert: ${cert}, key: ${key} } }\n`,
  )
  const start = async (): Promise<Daemon> => {
    const started = startDaemon(data, config)
    await eventually(() => (started.printed().includes('takes telemetry at') ? true : undefined))
    return started
  }

  daemon = await start()
  const webhook = createAuditWebhook({
    url: `https://127.0.0.1:${port}`,
    token: readFileSync(join(data, 'audit.token'), 'utf8').trim(),
    ca: readFileSync(authority.cert, 'utf8'),
    initialBackoff: 3_000,
  })
  const length = MINUTES * 60_000
  const began = performance.now()
  const loading = auditLoad(webhook, RATE, () => performance.now() - began > length)
  let resident = 0
  for (const kill of KILLS) {
    resident = Math.max(resident, await watched(daemon, began + kill * length))
    await daemon.kill('SIGKILL')
    daemon = await start()
    say(`killed and started again after ${Math.round((performance.now() - began) / 1_000)} s`)
  }
  resident = Math.max(resident, await watched(daemon, began + length))
  const load = await loading
  webhook.close()
  resident = Math.max(resident, residentMegabytes(daemon.process.pid))
  const code = await daemon.kill('SIGTERM')

  const reader = openReader(join(data, 'tallyman.db'))
  const [totals, alerts] = [reader.totals(), allAlerts(reader)]
  reader.close()
  const latencies = load.sent.map(({ latency }) => latency).filter((latency) => !Number.isNaN(latency))
  latencies.sort((a, b) => a - b)
  const at = (part: number): number => Math.round(latencies[Math.floor((latencies.length - 1) * part)] ?? 0)
  const again = load.sent.filter(({ attempts }) => attempts > 1).length
  say(`sent      ${load.sent.length} lists of 400 records, ${again} of them more than once`)
  say(
    `taken     ${load.taken} records; evaluated ${totals.evaluated}, duplicates ${totals.duplicates}, failed ${totals.failed}`,
  )
  say(`alerts    ${alerts.length}, about ${load.pods.length} privileged pods among others`)
  say(`answered  in ${at(0.5)} ms (median), ${at(0.99)} ms (99 of 100), ${at(1)} ms (all)`)
  say(`memory    ${resident} MB at most`)
  const wrong = disagreements(load, totals, alerts)
  for (const line of wrong) say(`wrong     ${line}`)
  if (wrong.length > 0 || code !== 0 || load.taken === 0) process.exitCode = 1
} finally {
  await daemon?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

/** The most memory that a daemon had until then, MB. */
async function watched({ process: { pid } }: Daemon, until: number): Promise<number> {
  let most = 0
  while (performance.now() < until) {
    most = Math.max(most, residentMegabytes(pid))
    await sleep(SAMPLE_EVERY)
  }
  return most
}

function residentMegabytes(pid: number | undefined): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kilobytes) / 1024)
}

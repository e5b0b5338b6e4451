import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { podCreated } from '../test/audit.ts'
import { eventually, startDaemon } from '../test/daemon.ts'
import { httpReceiver } from '../test/receivers.ts'

/**
 * A receiver that answers 500 for ten minutes (or as many as are named) while an incident opens each second: how
 * long alerts took, and whether each key arrived once afterwards.
 */
const MINUTES = Number(process.argv[2] ?? 10)
const RULE = `
title: A pod was created
id: 6e0c54f4-6a2f-4a52-9f0b-6f5b3a5f5a55
level: high
logsource: { product: kubernetes, service: audit }
detection:
  selection: { verb: create, objectRef.resource: pods }
  condition: selection
`
const folder = mkdtempSync(join(tmpdir(), 'tallyman-soak-notify-'))
try {
  const log = join(folder, 'audit.log')
  writeFileSync(log, '')
  for (const name of ['none', 'rules']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'rules', 'pods.yml'), RULE)
  let up = false
  await using receiver = await httpReceiver(() => (up ? 204 : 500))
  const url = `http://127.0.0.1:${receiver.port}/`
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(
    config,
    `strategies: ./none\nrules: [./rules]\ninputs:\n  - { type: file, name: audit, paths: [${log}] }\n` +
      `notify:\n  - { type: webhook, name: soc, url: '${url}', digest: { over: 100000 } }\n`,
  )
  const daemon = startDaemon(join(folder, 'data'), config)
  await daemon.url()
  const alerts = async (): Promise<number> =>
    ((await daemon.ask('/api/totals')).body as { alerts: number }).alerts
  const latencies: number[] = []
  const end = performance.now() + MINUTES * 60_000
  let written = 0
  while (performance.now() < end) {
    const begun = performance.now()
    written += 1
    const name = `pod-${written}`
    appendFileSync(log, `${podCreated({ name, auditID: name, time: Date.now(), privileged: true })}\n`)
    await eventually(async () => ((await alerts()) >= written ? true : undefined), 60_000, name)
    latencies.push(performance.now() - begun)
    await sleep(Math.max(0, 1_000 - (performance.now() - begun)))
  }
  const attempts = receiver.received.length
  up = true
  process.stdout.write(`${written} incidents in ${MINUTES} minutes, ${attempts} attempts that failed\n`)
  await eventually(
    () => (receiver.received.length - attempts >= written ? true : undefined),
    400_000,
    'all of them',
  )
  await sleep(2_000)
  const keys = receiver.received.slice(attempts).map(({ headers }) => String(headers['idempotency-key']))
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (part: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0)
  process.stdout.write(
    `delivered ${keys.length}, ${new Set(keys).size} keys; alerts after ${at(0.5)} ms (median), ${at(0.99)} ms (99 %), ${at(1)} ms (worst)\n`,
  )
  if (keys.length !== written || new Set(keys).size !== written) process.exitCode = 1
  await daemon.kill('SIGTERM')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

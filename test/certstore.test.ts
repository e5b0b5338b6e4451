import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openReader } from '../src/store/sqlite.ts'
import { allAlerts } from './audit-load.ts'
import { createAuthority } from './certificates.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'

/** A daemon may be slow to start on a machine that does other things as well, ms. */
const PATIENCE = 60_000
vi.setConfig({ testTimeout: 3 * PATIENCE })

const RULE = `title: An authority in a trust store
id: 5f0c9a53-6a51-4c6e-9a53-0d8f5d7f1a11
status: experimental
logsource: { category: certificate_store }
detection:
  selection: { event.action: created, basic_constraints.ca: true }
  condition: selection
level: high
`

let folder: string
let daemons: Daemon[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-certstore-daemon-'))
  daemons = []
})
afterEach(async () => {
  for (const daemon of daemons) await daemon.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<Daemon> {
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(
    config,
    `strategies: ./no-strategies\nrules: [./rules]\ninputs:\n  - { type: certstore, name: trust, paths: [./store], interval: 1s }\n`,
  )
  const daemon = startDaemon(join(folder, 'data'), config)
  daemons.push(daemon)
  await daemon.url()
  return daemon
}

const reaches = (daemon: Daemon, evaluated: number) =>
  eventually(async () => {
    const { body } = await daemon.ask('/api/totals')
    return (body as { evaluated: number }).evaluated >= evaluated ? body : undefined
  }, PATIENCE)

it('an authority that is added to a store is an alert, also where that was while the daemon was dead', async () => {
  for (const name of ['no-strategies', 'rules', 'store']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'rules/authority.yml'), RULE)
  const add = (name: string): void =>
    copyFileSync(createAuthority(folder, name).cert, join(folder, 'store', `${name}.pem`))
  add('first')
  const daemon = await start()
  expect(await reaches(daemon, 1)).toMatchObject({ evaluated: 1, alerts: 0 })
  add('second')
  await reaches(daemon, 2)
  await daemon.kill('SIGKILL')
  add('third')
  rmSync(join(folder, 'store/first.pem'))

  const again = await start()
  expect(await reaches(again, 4)).toMatchObject({ records: 4, evaluated: 4, failed: 0, duplicates: 0 })
  expect(await again.kill('SIGTERM')).toBe(0)
  const reader = openReader(join(folder, 'data/tallyman.db'))
  const alerts = allAlerts(reader)
  reader.close()
  // what was there at the first start is no alert
  expect(alerts.reduce((sum, { count }) => sum + count, 0)).toBe(2)
  const told = alerts.flatMap(({ rule, evidence }) =>
    evidence.map(({ fields }) => [rule.title, fields['TargetFilename']]),
  )
  expect(new Set(told)).toEqual(
    new Set(
      ['second', 'third'].map((name) => [
        'An authority in a trust store',
        join(folder, 'store', `${name}.pem`),
      ]),
    ),
  )
})

import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually, startDaemon, type Daemon } from './daemon.ts'

const RELOADS = 100
/** Records that are written before and during each reload. */
const RECORDS = 24
/** Matches after which the correlation fires: no multiple of what lies between two reloads. */
const COUNTED = 100

let folder: string
let log: string
let rules: string
let daemon: Daemon
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-reload-stream-'))
  log = join(folder, 'logs/audit.log')
  rules = join(folder, 'rules')
  for (const name of ['logs', 'rules', 'strategies']) mkdirSync(join(folder, name))
  writeFileSync(log, '')
  write('steady', rule('steady'))
  write('edited', rule('edited'))
  write('broken', rule('broken'))
  write('leaving', rule('leaving'))
  write('counted', counted())
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(
    config,
    `strategies: ${join(folder, 'strategies')}\nrules: [${rules}]\ninputs:\n  - { type: file, name: audit, paths: [${join(folder, 'logs')}] }\ncorrelations: { lateness: 1s }\n`,
  )
  daemon = startDaemon(join(folder, 'data'), config)
  await daemon.url()
})
afterEach(async () => {
  await daemon.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, text: string): void {
  writeFileSync(join(rules, `${name}.yml`), text)
}

/** Holds on every record; what differs between its versions says nothing about that. */
function rule(name: string, more = '', condition = 'asked'): string {
  return `title: ${name}\nname: ${name}\n${more}logsource: { product: kubernetes, service: audit }\ndetection:\n  asked: { verb: get }\n  other: { user.username|startswith: asker-, verb: get }\n  condition: ${condition}\n`
}

/** Alerts on each so many records, whoever asks; what it counted so far is to survive each reload. */
function counted(more = ''): string {
  return `title: counted\nname: counted\n${more}correlation:\n  type: event_count\n  rules: [signal]\n  group-by: [verb]\n  timespan: 1d\n  condition: { gte: ${COUNTED} }\n---\n${rule('signal')}`
}

let written = 0
/** Each record is another user's, so that each match is an alert of its own. */
function append(count: number): void {
  const lines = Array.from({ length: count }, () => {
    const number = String(written++).padStart(12, '0')
    const at = new Date(Date.now()).toISOString()
    return `${JSON.stringify({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: `5f3e1f9e-0000-4000-8000-${number}`,
      stage: 'ResponseComplete',
      requestURI: '/api/v1/namespaces',
      verb: 'get',
      user: { username: `asker-${number}` },
      sourceIPs: ['10.1.2.3'],
      responseStatus: { code: 200 },
      requestReceivedTimestamp: at,
      stageTimestamp: at,
    })}\n`
  })
  appendFileSync(log, lines.join(''))
}

async function evaluated(): Promise<number> {
  const { body } = await daemon.ask('/api/totals')
  return (body as { evaluated: number }).evaluated
}

interface Row {
  readonly title: string
  readonly alerts: number
  readonly matches: number
}

function alerts(): ReadonlyMap<string, Row> {
  const store = new DatabaseSync(join(folder, 'data/tallyman.db'), { readOnly: true })
  const rows = store
    .prepare(
      'SELECT title, count(DISTINCT entity) AS alerts, sum(count) AS matches FROM alert GROUP BY title',
    )
    .all() as unknown as Row[]
  store.close()
  return new Map(rows.map((row) => [row.title, { ...row }]))
}

/** Memory that the daemon uses, bytes. */
function resident(): number {
  const status = readFileSync(`/proc/${daemon.process.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}

it('a hundred reloads during a stream lose nothing and repeat nothing', { timeout: 600_000 }, async () => {
  let settled = 0
  for (let round = 0; round < RELOADS; round += 1) {
    const isThere = round % 4 < 2
    append(RECORDS)
    if (round % 10 === 9) {
      await eventually(async () => (await evaluated()) === written || undefined, 120_000)
      if (settled === 0) settled = resident()
    }
    write(
      'edited',
      rule(
        'edited',
        `# version ${round}\nlevel: ${round % 2 ? 'low' : 'high'}\n`,
        round % 3 ? 'asked' : 'other',
      ),
    )
    write('counted', counted(`# version ${round}\ndescription: round ${round}\n`))
    write('broken', round % 2 ? 'title: [\n' : rule('broken'))
    if (round % 4 === 2) rmSync(join(rules, 'leaving.yml'))
    if (round % 4 === 0) write('leaving', rule('leaving'))
    const done = daemon.ask('/api/reload', {})
    append(RECORDS)
    const { body } = await done
    expect((body as { problems: readonly unknown[] }).problems.length > 0).toBe(round % 2 === 1)
    expect(body).toMatchObject({ rules: isThere ? 6 : 5 })
  }
  await eventually(async () => (await evaluated()) === written || undefined, 120_000)

  const found = alerts()
  for (const title of ['steady', 'edited', 'broken'])
    expect(found.get(title)).toEqual({ title, alerts: written, matches: written })
  // an alert of a correlation counts what it was made of; the last of them wait for the watermark
  const whole = written - (written % COUNTED)
  await eventually(() => (alerts().get('counted')?.matches ?? 0) >= whole || undefined, 60_000)
  expect(alerts().get('counted')?.matches).toBe(whole)
  expect(alerts().has('signal')).toBe(false)
  // while it was away it saw nothing, and what it saw, it saw once
  const leaving = found.get('leaving')
  expect(leaving?.matches).toBe(leaving?.alerts)
  expect(leaving?.matches).toBeGreaterThan(0)
  expect(leaving?.matches).toBeLessThan(written)
  expect(resident()).toBeLessThan(settled + 150 * 1024 * 1024)
})

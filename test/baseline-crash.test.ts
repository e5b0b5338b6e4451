import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AlertView } from '../src/domain/alert-view.ts'
import { openReader } from '../src/store/sqlite.ts'
import { podCreated } from './audit.ts'
import { eventually, startDaemon } from './daemon.ts'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')
/** `KILLS=20` takes a minute and a half. */
const KILLS = Number(process.env['KILLS'] ?? 3)
const DAY = 86_400_000
const MINUTE = 60_000
const RECORDS = 6_000

const LEARN = 'learn: 2d, min-samples: 20, min-days: 2'
const RULES = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create}, condition: s}
---
title: new name
name: new_name
baseline: {type: new_value, rules: [created], group-by: [user.username], field: objectRef.name, ${LEARN}, alert: true}
---
title: rare name
name: rare_name
baseline: {type: rare_value, rules: [created], group-by: [user.username], field: objectRef.name, share: 0.002, ${LEARN}, alert: true}
---
title: many
name: many
baseline: {type: spike, rules: [created], group-by: [user.username], timespan: 10m, threshold: 4, floor: 5, ${LEARN}, alert: true}
---
title: weak signals
baseline: {type: risk, rules: [new_name, rare_name, many], group-by: [user.username], timespan: 6h, threshold: 50}
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-baseline-crash-'))
  writeFileSync(join(folder, 'rules.yml'), RULES)
})
afterAll(() => rmSync(folder, { recursive: true }))

it('learns and tells the same after any kill as one scan of it all', async () => {
  const [log, data, config, none] = ['audit.log', 'data', 'tallyman.yaml', 'none'].map((name) =>
    join(folder, name),
  )
  mkdirSync(none!)
  writeFileSync(log!, recordsOf(Date.now() - 13 * DAY))
  writeFileSync(
    config!,
    `inputs: [{ type: file, name: audit, paths: [${log!}] }]\nrules: [${join(folder, 'rules.yml')}]\nstrategies: ${none}\n`,
  )
  const random = seeded(7)
  for (let kill = 0; kill < KILLS; kill += 1) {
    const daemon = startDaemon(data!, config!)
    await eventually(() => daemon.printed().includes('open http') || undefined, 60_000, 'the start')
    await sleep(50 + random() * 1_500)
    await daemon.kill('SIGKILL')
  }
  const scanned = await scan(log!)
  const daemon = startDaemon(data!, config!)
  const newest = Date.now() - DAY
  const read = <T>(ask: (reader: ReturnType<typeof openReader>) => T): T => {
    const reader = openReader(join(data!, 'tallyman.db'))
    try {
      return ask(reader)
    } finally {
      reader.close()
    }
  }
  // everything was looked at once the baselines have come to where the clock is
  await eventually(
    () => read((reader) => reader.baselinePlace() ?? 0) > newest || undefined,
    120_000,
    'the baselines',
  )
  await eventually(() => read(found).length >= scanned.length || undefined, 30_000, 'the alerts')
  await daemon.kill('SIGTERM')
  expect(read(found)).toEqual(scanned)
  expect(new Set(scanned.map(({ title }) => title))).toEqual(
    new Set(['new name', 'rare name', 'many', 'weak signals']),
  )
  const totals = read((reader) => reader.totals())
  expect(totals).toMatchObject({ records: RECORDS, evaluated: RECORDS, duplicates: 0, late: {} })
}, 300_000)

interface Found {
  readonly id: string
  readonly title: string
  readonly first: string
  readonly count: number
}

function found(reader: ReturnType<typeof openReader>): readonly Found[] {
  return reader
    .alerts({ limit: 500 })
    .items.map(({ id, rule: { title }, first, count }) => ({
      id,
      title,
      first: new Date(first).toISOString(),
      count,
    }))
    .sort(byId)
}

async function scan(log: string): Promise<readonly Found[]> {
  const words = ['scan', log, '--rules', join(folder, 'rules.yml'), '--no-strategies', '--json']
  // it exits with 1, because there are alerts
  const { stdout } = await promisify(execFile)(LAUNCHER, words, { maxBuffer: 2 ** 28 }).catch(
    (cause: unknown) => cause as { stdout: string },
  )
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AlertView)
    .map(({ id, rule: { title }, first, count }) => ({ id, title, first, count }))
    .sort(byId)
}

function byId(a: Found, b: Found): number {
  return a.id < b.id ? -1 : 1
}

/** Twelve days: few names, now and then another, now and then many at once; the last hours are quiet. */
function recordsOf(start: number): string {
  const random = seeded(11)
  const step = (12 * DAY) / RECORDS
  const lines = Array.from({ length: RECORDS }, (_, n) => {
    const isBurst = n % 1_000 > 980 && n < RECORDS - 200
    const isStrange = n > 1_500 && n % 400 === 0
    const name = isStrange ? `strange-${Math.floor(n / 800)}` : `web-${Math.floor(random() * 8)}`
    return podCreated({
      name,
      user: `user-${isBurst ? 1 : Math.floor(random() * 3)}`,
      auditID: `audit-${String(n).padStart(6, '0')}`,
      time: Math.floor(start + (isBurst ? Math.floor(n / 1_000) * 1_000 + 981 : n) * step + (n % 7) * MINUTE),
    })
  })
  return `${lines.join('\n')}\n`
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

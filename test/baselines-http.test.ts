import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import { openReader } from '../src/store/sqlite.ts'
import { podCreated } from './audit.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'

const HOUR = 3_600_000
/** A name that would clear the terminal, turn what follows around, begin a line of its own and be a tag. */
const HOSTILE = '\u001b[2J\u202e\r\n<img src=x>'
/** Values whose states are larger together than what other changes may send. */
const MANY = 900

const RULES = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create}, condition: s}
---
title: new name
name: new_name
baseline: {type: new_value, rules: [created], group-by: [user.username], field: objectRef.name, learn: 1d, min-samples: 3, min-days: 1}
`

let folder: string
let daemon: Daemon
let place: readonly string[]
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-baselines-http-'))
  const [log, data, config, none] = ['audit.log', 'data', 'tallyman.yaml', 'none'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  mkdirSync(none)
  writeFileSync(join(folder, 'rules.yml'), RULES)
  const start = Date.now() - 60 * HOUR
  const pod = (user: string, name: string, n: number) =>
    podCreated({ user, name, auditID: `audit-${user.length}-${n}`, time: start + n * 60_000 })
  const names = Array.from(
    { length: MANY },
    (_, n) => `a-name-that-is-long-enough-to-make-a-state-large-${n}`,
  )
  const lines = [
    ...names.map((name, n) => pod('alice', name, n)),
    pod(HOSTILE, HOSTILE, 1),
    pod('alice', HOSTILE, 2_500),
  ]
  writeFileSync(log, `${lines.join('\n')}\n`)
  writeFileSync(
    config,
    `inputs: [{ type: file, name: audit, paths: [${log}] }]\nrules: [${join(folder, 'rules.yml')}]\nstrategies: ${none}\n`,
  )
  place = ['--config', config, '--data', data]
  daemon = startDaemon(data, config)
  await daemon.url()
  const learned = async () =>
    (await run('list', 'new_name', '--json')).out.includes('alice') ? true : undefined
  await eventually(learned, 120_000, 'what the baselines learned')
  await eventually(
    () => ask((reader) => reader.baselinePlace() ?? 0) > Date.now() - HOUR || undefined,
    120_000,
    'the clock',
  )
}, 300_000)
afterAll(async () => {
  await daemon.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

async function run(verb: string, ...words: readonly string[]) {
  let [out, err] = ['', '']
  const to = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) }
  const terminal = !words.includes('--json') && verb !== 'export'
  const exit = await main(['baseline', verb, ...words, ...place], { ...to, terminal })
  return { exit, out, err }
}

function ask<T>(question: (reader: ReturnType<typeof openReader>) => T): T {
  const reader = openReader(join(folder, 'data', 'tallyman.db'))
  try {
    return question(reader)
  } finally {
    reader.close()
  }
}

const valuesOf = async (user: string): Promise<readonly string[]> => {
  const { out } = await run('show', 'new_name', user, '--json')
  const { learned } = JSON.parse(out) as { learned: { values: { value: string; state: string }[] } }
  return learned.values.filter(({ state }) => state === 'learned').map(({ value }) => value)
}

it('lists and shows hostile names beside a running daemon, as text', async () => {
  for (const { exit, out, err } of [
    await run('list'),
    await run('list', 'new_name'),
    await run('show', 'new_name', HOSTILE),
    await run('show', 'new_name', 'alice'),
  ]) {
    expect(exit).toBe(0)
    for (const control of ['\u001b', '\u202e', '\r']) expect(out + err).not.toContain(control)
  }
  const { exit, err } = await run('show', 'new_name', `nobody${HOSTILE}`)
  expect(exit).toBe(2)
  expect(err).not.toContain('\u001b')
})

it('approves and forgets through the daemon, and says who did in the audit trail', async () => {
  expect(await valuesOf('alice')).not.toContain(HOSTILE)
  expect(await run('approve', 'new_name', 'alice', '--value', HOSTILE)).toMatchObject({ exit: 0 })
  expect(await valuesOf('alice')).toContain(HOSTILE)
  const again = await run('approve', 'new_name', 'alice', '--value', HOSTILE)
  expect(again).toMatchObject({ exit: 2 })
  expect(again.err).toContain('no such value')
  expect(await run('forget', 'new_name', 'alice', '--value', HOSTILE)).toMatchObject({ exit: 0 })
  expect(await valuesOf('alice')).not.toContain(HOSTILE)
  const trail = ask((reader) => reader.auditTrail()).filter(({ action }) => action.startsWith('baseline.'))
  expect(trail.map(({ action, detail }) => [action, detail])).toEqual(
    ['baseline.forget', 'baseline.approve'].map((action) => [
      action,
      { rule: 'new_name', strategy: 'sigma', key: '["alice"]', value: HOSTILE },
    ]),
  )
  for (const { actor } of trail) expect(actor).toMatch(/^cli/)
})

it('exports, forgets and imports whole keys, however large their states are', async () => {
  const { out, err } = await run('export')
  expect(err).toBe('2 keys exported\n')
  expect(out.length).toBeGreaterThan(65_536)
  const file = join(folder, 'baselines.jsonl')
  writeFileSync(file, out)
  const before = await valuesOf('alice')
  expect(before.length).toBeGreaterThan(MANY - 1)
  expect(await run('forget', 'new_name', 'alice')).toMatchObject({ exit: 0 })
  expect(await run('show', 'new_name', 'alice')).toMatchObject({ exit: 2 })
  expect(await run('import', file)).toMatchObject({ exit: 0, err: '2 keys imported\n' })
  expect(await valuesOf('alice')).toEqual(before)
})

it('answers nobody without a session or a token', async () => {
  const url = await daemon.url()
  const rows = ask((reader) => reader.auditTrail()).length
  const change = JSON.stringify({ rule: 'new_name', key: '["alice"]' })
  for (const [path, body] of [
    ['baselines'],
    ['baselines/keys?rule=new_name'],
    ['baselines/key?rule=new_name&key=%5B%22alice%22%5D'],
    ['baselines/approve', change],
    ['baselines/forget', change],
    ['baselines/import', '{"rows":[]}'],
  ]) {
    const sent =
      body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': 'application/json' } }
    expect((await fetch(new URL(`/api/${path}`, url), sent)).status).toBe(401)
  }
  expect(ask((reader) => reader.auditTrail()).length).toBe(rows)
  expect(readFileSync(join(folder, 'data', 'cli.token'), 'utf8')).not.toBe('')
})

import { execFile } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
const KILLS = 8
const USERS = 5

const rule = (name: string, beginning: string): string => `title: ${name}
name: ${name}
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create, objectRef.name|startswith: ${beginning}}, condition: s}
---
`
const correlation = (title: string, body: string): string =>
  `title: ${title}\ncorrelation: {group-by: [user.username], ${body}}\n---\n`
const RULES =
  rule('first', 'a') +
  rule('second', 'b') +
  correlation('many', 'type: event_count, rules: [first], timespan: 2s, condition: {gte: 5}') +
  correlation(
    'several',
    'type: value_count, rules: [first], timespan: 5s, condition: {gte: 6, field: objectRef.name}',
  ) +
  correlation('one, then the other', 'type: temporal_ordered, rules: [first, second], timespan: 1s') +
  correlation('few', 'type: event_count, rules: [second], timespan: 3s, condition: {lte: 3}') +
  correlation('an effect alone', 'type: unexplained, rules: [second, first], timespan: 1s')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-correlation-crash-'))
  writeFileSync(join(folder, 'rules.yml'), RULES)
  mkdirSync(join(folder, 'no-strategies'))
})
afterAll(() => rmSync(folder, { recursive: true }))

it('correlates the same after any kill: each alert once, with the same evidence, as one scan of it all', async () => {
  const [log, data, config] = ['audit.log', 'data', 'tallyman.yaml'].map((name) => join(folder, name))
  writeFileSync(
    config!,
    `inputs: [{ type: file, name: audit, paths: [${log!}] }]
rules: [${join(folder, 'rules.yml')}]
strategies: ${join(folder, 'no-strategies')}
correlations: { lateness: 2s }
`,
  )
  const random = seeded(42)
  let written = 0
  const write = (name?: string): void => {
    written += 1
    const kind = random() < 0.7 ? 'a' : 'b'
    appendFileSync(
      log!,
      `${podCreated({
        name: name ?? `${kind}-${written}`,
        user: `user-${Math.floor(random() * USERS)}`,
        auditID: `audit-${String(written).padStart(5, '0')}`,
        time: Date.now(),
      })}\n`,
    )
  }
  write()
  for (let kill = 0; kill < KILLS; kill += 1) {
    const daemon = startDaemon(data!, config!)
    await eventually(() => daemon.printed().includes('open http') || undefined, 60_000, 'the start')
    const end = performance.now() + 500 + random() * 3_000
    while (performance.now() < end) {
      write()
      await sleep(30 + random() * 150)
    }
    await daemon.kill('SIGKILL')
    for (let more = 0; more < 3; more += 1) write()
  }
  // nothing before it, and nothing after it, could be its cause
  await sleep(1_500)
  write('b-alone')
  // time goes on beyond every window, so that a scan decides them too
  await sleep(6_000)
  write('z-last')
  const scanned = await scan(log!)
  const daemon = startDaemon(data!, config!)
  const found = (): unknown[] => {
    const reader = openReader(join(data!, 'tallyman.db'))
    try {
      return reader
        .alerts({ limit: 500 })
        .items.map(({ id, rule: { title }, count, evidence }) => ({
          id,
          title,
          count,
          events: evidence.map(({ event }) => event).sort(),
        }))
        .sort(byId)
    } finally {
      reader.close()
    }
  }
  await eventually(() => found().length >= scanned.length || undefined, 60_000, 'the alerts')
  await sleep(3_000)
  await daemon.kill('SIGTERM')
  expect(found()).toEqual(scanned)
  expect(new Set(scanned.map(({ title }) => title))).toEqual(
    new Set(['many', 'several', 'one, then the other', 'few', 'an effect alone']),
  )
}, 240_000)

async function scan(log: string): Promise<{ id: string; title: string; count: number; events: string[] }[]> {
  const words = ['scan', log, '--rules', join(folder, 'rules.yml'), '--no-strategies', '--json']
  // it exits with 1, because there are alerts
  const { stdout } = await promisify(execFile)(LAUNCHER, words, { maxBuffer: 2 ** 28 }).catch(
    (cause: unknown) => cause as { stdout: string },
  )
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AlertView)
    .map(({ id, rule: { title }, count, evidence }) => ({
      id,
      title,
      count,
      events: evidence.map(({ event }) => event).sort(),
    }))
    .sort(byId)
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

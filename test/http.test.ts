import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openReader } from '../src/store/sqlite.ts'
import { allAlerts, auditLoad, disagreements, freePort } from './audit-load.ts'
import { createAuditWebhook, eventList } from './audit-webhook.ts'
import { podCreated } from './audit.ts'
import { createAuthority } from './certificates.ts'
import { eventually, startDaemon, type Daemon } from './daemon.ts'
import { post } from './http-input.ts'

/** A daemon may be slow to start on a machine that does other things as well, ms. */
const PATIENCE = 60_000
vi.setConfig({ testTimeout: 3 * PATIENCE })

let folder: string
let data: string
let daemons: Daemon[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-http-daemon-'))
  data = join(folder, 'data')
  daemons = []
})
afterEach(async () => {
  for (const daemon of daemons) await daemon.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function start(inputs: string): Daemon {
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(config, `inputs:\n${inputs}`)
  const daemon = startDaemon(data, config)
  daemons.push(daemon)
  return daemon
}

/** Where the daemon takes telemetry, and its token. */
async function inputOf(daemon: Daemon): Promise<{ url: string; token: string }> {
  const url = await eventually(() => /telemetry at (\S+);/.exec(daemon.printed())?.[1], PATIENCE)
  return { url, token: readFileSync(join(data, 'audit.token'), 'utf8').trim() }
}

const pod = (name: string): string =>
  podCreated({ name, auditID: name, time: 1_795_200_000_000, privileged: true })

it('a list that an API server sends becomes alerts; sent again after a kill, it does not', async () => {
  const first = start('  - { type: http, name: audit, port: 0 }\n')
  const input = await inputOf(first)
  const list = eventList([pod('a'), pod('b')])
  expect(await post(input, list)).toMatchObject({ status: 200, body: { repeated: false } })
  await first.kill('SIGKILL')

  const again = start('  - { type: http, name: audit, port: 0 }\n')
  const sameInput = await inputOf(again)
  expect(sameInput.token).toBe(input.token)
  expect(await post(sameInput, list)).toMatchObject({ status: 200, body: { repeated: true } })
  // in another list, it is the audit id that tells
  expect(await post(sameInput, eventList([pod('a'), pod('c')]))).toMatchObject({ body: { repeated: false } })
  expect((await again.ask('/api/totals')).body).toMatchObject({ evaluated: 3, duplicates: 3, failed: 0 })
  expect(await again.kill('SIGTERM')).toBe(0)
  const reader = openReader(join(data, 'tallyman.db'))
  const alerts = allAlerts(reader)
  reader.close()
  expect(new Set(alerts.map(({ entity }) => entity['k8s.pod.name']))).toEqual(new Set(['a', 'b', 'c']))
  expect(new Set(alerts.map(({ count }) => count))).toEqual(new Set([1]))
})

it('its token writes telemetry and nothing else, and no other secret writes telemetry', async () => {
  const daemon = start('  - { type: http, name: audit, port: 0 }\n')
  const input = await inputOf(daemon)
  expect(statSync(join(data, 'audit.token')).mode & 0o777).toBe(0o600)
  expect(daemon.printed()).not.toContain(input.token)
  const api = await daemon.url()
  const asToken = await fetch(new URL('/api/incidents', api), {
    headers: { authorization: `Bearer ${input.token}` },
  })
  expect(asToken.status).toBe(401)
  const cli = readFileSync(join(data, 'cli.token'), 'utf8').trim()
  expect(await post({ url: input.url, token: cli }, '{}')).toMatchObject({ status: 401 })
  const [, login = ''] = /login\?token=(\S+)/.exec(daemon.printed()) ?? []
  expect(login).not.toBe('')
  expect(await post({ url: input.url, token: login }, '{}')).toMatchObject({ status: 401 })
})

it('what cannot be evaluated is counted, and the body is taken', async () => {
  const daemon = start('  - { type: http, name: audit, port: 0 }\n')
  const input = await inputOf(daemon)
  expect(await post(input, `${pod('a')}\n{"broken\n{"kind":"Event"}\n`)).toMatchObject({ status: 200 })
  expect(await post(input, 'prose that no source knows')).toMatchObject({ status: 200 })
  expect((await daemon.ask('/api/totals')).body).toMatchObject({ records: 4, evaluated: 1, failed: 3 })
  expect(await post(input, 'x', { headers: { 'content-type': 'image/png' } })).toMatchObject({ status: 415 })
  expect(((await daemon.ask('/api/status')).body as { inputs: unknown[] }).inputs).toMatchObject([
    {
      name: 'audit',
      type: 'http',
      senders: [{ name: 'audit', committed: 2, repeated: 0, refused: 1, last: expect.stringMatching(/Z$/) }],
    },
  ])
})

it('everything that was taken is there once, through four kills under load', async () => {
  const port = await freePort()
  const authority = createAuthority(folder)
  const { cert, key } = authority.issue('tallyman')
  const inputs = `  - { type: http, name: audit, port: ${port}, tls: { cert: ${cert}, key: ${key} } }\n`
  let daemon = start(inputs)
  const { url, token } = await inputOf(daemon)
  const ca = readFileSync(authority.cert, 'utf8')
  const webhook = createAuditWebhook({ url, token, ca, initialBackoff: 250, tries: 12 })
  let ended = false
  const loading = auditLoad(webhook, 5_000, () => ended)
  for (let kill = 0; kill < 4; kill += 1) {
    await sleep(500 + kill * 350)
    await daemon.kill('SIGKILL')
    daemon = start(inputs)
    await inputOf(daemon)
  }
  await sleep(500)
  ended = true
  const load = await loading
  webhook.close()
  expect(await daemon.kill('SIGTERM')).toBe(0)

  const reader = openReader(join(data, 'tallyman.db'))
  const [totals, alerts] = [reader.totals(), allAlerts(reader)]
  reader.close()
  expect(load.sent.every(({ taken }) => taken)).toBe(true)
  expect(load.taken).toBeGreaterThan(5_000)
  expect(load.pods.length).toBeGreaterThan(5)
  expect(disagreements(load, totals, alerts)).toEqual([])
  expect(totals.evaluated).toBe(load.taken)
})

it('an input that cannot listen does not keep another from reading', async () => {
  const port = await freePort()
  mkdirSync(join(folder, 'logs'))
  writeFileSync(join(folder, 'logs/audit.log'), `${pod('a')}\n`)
  const daemon = start(
    `  - { type: http, name: one, port: ${port} }\n  - { type: http, name: two, port: ${port} }\n  - { type: file, name: files, paths: [${folder}/logs] }\n`,
  )
  const ask = async <T>(path: string): Promise<T | undefined> => {
    const answer = await daemon.ask(path).catch(() => undefined)
    return answer?.body as T | undefined
  }
  await eventually(() => daemon.url().catch(() => undefined), PATIENCE)
  await eventually(
    async () => ((await ask<{ evaluated: number }>('/api/totals'))?.evaluated === 1 ? true : undefined),
    PATIENCE,
  )
  await eventually(async () => {
    type Status = { inputs: { state: string; error?: { message: string } }[] }
    const failed = (await ask<Status>('/api/status'))?.inputs.find(({ state }) => state === 'failed')
    return failed?.error?.message.includes(`cannot listen on 127.0.0.1:${port}`)
  }, PATIENCE)
})

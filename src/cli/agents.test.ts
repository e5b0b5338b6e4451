import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStore } from '../store/sqlite.ts'
import { main } from './main.ts'
import type { Output } from './output.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-agents-cli-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function agent(...words: readonly string[]): Promise<{ exit: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const output: Output = {
    terminal: false,
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
  }
  const exit = await main(['agent', ...words, '--data', folder], output)
  return { exit, out, err }
}

it('a token is printed once, and kept nowhere', async () => {
  const added = await agent('add', 'web-1', '--host', 'web-1.example', '--cluster', 'production')
  expect(added).toMatchObject({ exit: 0, out: expect.stringMatching(/^web-1\.[\w-]{43}\n$/) })
  const file = join(folder, 'agents.json')
  expect(readFileSync(file, 'utf8')).not.toContain(added.out.trim())
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const [told] = (await agent('list')).out.split('\n')
  expect(JSON.parse(told ?? '')).toMatchObject({
    name: 'web-1',
    host: 'web-1.example',
    cluster: 'production',
  })
  expect(told).not.toContain('token')
})

it('each change is part of the audit trail, without the token', async () => {
  const { out } = await agent('add', 'web-1', '--cluster', 'production')
  await agent('set', 'web-1', '--host', 'web-1.example')
  await agent('remove', 'web-1')
  expect(await agent('remove', 'web-1')).toMatchObject({ exit: 2 })
  const store = openStore(join(folder, 'tallyman.db'), { durable: true })
  const trail = store.auditTrail()
  store.close()
  expect(trail.map(({ action, detail }) => [action, detail]).toReversed()).toEqual([
    ['agent.add', { name: 'web-1', host: 'web-1', cluster: 'production', relays: false }],
    ['agent.set', { name: 'web-1', host: 'web-1.example', cluster: 'production', relays: false }],
    ['agent.remove', { name: 'web-1' }],
  ])
  expect(trail.every(({ actor }) => actor.startsWith('cli:'))).toBe(true)
  expect(JSON.stringify(trail)).not.toContain(out.trim())
})

it('each is of a machine of its own', async () => {
  await agent('add', 'web-1', '--host', 'web.example')
  expect(await agent('add', 'web-1')).toMatchObject({ exit: 2, err: expect.stringContaining('already') })
  expect(await agent('add', 'web-2', '--host', 'web.example')).toMatchObject({ exit: 2 })
  expect(await agent('add', 'Web 3')).toMatchObject({ exit: 2, err: expect.stringContaining('lower-case') })
  await agent('add', 'web-2')
  expect(await agent('set', 'web-2', '--host', 'web.example')).toMatchObject({ exit: 2 })
  expect(await agent('set', 'web-2', '--host', 'web-2.example', '--relay')).toMatchObject({ exit: 0 })
  const rows = (await agent('list')).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; host: string; relays: boolean })
  expect(rows).toMatchObject([
    { name: 'web-1', host: 'web.example', relays: false },
    { name: 'web-2', host: 'web-2.example', relays: true },
  ])
  expect(await agent('remove', 'web-1')).toMatchObject({ exit: 0 })
  expect(await agent('remove', 'web-1')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('there are web-2'),
  })
})

it('says what it needs to send', async () => {
  expect(await agent()).toMatchObject({ exit: 2, err: expect.stringContaining('--to https://') })
  expect(await agent('--to', 'https://127.0.0.1:1')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('token'),
  })
  const tokenFile = join(folder, 'agent.token')
  writeFileSync(tokenFile, 'web-1.0123456789abcdef', { mode: 0o600 })
  expect(await agent('--to', 'http://192.0.2.1:7412')).toMatchObject({
    exit: 2,
    err: expect.stringContaining('not reached through TLS'),
  })
  expect(await agent('--to', 'ftp://192.0.2.1')).toMatchObject({ exit: 2 })
  const help = await agent('--help')
  expect(help.out).toContain('$ tallyman agent --to https://')
})

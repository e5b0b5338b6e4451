import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createCommands, type Commands, type SilenceRequest } from './commands.ts'
import { loadSite } from './site/site.ts'
import { openStore } from './store/sqlite.ts'
import type { Store } from './store/store.ts'

const NOW = Date.UTC(2026, 10, 20)
let folder: string
let store: Store
let commands: Commands
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-commands-'))
  store = openStore(join(folder, 'store.db'), { durable: true })
  commands = createCommands({ store, site: folder, now: () => NOW, reload: async () => {} })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

const request: SilenceRequest = {
  match: { 'host.name': 'build-7' },
  for: 3_600_000,
  owner: 'ci',
  reason: 'load test',
}
const file = (): string => join(folder, 'silences/silences.yaml')

it.each([
  ['no file', undefined],
  ['an empty list', '[]\n'],
  [
    'an indented list with a comment',
    "# ours\n  - id: mine\n    owner: o\n    reason: r\n    until: '2026-12-01T00:00:00Z'\n    match: { host.name: a }\n",
  ],
  [
    'a list without a final newline',
    "- { id: mine, owner: o, reason: r, until: '2026-12-01T00:00:00Z', match: { host.name: a } }",
  ],
])('adds a silence to %s, and keeps what was there', async (_name, before) => {
  mkdirSync(join(folder, 'silences'))
  if (before !== undefined) writeFileSync(file(), before)
  const id = await commands.addSilence(request, 'cli')
  const site = await loadSite(folder)
  expect(site.problems).toEqual([])
  expect(site.silences.map((each) => each.id)).toEqual([
    ...(before?.includes('mine') === true ? ['mine'] : []),
    id,
  ])
  if (before?.includes('# ours') === true) expect(readFileSync(file(), 'utf8')).toContain('# ours')
})

it('adds many at once, one after the other', async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      commands.addSilence({ ...request, match: { 'host.name': `h${n}` } }, 'cli'),
    ),
  )
  expect((parse(readFileSync(file(), 'utf8')) as unknown[]).length).toBe(20)
})

it.each([[{ 'host.name': '*' }], [{ 'host.name': null }], [{ 'host.name': ['a', '*'] }], [{}]])(
  'refuses a silence of everything: %j',
  async (match) => {
    await expect(commands.addSilence({ ...request, match }, 'cli')).rejects.toThrow('everything')
  },
)

it('refuses to write into what is no list, and leaves it as it is', async () => {
  mkdirSync(join(folder, 'silences'))
  writeFileSync(file(), 'a: 1\n')
  await expect(commands.addSilence(request, 'cli')).rejects.toThrow('not a list')
  expect(readFileSync(file(), 'utf8')).toBe('a: 1\n')
})

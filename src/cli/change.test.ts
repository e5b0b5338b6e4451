import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { aCommit, rated } from '../../test/builders.ts'
import { type Config } from '../config/config.ts'
import { loadConfig } from '../config/load-config.ts'
import { dataFiles } from '../daemon/data-folder.ts'
import { fold, stateKeys } from '../engine/alerting.ts'
import { loadSite } from '../site/site.ts'
import { openStore } from '../store/sqlite.ts'
import { addSilence, adopt, listSilences } from './change.ts'
import { readStore } from './read-store.ts'

const WHO = { owner: 'ops', reason: 'reviewed' }
let folder: string
let config: Config
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-change-'))
  config = { ...loadConfig(undefined), data: folder }
  const store = openStore(dataFiles(folder).store, { durable: true })
  const matches = [rated({ id: 'p', inventory: true }, {}, 'high')]
  store.commit(aCommit({ output: fold(store.load(stateKeys(matches)), matches) }))
  store.close()
})
afterEach(() => rmSync(folder, { recursive: true }))

function heard() {
  let out = ''
  const output = { out: (part: string): void => void (out += part), err: () => {}, terminal: false }
  return { output, out: () => out }
}

it('an entry of the posture report is adopted by the beginning of its id', async () => {
  const id = readStore(config, (reader) => reader.alerts({ posture: true }).items[0]?.id ?? '')
  expect(id).toHaveLength(32)
  const { output } = heard()
  await expect(adopt(config, { ...WHO, for: '90d', alert: ['zz'] }, output)).rejects.toThrow(
    'nothing has the id',
  )
  expect(await adopt(config, { ...WHO, for: '90d', alert: [id.slice(0, 8)] }, output)).toBe(0)
  expect((await loadSite(dataFiles(folder).site)).filters.map((filter) => filter.id)).toEqual([
    `adopted-${id.slice(0, 8)}`,
  ])
})

it('a silence for a rule that is not there, or for a misspelt field, is refused; others are listed', async () => {
  const { output, out } = heard()
  const silence = (match: string, rule: string[] = []) =>
    addSilence(config, { ...WHO, for: '2h', match: [match], rule }, output)
  await expect(silence('host.name=a', ['container_host_powr'])).rejects.toMatchObject({
    message: 'no rule container_host_powr',
    mend: 'did you mean container_host_power?',
  })
  await expect(silence('host.nam=a')).rejects.toMatchObject({
    message: 'no field host.nam',
    mend: expect.stringContaining('did you mean host.name?'),
  })
  expect(await silence('host.name|startswith=a', ['container_host_power'])).toBe(0)
  await listSilences(config, true, output)
  expect(JSON.parse(out())).toMatchObject({
    owner: 'ops',
    rules: ['container_host_power'],
    match: { 'host.name|startswith': ['a'] },
  })
})

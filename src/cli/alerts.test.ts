import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { aCommit, rated } from '../../test/builders.ts'
import { loadConfig } from '../config.ts'
import { dataFiles } from '../daemon/data-folder.ts'
import type { Level, Rating } from '../domain/match.ts'
import { fold, stateKeys } from '../engine/alerting.ts'
import { openStore } from '../store/sqlite.ts'
import { showAlert } from './alerts.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-cli-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What a person is shown of an alert that was rated so. */
function shown(level: Level, rating?: Rating): string {
  const config = { ...loadConfig(undefined), data: folder }
  const store = openStore(dataFiles(folder).store, { durable: true })
  const match = { ...rated({}, {}, level), ...(rating === undefined ? {} : { rating }) }
  store.commit(aCommit({ output: fold(store.load(stateKeys([match])), [match]) }))
  const [alert] = store.alerts().items
  store.close()
  let text = ''
  const output = { out: (part: string) => (text += part), err: () => {}, terminal: true }
  showAlert(config, alert?.id ?? '', false, output)
  return text
}

it('an alert is shown with the condition of Priority that changed its level', () => {
  const condition = { 'container.privileged': true, 'mount.exposes': ['host-root', 'kernel'] }
  expect(shown('high', { by: 'priority', rule: 'medium', condition })).toContain(
    "level     high instead of the rule's medium, by the strategy's Priority: " +
      'container.privileged is true and mount.exposes is host-root or kernel\n',
  )
})

it('an alert is shown with the site’s setting that changed its level', () => {
  expect(shown('low', { by: 'site', rule: 'medium' })).toContain(
    "level     low instead of the rule's medium, by the site's rules.yaml\n",
  )
})

it('a level that is the rule’s own needs no word', () => {
  expect(shown('medium')).not.toContain('instead of')
})

it('a condition is hostile text like any other', () => {
  expect(shown('high', { by: 'priority', rule: 'low', condition: { Image: '\u001b[2J' } })).not.toContain(
    '\u001b',
  )
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { aCommit, rated } from '../../test/builders.ts'
import { type Config } from '../config/config.ts'
import { loadConfig } from '../config/load-config.ts'
import { dataFiles } from '../daemon/data-folder.ts'
import { conditionWords } from '../domain/condition-words.ts'
import type { Level, Rating } from '../domain/match.ts'
import { fold, stateKeys } from '../engine/alerting.ts'
import { openStore } from '../store/sqlite.ts'
import { closeAlert, closeIncident, listIncidents, showAlert } from './alerts.ts'
import { readStore } from './read-store.ts'

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
      'container.privileged is true and mount.exposes contains host-root or kernel\n',
  )
})

it.each([
  ['process.command_args', ['-x509', '--x509'], 'process.command_args contains -x509 or --x509'],
  ['process.command_args|contains|all', ['a', 'b'], 'process.command_args contains a and b'],
  ['exec.origin', 'exec', 'exec.origin is exec'],
  ['Image|endswith', ['/sh', '/ash'], 'Image ends with /sh or /ash'],
  ['container.id|exists', false, 'container.id is not there'],
  ['k8s.replicas|gte', 3, 'k8s.replicas is at least 3'],
])('a condition in words: %s', (item, value, words) => {
  expect(conditionWords(item, value)).toBe(words)
})

/** A store with an incident and a posture report, as nobody's daemon holds it. */
function aQueue(): Config {
  const config = { ...loadConfig(undefined), data: folder }
  const store = openStore(dataFiles(folder).store, { durable: true })
  const matches = [rated({ id: 'a' }, {}, 'high'), rated({ id: 'p', inventory: true }, {}, 'high')]
  store.commit(aCommit({ output: fold(store.load(stateKeys(matches)), matches) }))
  store.close()
  return config
}

function heard() {
  let [out, err] = ['', '']
  const output = {
    out: (part: string): void => void (out += part),
    err: (part: string): void => void (err += part),
    terminal: true,
  }
  return { output, out: () => out, err: () => err }
}

it('an incident is closed with all of its alerts, and an id of the other kind says so', async () => {
  const config = aQueue()
  const [incident, alert] = readStore(config, (reader) => [
    reader.incidents({ kind: 'incident' }).items[0]?.id ?? '',
    reader.alerts({}).items[0]?.id ?? '',
  ])
  const { output, err } = heard()
  await expect(closeAlert(config, incident ?? '', 'benign', '', output)).rejects.toMatchObject({
    message: expect.stringContaining('is an incident, not an alert'),
    mend: expect.stringContaining(`tallyman incidents close ${incident}`),
  })
  await expect(closeIncident(config, alert ?? '', 'benign', '', output)).rejects.toMatchObject({
    message: expect.stringContaining('is an alert, not an incident'),
  })
  await expect(closeIncident(config, incident ?? '', 'fine', '', output)).rejects.toThrow('no verdict fine')
  expect(await closeIncident(config, incident?.slice(0, 8) ?? '', 'benign', 'ours', output)).toBe(0)
  expect(err()).toBe(`closed all open alerts of ${incident} as benign\n`)
  const closed = readStore(config, (reader) => reader.alert(alert ?? ''))
  expect(closed).toMatchObject({ status: 'closed', verdict: 'benign' })
  await expect(closeIncident(config, incident ?? '', 'benign', '', output)).rejects.toThrow('closed already')
})

it('the posture report stands apart from the queue', () => {
  const { output, out } = heard()
  listIncidents(aQueue(), { json: false }, output)
  const lines = out().trim().split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[1]).toMatch(/ high +open /)
  expect(lines[2]).toMatch(/^posture report of .*: 1 entry \([\da-f]{8}\); review it, then 'tallyman adopt'/)
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

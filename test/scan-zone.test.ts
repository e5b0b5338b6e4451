import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import { podCreated } from './audit.ts'

const RULES = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create}, condition: s}
---
title: new name
baseline: {type: new_value, rules: [created], group-by: [user.username], field: objectRef.name, learn: 2d, min-samples: 4, min-days: 3, alert: true}
`
/** Two days of London, three of Berlin. */
const EVENINGS = ['2026-11-02T22:30Z', '2026-11-02T23:30Z', '2026-11-03T22:30Z', '2026-11-03T23:30Z']

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-scan-zone-'))
  writeFileSync(join(folder, 'rules.yml'), RULES)
  const pods = [
    ...EVENINGS.map((at) => ({ name: 'usual', at })),
    { name: 'strange', at: '2026-11-05T12:00Z' },
  ]
  const lines = pods.map(({ name, at }, n) =>
    podCreated({ name, auditID: `audit-${n}`, time: Date.parse(at) }),
  )
  writeFileSync(join(folder, 'audit.log'), `${lines.join('\n')}\n`)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function scan(...words: readonly string[]) {
  let [out, err] = ['', '']
  const to = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) }
  const rules = ['--rules', join(folder, 'rules.yml'), '--no-strategies', '--json']
  const exit = await main(['scan', join(folder, 'audit.log'), ...rules, ...words], { ...to, terminal: false })
  return { exit, err, alerts: out.trim().split('\n').filter(Boolean).length }
}

it('counts days and hours in the zone of the site, and says which', async () => {
  expect(await scan()).toMatchObject({ exit: 0, alerts: 0 })
  const berlin = await scan('--zone', 'Europe/Berlin')
  expect(berlin).toMatchObject({ exit: 1, alerts: 1 })
  expect(berlin.err).toContain('days and hours: those of Europe/Berlin')
})

it('refuses what is no zone', async () => {
  const { exit, err } = await scan('--zone', 'Berlin\u001b[31m')
  expect(exit).toBe(2)
  expect(err).toContain('no time zone')
  expect(err).not.toContain('\u001b[31m')
})

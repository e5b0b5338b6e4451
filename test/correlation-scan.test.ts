import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import type { AlertView } from '../src/domain/alert-view.ts'
import { compileRules } from '../src/sigma/sigma.ts'
import { podCreated } from './audit.ts'

const RULES = `title: created
name: created
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create, objectRef.name|startswith: a}, condition: s}
---
title: another
name: another
logsource: {product: kubernetes, service: audit}
detection: {s: {verb: create, objectRef.name|startswith: b}, condition: s}
---
title: many
correlation: {type: event_count, rules: [created], group-by: [user.username], timespan: 30s, condition: {gte: 4}}
---
title: one, then the other
correlation: {type: temporal_ordered, rules: [created, another], group-by: [user.username], timespan: 6s}
---
title: without another
correlation: {type: temporal, condition: created and not another, group-by: [user.username], timespan: 7s}
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-correlation-scan-'))
  writeFileSync(join(folder, 'rules.yml'), RULES)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function scan(logs: string, jobs: string): Promise<readonly unknown[]> {
  let out = ''
  await main(
    ['scan', logs, '--rules', join(folder, 'rules.yml'), '--no-strategies', '--json', '--jobs', jobs],
    { out: (text) => void (out += text), err: () => {}, terminal: false },
  )
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AlertView)
    .map(({ rule, entity, first, last, count, evidence }) => ({
      title: rule.title,
      user: entity['user.name'],
      first,
      last,
      count,
      events: evidence.map(({ time, fields }) => `${time} ${JSON.stringify(fields['auditID'])}`).sort(),
    }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

it('finds the same whatever the order of files, and with several threads', async () => {
  const start = Date.UTC(2026, 10, 20, 9)
  const lines = Array.from({ length: 4_000 }, (_, n) =>
    podCreated({
      name: `${n % 17 === 0 ? 'b' : n % 3 === 0 ? 'a' : 'c'}-${n}`,
      user: `user-${(n * 31) % 5}`,
      auditID: `audit-${String(n).padStart(5, '0')}`,
      time: start + n * 500,
    }),
  )
  const folders = [lines, lines.toReversed()].map((all, order) => {
    const logs = join(folder, `logs-${order}`)
    mkdirSync(logs)
    for (let part = 0; part < 5; part += 1)
      writeFileSync(
        join(logs, `${part}.log`),
        `${all.filter((_, at) => Math.floor(at / 37) % 5 === part).join('\n')}\n`,
      )
    return logs
  })
  const found = await scan(folders[0]!, '1')
  expect(new Set(found.map((each) => (each as { title: string }).title))).toEqual(
    new Set(['many', 'one, then the other', 'without another']),
  )
  expect(await scan(folders[1]!, '1')).toEqual(found)
  expect(await scan(folders[0]!, '3')).toEqual(found)
}, 120_000)

it('takes every example of the documentation', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../docs/correlations.md'), 'utf8')
  const [whole = '', ...examples] = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    (found) => found[1] ?? '',
  )
  expect(examples.length).toBeGreaterThanOrEqual(8)
  const named = new Set(
    examples.flatMap((example) => [
      ...(/rules: \[([^\]]*)\]/.exec(example)?.[1]?.split(', ') ?? []),
      ...(/condition: ([a-z_ ()]+),/.exec(example)?.[1]?.match(/[a-z_]+/g) ?? []),
    ]),
  )
  const rules = [...named]
    .filter((name) => !/^(?:and|or|not|login_failed)$/.test(name))
    .map(
      (name) =>
        `title: ${name}\nname: ${name}\nlogsource: {category: test}\ndetection: {s: {A: ${name}}, condition: s}\n`,
    )
  const documents = [whole, ...rules, ...examples.map((example, n) => `title: example ${n}\n${example}`)]
  const { ruleset, refused, warnings } = compileRules(
    [{ file: 'docs', text: documents.join('---\n'), line: 1, strategy: 'sigma' }],
    { lists: new Map() },
  )
  expect([...refused, ...warnings]).toEqual([])
  expect(new Set(ruleset.correlations.map(({ type }) => type)).size).toBe(10)
})

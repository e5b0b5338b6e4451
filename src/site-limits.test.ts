import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadDetection } from './detection.ts'
import { siteLimits } from './site-limits.ts'

const NOW = Date.UTC(2026, 10, 21)
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-limits-'))
  for (const name of ['lists', 'filters', 'silences', 'sigma']) mkdirSync(join(folder, name))
  writeFileSync(
    join(folder, 'sigma/r.yml'),
    'title: Deleted\nname: deleted\nlogsource: { product: kubernetes, service: audit }\ndetection: { s: { verb: delete }, condition: s }\n',
  )
})
afterEach(() => rmSync(folder, { recursive: true }))

async function told(): Promise<readonly string[]> {
  const detection = await loadDetection({
    strategies: undefined,
    rules: [join(folder, 'sigma')],
    site: folder,
    zone: 'UTC',
    now: () => NOW,
  })
  expect(detection.problems).toEqual([])
  return [...siteLimits(detection, 'UTC', NOW)].map(
    ({ about, message }) => `${about.slice(folder.length + 1)} ${message}`,
  )
}

it('says what of the site is over', async () => {
  const write = (day: string): void => {
    writeFileSync(join(folder, 'lists/ours.yaml'), `owner: o\nreason: r\nexpires: ${day}\nvalues: [a]\n`)
    writeFileSync(
      join(folder, 'filters/f.yaml'),
      `- { id: F1, owner: o, reason: r, expires: ${day}, rules: [deleted], match: { verb: delete } }\n`,
    )
    writeFileSync(
      join(folder, 'rules.yaml'),
      `deleted: { owner: o, reason: r, expires: ${day}, level: low }\n`,
    )
  }
  write('2026-11-21')
  expect(await told()).toEqual([])
  write('2026-11-20')
  expect(await told()).toEqual([
    'filters/f.yaml:1 filter F1 expired on 2026-11-20 and no longer applies',
    'lists/ours.yaml:1 list ours expired on 2026-11-20: it counts as not set',
    'rules.yaml setting of deleted expired on 2026-11-20 and no longer applies',
  ])
})

it('says what is for a rule that there is not', async () => {
  writeFileSync(
    join(folder, 'filters/f.yaml'),
    '- { id: F1, owner: o, reason: r, expires: 2027-01-01, rules: [deleted, delted], match: { verb: delete } }\n',
  )
  writeFileSync(
    join(folder, 'silences/s.yaml'),
    '- { id: S1, owner: o, reason: r, until: 2027-01-01T00:00:00Z, rules: [gone], match: { verb: delete } }\n',
  )
  writeFileSync(join(folder, 'rules.yaml'), 'delted: { owner: o, reason: r, enabled: false }\n')
  expect(await told()).toEqual([
    'filters/f.yaml:1 filter F1 is for a rule that there is not: delted',
    'silences/s.yaml:1 silence S1 is for a rule that there is not: gone',
    'rules.yaml setting of delted is for a rule that there is not: delted',
  ])
})

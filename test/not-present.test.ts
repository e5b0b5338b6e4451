import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import { coverageReport, type CoverageReport } from '../src/coverage-report.ts'
import { loadDetection, type Detection } from '../src/detection.ts'
import { coverageKey, type CoverageRow } from '../src/domain/coverage.ts'
import type { SourceName } from '../src/domain/event.ts'
import { assess } from '../src/engine/assumptions.ts'
import { foldIntervals } from '../src/engine/coverage-intervals.ts'
import { foldCoverage, noCounts } from '../src/engine/coverage.ts'
import { notPresentLimits } from '../src/site-limits.ts'
import { notPresentOf } from '../src/site/not-present.ts'
import { loadSite } from '../src/site/site.ts'

const STRATEGIES = resolve(import.meta.dirname, '../strategies')
const NOW = Date.UTC(2026, 10, 21)
const CLOUD = 't1074.002-cloud-staging'
const DEVICES = 't1600-network-device'
const MACHINES = 't1491.001-machine-defacement'
const WORD = 'by the site’s word: Linux containers alone (platform)'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-not-present-'))
  mkdirSync(join(folder, 'site'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const entry = (sources: string, more = ''): string =>
  `- owner: platform\n  reason: Linux containers alone\n${more}  sources: [${sources}]\n`

/** The shipped documents, read once: a site only says what is theirs. */
let shipped: Detection
beforeAll(async () => {
  shipped = await loadDetection({
    strategies: STRATEGIES,
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: () => NOW,
  })
}, 120_000)

async function siteSays(text: string): Promise<Detection> {
  writeFileSync(join(folder, 'site', 'not-present.yaml'), text)
  const site = await loadSite(join(folder, 'site'))
  return { ...shipped, site, problems: site.problems }
}

/** What is seen where these sources were heard a minute ago. */
function seen(detection: Detection, heard: readonly SourceName[] = []): CoverageReport {
  const rows = heard.map((source): CoverageRow => {
    const of = { input: 'logs', source, node: 'n', cluster: '', kinds: [{ service: source }] }
    const counts = { ...noCounts(), events: 1, first: NOW - 60_000, last: NOW - 60_000 }
    return foldCoverage({ key: coverageKey(of), ...of }, undefined, counts, NOW - 60_000)
  })
  const assessments = assess(detection.strategies, {
    now: NOW,
    begun: NOW - 3_600_000,
    covered: NOW - 3_600_000,
    rows,
    containers: [],
    isThere: () => true,
    contacts: new Map(),
    notPresent: notPresentOf(detection.site, 'UTC', NOW),
  })
  const intervals = foldIntervals([], assessments, NOW).changed
  const stored = { rows, intervals } as never
  return coverageReport({ detection, stored, assessments, levelOf: () => 'L3', now: NOW })
}

const stateOf = ({ strategies }: CoverageReport, id: string) =>
  strategies.find((strategy) => strategy.id === id)?.state
const scoreOf = ({ layer }: CoverageReport, id: string) =>
  layer.techniques.find(({ metadata }) => metadata.every(({ name }) => name === id))

it('documents about what the site does not have are not blind, and everybody is told why', async () => {
  const before = seen(await siteSays(''))
  expect([CLOUD, DEVICES, MACHINES].map((id) => stateOf(before, id))).toEqual(['blind', 'blind', 'blind'])
  const report = seen(
    await siteSays(
      entry('cloudtrail, gcp.audit, azure.activity, network.device') +
        entry('windows.sysmon, windows.security, esxi'),
    ),
  )
  expect(stateOf(report, CLOUD)).toBe('not-present')
  // what they need of the wire and of Linux hosts is missed as ever
  expect(stateOf(report, DEVICES)).toBe('degraded')
  expect(stateOf(report, MACHINES)).toBe('degraded')
  const cloud = report.strategies.find(({ id }) => id === CLOUD)
  expect(new Set(cloud?.assumptions.map(({ status }) => status))).toEqual(new Set(['not-present']))
  expect(cloud?.assumptions[0]?.places).toEqual([{ place: '', why: WORD }])
  const technique = scoreOf(report, CLOUD)
  expect(technique).not.toHaveProperty('score')
  expect(technique?.comment).toContain('not present, by the site’s word')
  expect(scoreOf(before, CLOUD)?.score).toBe(0)
})

it('what is heard is judged whatever the site says, and doctor tells of it', async () => {
  const detection = await siteSays(entry('cloudtrail, network.device'))
  const report = seen(detection, ['cloudtrail'])
  expect(stateOf(report, CLOUD)).not.toBe('not-present')
  expect(stateOf(report, DEVICES)).toBe('degraded')
  const told = [...notPresentLimits(detection, [{ source: 'cloudtrail' }], 'UTC', NOW)]
  expect(told.map(({ severity, message }) => [severity, message])).toEqual([
    ['warning', expect.stringContaining('no cloudtrail, and it is heard')],
    ['note', expect.stringContaining('no network.device: Linux containers alone (platform)')],
  ])
})

it('an entry that expired no longer holds, and one that is wrong is told with its place', async () => {
  const expired = await siteSays(entry('cloudtrail', '  expires: 2026-11-20\n'))
  expect(stateOf(seen(expired), CLOUD)).toBe('blind')
  const wrong = await siteSays('- { owner: a, reason: b, sources: [cloud] }\n- { sources: [cloudtrail] }\n')
  expect(stateOf(seen(wrong), CLOUD)).toBe('blind')
  expect(wrong.problems).toMatchObject([
    { line: 1, message: expect.stringContaining('sources') as string },
    { line: 2, message: expect.stringContaining('owner') as string },
    { line: 2, message: expect.stringContaining('reason') as string },
  ])
})

it('doctor lists what the site says', { timeout: 120_000 }, async () => {
  await siteSays(entry('cloudtrail') + entry('esxi', '  expires: 2020-01-01\n'))
  writeFileSync(
    join(folder, 'tallyman.yaml'),
    `site: ${join(folder, 'site')}\ndata: ${join(folder, 'data')}\n`,
  )
  let out = ''
  const output = { out: (text: string) => void (out += text), err: () => {}, terminal: false }
  await main(['doctor', '--config', join(folder, 'tallyman.yaml'), '--json'], output)
  expect(out).toContain('by the site’s word there is no cloudtrail: Linux containers alone (platform)')
  expect(out).toContain('word that there is no esxi expired on 2020-01-01')
})

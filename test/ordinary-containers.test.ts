import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { compileRules } from '../src/sigma/sigma.ts'
import { loadStrategies } from '../src/strategy/load.ts'
import { ORDINARY, recordingOf, type OrdinaryContainer } from './ordinary-containers.ts'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')
/** Recorded from a real sensor and a real engine by test/real/record-sensor.ts. */
const RECORDINGS = join(import.meta.dirname, 'fixtures/sensor')

const { strategies } = await loadStrategies(join(import.meta.dirname, '../strategies'))
const { ruleset } = compileRules(
  strategies.flatMap(({ rules }) => rules),
  { lists: new Map() },
)

interface Told {
  readonly rule: { readonly id: string }
  readonly entity: Readonly<Record<string, unknown>>
}

/** What a hunt over all recordings says. */
function scan(...words: readonly string[]): readonly Told[] {
  const { stdout } = spawnSync(LAUNCHER, ['scan', '--json', ...words, join(RECORDINGS, 'ordinary')], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told)
}

/** What the engine said of its containers. */
function specifications(
  workload: OrdinaryContainer,
): readonly { readonly Id: string; readonly Image: string }[] {
  const lines = readFileSync(join(RECORDINGS, recordingOf(workload)), 'utf8')
    .trim()
    .split('\n')
  return lines
    .map((line) => JSON.parse(line) as { readonly Id?: string; readonly Image?: string })
    .flatMap(({ Id, Image }) => (Id === undefined || Image === undefined ? [] : [{ Id, Image }]))
}

/** Runs with a site whose lists name the images of those that ask for it. */
function withLists<T>(run: (site: string) => T): T {
  const site = mkdtempSync(join(tmpdir(), 'tallyman-site-'))
  try {
    mkdirSync(join(site, 'lists'))
    for (const list of new Set(ORDINARY.flatMap(({ lists }) => lists))) {
      const named = ORDINARY.filter(({ lists }) => lists.includes(list))
      const values = [...new Set(named.flatMap(specifications).map(({ Image }) => Image))]
      const text = JSON.stringify({ owner: 'platform', reason: 'ours', values })
      writeFileSync(join(site, 'lists', `${list}.yaml`), text)
    }
    return run(site)
  } finally {
    rmSync(site, { recursive: true })
  }
}

const unlisted = scan()

it.each(ORDINARY.map((workload) => [workload.name, workload] as const))(
  '%s: raises what its documents explain, and no more',
  (_name, workload) => {
    const ids = specifications(workload).map(({ Id }) => Id)
    const raised = unlisted
      .filter(({ entity }) => ids.includes(String(entity['container.id'])))
      .flatMap(({ rule }) => ruleset.rules.find(({ id }) => id === rule.id)?.name ?? [])
    expect([...new Set(raised)].sort()).toEqual([...workload.rules].sort())
  },
)

it('none raises anything that is of no container', () => {
  const ids = new Set(ORDINARY.flatMap(specifications).map(({ Id }) => Id))
  expect(unlisted.filter(({ entity }) => !ids.has(String(entity['container.id'])))).toEqual([])
})

it('nothing is left once the site lists their images', () => {
  expect(unlisted.length).toBeGreaterThan(10)
  expect(withLists((site) => scan('--site', site))).toEqual([])
})

it('every recording belongs to one', () => {
  const recorded = readdirSync(join(RECORDINGS, 'ordinary')).map((name) => `ordinary/${name}`)
  expect(recorded.sort()).toEqual(ORDINARY.map(recordingOf).sort())
})

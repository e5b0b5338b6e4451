import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadDetection } from '../src/detection.ts'
import { KNOWN_LISTS } from '../src/site/known-lists.ts'

const STRATEGIES = resolve(import.meta.dirname, '../strategies')
const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/site.md'), 'utf8')
const now = (): number => Date.parse('2026-11-21T00:00:00Z')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-site-docs-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('the files of the page are a site: each part is read, and nothing of it is refused', async () => {
  for (const [, name = '', text = ''] of PAGE.matchAll(/^`([\w/.]+)`[^\n]*:\n\n```yaml\n([\s\S]*?)^```/gm)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const { site, problems, ruleset } = await loadDetection({
    strategies: STRATEGIES,
    rules: [],
    site: folder,
    zone: 'UTC',
    now,
  })
  expect(problems).toEqual([])
  expect(site.lists.get('approvedImages')?.values).toHaveLength(2)
  expect(site.filters.map(({ id }) => id)).toEqual(['nightly-backup'])
  expect(site.silences.map(({ id }) => id)).toEqual(['load-test'])
  const named = ruleset.rules.map(({ name }) => name)
  expect(named).toEqual(expect.arrayContaining(Object.keys(site.rules)))
})

it('every list that a shipped rule asks for is known, and every known list is asked for', async () => {
  const { ruleset } = await loadDetection({
    strategies: STRATEGIES,
    rules: [],
    site: undefined,
    zone: 'UTC',
    now,
  })
  const asked = [...new Set(ruleset.rules.flatMap(({ lists }) => lists))].sort()
  expect(KNOWN_LISTS.map(({ name }) => name)).toEqual(asked)
})

it.each(KNOWN_LISTS)('the example of $name is a value of it', ({ kind }) => {
  expect(kind.fits(kind.example)).toBe(true)
})

it('a value of the wrong kind is refused, at its line, with what to write', async () => {
  mkdirSync(join(folder, 'lists'))
  const file = join(folder, 'lists/approvedImages.yaml')
  const write = (values: string): void =>
    writeFileSync(file, `owner: o\nreason: r\nvalues:\n  - sha256:${'a'.repeat(64)}\n  - ${values}\n`)
  const load = () => loadDetection({ strategies: STRATEGIES, rules: [], site: folder, zone: 'UTC', now })
  write('test/busybox')
  const refused = await load()
  expect(refused.problems).toEqual([
    {
      file,
      line: 5,
      column: 5,
      message: expect.stringContaining(
        '"test/busybox" can never match: the values of approvedImages are digests',
      ),
      mend: expect.stringContaining('docker inspect'),
    },
  ])
  expect(refused.site.lists.has('approvedImages')).toBe(false)
  write(`nginx@sha256:${'b'.repeat(64)}`)
  const taken = await load()
  expect(taken.problems).toEqual([])
  expect(taken.site.lists.get('approvedImages')?.values).toHaveLength(2)
})

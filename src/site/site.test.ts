import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadSite } from './site.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-site-'))
  for (const name of ['lists', 'filters', 'silences']) mkdirSync(join(folder, name))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('reads lists by their file’s name, filters and silences from any file', async () => {
  writeFileSync(join(folder, 'lists/ours.yaml'), 'owner: o\nreason: r\nvalues: [sha256:1, 2]\n')
  writeFileSync(
    join(folder, 'filters/a.yaml'),
    '- { id: F1, owner: o, reason: r, expires: 2027-01-01, rules: [x], match: { a: b } }\n',
  )
  writeFileSync(join(folder, 'rules.yaml'), 'host_network: { owner: o, reason: r, enabled: false }\n')
  const site = await loadSite(folder)
  expect(site.problems).toEqual([])
  expect(site.lists.get('ours')?.values).toEqual(['sha256:1', '2'])
  expect(site.filters.map(({ id, line }) => [id, line])).toEqual([['F1', 1]])
  expect(Object.keys(site.rules)).toEqual(['host_network'])
})

it('what is wrong is told with its place and does not apply, and the rest does', async () => {
  writeFileSync(join(folder, 'lists/good.yaml'), 'owner: o\nreason: r\nvalues: [a]\n')
  writeFileSync(
    join(folder, 'filters/b.yaml'),
    '- id: F1\n  owner: o\n  reason: r\n  expires: never\n  rules: [x]\n  match: { a: b }\n',
  )
  writeFileSync(join(folder, 'filters/binary.yaml'), Buffer.from([0, 1, 2, 255]))
  writeFileSync(
    join(folder, 'silences/bomb.yaml'),
    'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n',
  )
  mkdirSync(join(folder, 'lists/folder.yaml'))
  symlinkSync('loop.yaml', join(folder, 'filters/loop.yaml'))
  const { lists, filters, silences, problems } = await loadSite(folder)
  expect([[...lists.keys()], filters, silences]).toEqual([['good'], [], []])
  const places = problems.map(({ file, line }) => `${file.slice(folder.length + 1)}:${line}`)
  expect(new Set(places)).toEqual(
    new Set([
      'lists/folder.yaml:1',
      'filters/binary.yaml:1',
      'filters/b.yaml:4',
      'filters/loop.yaml:1',
      'silences/bomb.yaml:1',
    ]),
  )
})

it('a folder that is not there is an empty site', async () => {
  expect(await loadSite(join(folder, 'nowhere'))).toMatchObject({ filters: [], silences: [], problems: [] })
})

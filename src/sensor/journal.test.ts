import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createJournal, previousRun, type JournalOptions } from './journal.ts'

let folder = ''
let now = Date.UTC(2026, 10, 21, 10)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-journal-'))
  now = Date.UTC(2026, 10, 21, 10)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function journalWith(options: Partial<JournalOptions> = {}) {
  return createJournal({
    folder,
    run: 'boot:1',
    host: 'node-1',
    fileBytes: 1_000,
    fileAge: 3_600_000,
    totalBytes: 1_000_000,
    now: () => now,
    header: () => ({ interval: 5_000 }),
    ...options,
  })
}
const at = (body: Readonly<Record<string, unknown>>) => ({ time: new Date(now).toISOString(), body })
const files = (): readonly string[] => readdirSync(folder).toSorted()
const linesOf = (name: string) =>
  readFileSync(join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

it('numbers lines over all files of a run, and begins every further file with a line of its own', () => {
  const journal = journalWith()
  for (let index = 0; index < 30; index += 1) {
    now += 1_000
    journal.write([at({ kind: 'exec', index })])
  }
  journal.close()
  expect(files().length).toBeGreaterThan(2)
  const all = files().flatMap(linesOf)
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index))
  for (const name of files().slice(1))
    expect(linesOf(name)[0]).toMatchObject({ kind: 'file', interval: 5_000 })
  expect(new Set(files().map((name) => JSON.stringify(linesOf(name)[0]))).size).toBe(files().length)
  for (const name of files()) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
})

it('removes the oldest files over the bound, and tells that as a loss', () => {
  const journal = journalWith({ totalBytes: 3_000 })
  for (let index = 0; index < 100; index += 1) {
    now += 1_000
    journal.write([at({ kind: 'exec', index })])
  }
  const losses = journal.losses()
  expect(losses[0]).toMatchObject({
    since: '2026-11-21T10:00:01.000Z',
    reason: expect.stringContaining('oldest file'),
  })
  expect(journal.losses()).toEqual([])
  journal.close()
  const bytes = files().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  expect(bytes).toBeLessThan(4_500)
})

it('knows when the run before ended, and whether it was asked to, also behind half a line', () => {
  expect(previousRun(folder)).toBeUndefined()
  const journal = journalWith()
  journal.write([at({ kind: 'start' })])
  expect(previousRun(folder)).toEqual({
    run: 'boot:1',
    seq: 0,
    time: '2026-11-21T10:00:00.000Z',
    stopped: false,
  })
  journal.write([at({ kind: 'stop', reason: 'asked to' })])
  journal.close()
  expect(previousRun(folder)).toEqual({
    run: 'boot:1',
    seq: 1,
    time: '2026-11-21T10:00:00.000Z',
    stopped: true,
  })
  const [name = ''] = files()
  writeFileSync(join(folder, name), '{"sensor":1,"time":"2026-11-21T10:00:0', { flag: 'a' })
  expect(previousRun(folder)?.stopped).toBe(true)
})

it('starts a file of its own beside one of the same instant', () => {
  journalWith().close()
  journalWith({ run: 'boot:2' }).close()
  expect(files()).toEqual(['sensor-20261121T100000.000Z.ndjson', 'sensor-20261121T100000.000Z_2.ndjson'])
})

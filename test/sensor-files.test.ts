import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadDetection } from '../src/detection.ts'
import type { Finding } from '../src/domain/event.ts'
import { fileInput } from '../src/inputs/file.ts'
import { runPipeline } from '../src/loop/pipeline.ts'
import { createJournal } from '../src/sensor/journal.ts'
import { sources } from '../src/sources/index.ts'
import { openStore } from '../src/store/sqlite.ts'

const START = Date.UTC(2026, 10, 21, 10)
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-files-'))
  write()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A run of 60 records, one a second, in files of a few records each. */
function write(): void {
  let now = START
  const journal = createJournal({
    folder: join(folder, 'sensor'),
    run: 'boot:1',
    host: 'node-1',
    fileBytes: 1_000,
    fileAge: 3_600_000,
    totalBytes: 1_000_000,
    now: () => now,
    header: () => ({ interval: 5_000 }),
  })
  journal.write([{ time: new Date(now).toISOString(), body: { kind: 'start', interval: 5_000 } }])
  while (journal.written < 60) {
    now += 1_000
    journal.write([{ time: new Date(now).toISOString(), body: { kind: 'heartbeat' } }])
  }
  journal.close()
}
const paths = (): readonly string[] =>
  readdirSync(join(folder, 'sensor'))
    .toSorted()
    .map((name) => join(folder, 'sensor', name))

/** What reading these files tells, into the store of the reading before. */
async function findings(files: readonly string[]): Promise<readonly Finding[]> {
  const store = openStore(join(folder, 'store.db'), { durable: true })
  try {
    const detection = await loadDetection({
      strategies: undefined,
      rules: [],
      site: undefined,
      zone: 'UTC',
      now: () => START,
    })
    await runPipeline(
      [fileInput({ name: 'sensor', paths: files, follow: false })],
      { store, sources, detection: () => detection, now: () => START },
      new AbortController().signal,
    )
    return store.findings()
  } finally {
    store.close()
  }
}

it('tells nothing of a run whose files are all there, in whatever order they are read', async () => {
  expect(paths().length).toBeGreaterThan(4)
  expect(await findings(paths())).toEqual([])
  rmSync(join(folder, 'store.db'))
  expect(await findings(paths().toReversed())).toEqual([])
})

it('tells a file that was removed before it was read, also between two readings', async () => {
  const [first = '', second = '', ...rest] = paths()
  const numbers = readFileSync(second, 'utf8').trimEnd().split('\n').length
  expect(await findings([first])).toEqual([])
  expect(await findings(rest)).toMatchObject([
    {
      kind: 'producer-loss',
      about: 'sensor',
      message: `${numbers} records of the sensor are missing from its files`,
    },
  ])
})

it('tells the cut end of a file', async () => {
  const [, second = ''] = paths()
  const lines = readFileSync(second, 'utf8').trimEnd().split('\n')
  writeFileSync(second, `${lines.slice(0, 2).join('\n')}\n`)
  expect(await findings(paths())).toMatchObject([
    {
      kind: 'producer-loss',
      message: `${lines.length - 2} records of the sensor are missing from its files`,
    },
  ])
})

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { aCommit } from '../../test/builders.ts'
import { coverageKey, intervalKey, type CoverageRow } from '../domain/coverage.ts'
import { foldCoverage, noCounts } from '../engine/coverage.ts'
import { openStore } from '../store/sqlite.ts'
import { main } from './main.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const T = Date.UTC(2026, 10, 20, 9, 30)
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-coverage-cli-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function tallyman(...words: readonly string[]) {
  let [out, err] = ['', '']
  const output = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    terminal: true,
  }
  const exit = await main([...words, '--data', folder, '--config', '/dev/null'], output)
  return { exit, out, err }
}

function row(node: string): CoverageRow {
  const lane = {
    input: 'kernel',
    source: 'sensor',
    node,
    cluster: '',
    kinds: [{ product: 'linux', category: 'process_creation' }],
  } as const
  const counts = { ...noCounts(), events: 120, attributed: 90, first: T - 60_000, last: T - 500, sampled: 40 }
  const filled = new Map([
    ['Image', 40],
    ['process.result', 31],
  ])
  return foldCoverage({ key: coverageKey(lane), ...lane }, undefined, { ...counts, filled }, T)
}

/** A store as a daemon left it: one machine's sensor is silent, and its name is hostile. */
function leave(): void {
  const store = openStore(join(folder, 'tallyman.db'), { durable: true })
  const place = 'node\u001b[2J-3'
  const interval = {
    strategy: 't1608.003-install-digital-certificate',
    assumption: 'A5',
    place,
    state: 'blind' as const,
    cause: `silence sensor ${place}`,
    why: `nothing is heard of sensor on ${place}, not even heartbeats`,
    since: T,
  }
  const ended = { ...interval, assumption: 'A6', since: T - 7_200_000, until: T - 3_600_000 }
  const intervals = [interval, ended].map((one) => ({ key: intervalKey(one), ...one }))
  store.commit(
    aCommit({
      at: T,
      input: 'kernel',
      coverage: { rows: [row('node-1'), row(place)], containers: [], forgotten: [], intervals },
    }),
  )
  store.close()
}

it(
  'shows what each strategy sees, why not more, and how that is turned on',
  { timeout: 300_000 },
  async () => {
    leave()
    const { exit, out, err } = await tallyman('coverage')
    expect(exit).toBe(0)
    expect(err).toContain('no daemon runs')
    expect(out).not.toContain('\u001b')
    await expect(out).toMatchFileSnapshot(join(ROOT, 'test/golden/coverage.txt'))
  },
)

it(
  'shows what arrives, and writes a layer in which the blind strategy counts for nothing',
  { timeout: 300_000 },
  async () => {
    leave()
    const file = join(folder, 'layer.json')
    const { out, err } = await tallyman('coverage', '--sources', '--navigator', file)
    await expect(out).toMatchFileSnapshot(join(ROOT, 'test/golden/coverage-sources.txt'))
    expect(err).toContain('for the ATT&CK Navigator')
    const layer = JSON.parse(readFileSync(file, 'utf8')) as {
      techniques: readonly { techniqueID: string; score: number }[]
    }
    const score = (id: string) => layer.techniques.find(({ techniqueID }) => techniqueID === id)?.score
    expect(score('T1553.004')).toBe(0)
    expect(score('T1005')).toBeGreaterThan(0)
  },
)

it('names the file that it cannot write', { timeout: 300_000 }, async () => {
  const { exit, err } = await tallyman('coverage', '--navigator', join(folder, 'no', 'layer.json'))
  expect(exit).toBe(2)
  expect(err).toContain('cannot write the layer')
})

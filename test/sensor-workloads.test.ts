import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileRules } from '../src/sigma/sigma.ts'
import { loadStrategies } from '../src/strategy/load.ts'
import { BENIGN, HOSTILE, recordingOf, type Workload } from './sensor-workloads.ts'

const LAUNCHER = resolve(import.meta.dirname, '../bin/tallyman')
/** Recorded from a real sensor and a real engine by test/real/record-sensor.ts. */
const RECORDINGS = join(import.meta.dirname, 'fixtures/sensor')

interface Told {
  readonly rule: { readonly id: string }
  readonly entity: Readonly<Record<string, unknown>>
}

/** What a hunt over a folder of recordings says. */
function scan(folder: string): { readonly alerts: readonly Told[]; readonly summary: string } {
  const { stdout, stderr } = spawnSync(LAUNCHER, ['scan', '--json', join(RECORDINGS, folder)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return {
    alerts: stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Told),
    summary: stderr,
  }
}

function lines(workload: Workload): readonly string[] {
  return readFileSync(join(RECORDINGS, recordingOf(workload)), 'utf8')
    .trim()
    .split('\n')
}

function containers(workload: Workload): readonly string[] {
  return lines(workload).flatMap((line) => (JSON.parse(line) as { readonly Id?: string }).Id ?? [])
}

const { strategies } = await loadStrategies(join(import.meta.dirname, '../strategies'))
const { ruleset } = compileRules(
  strategies.flatMap(({ rules }) => rules),
  { lists: new Map() },
)
const ofTheSensor = ruleset.rules.filter(
  ({ logsource, correlation }) => logsource.product === 'linux' || correlation !== undefined,
)

describe('benign workloads', () => {
  it('stay silent', () => {
    const { alerts, summary } = scan('benign')
    expect(alerts).toEqual([])
    const records = BENIGN.flatMap(lines).length
    expect(summary).toContain(`${records} records: ${records} evaluated, 0 failed, 0 duplicates; 0 alerts`)
  })

  it('were seen: processes, files, connections and listeners of each kind that they have', () => {
    const kinds = BENIGN.flatMap(lines).flatMap(
      (line) => (JSON.parse(line) as { readonly kind?: string }).kind ?? [],
    )
    expect([...new Set(kinds)].sort()).toEqual(['connect', 'exec', 'listen', 'read', 'rename', 'write'])
  })
})

describe('hostile workloads', () => {
  const { alerts } = scan('hostile')

  it.each(HOSTILE.map((workload) => [workload.name, workload] as const))(
    '%s: the rules of the sensor that are meant, and no other',
    (_name, workload) => {
      const ids = containers(workload)
      const fired = alerts
        .filter(({ entity }) => ids.includes(String(entity['container.id'])))
        .flatMap(({ rule }) => ofTheSensor.find(({ id }) => id === rule.id)?.name ?? [])
      expect(fired.sort()).toEqual([...workload.rules].sort())
    },
  )
})

it('every recording belongs to a workload', () => {
  const recorded = ['benign', 'hostile'].flatMap((kind) =>
    readdirSync(join(RECORDINGS, kind)).map((name) => `${kind}/${name}`),
  )
  expect(recorded.sort()).toEqual([...BENIGN, ...HOSTILE].map(recordingOf).sort())
})

import { expect, it } from 'vitest'
import type { SensorMark } from '../domain/event.ts'
import { createSensorRuns, type SensorRuns } from './sensor-runs.ts'

const NOW = Date.UTC(2026, 10, 21, 10)
const INTERVAL = 5_000

function mark(seq: number, more: Partial<SensorMark> = {}): SensorMark {
  return { run: 'boot:1', seq, time: NOW + seq * 1_000, host: 'node-1', kind: 'heartbeat', ...more }
}
const START = mark(0, { kind: 'start', interval: INTERVAL })

function read(runs: SensorRuns, marks: readonly SensorMark[], at = NOW) {
  return marks.flatMap((one) => runs.observe(one, 'in', at))
}
function missing(runs: SensorRuns, at = Number.POSITIVE_INFINITY) {
  return runs.missing(at).map(({ finding }) => finding)
}
function restarted(runs: SensorRuns, begun: number): SensorRuns {
  return createSensorRuns(JSON.parse(JSON.stringify(runs.changes())), begun)
}

it('tells what a file that was never read took with it', () => {
  const runs = createSensorRuns([], NOW)
  expect(read(runs, [START, mark(1), mark(9, { kind: 'file' }), mark(10)])).toEqual([])
  expect(missing(runs)).toMatchObject([
    {
      kind: 'producer-loss',
      about: 'in',
      since: NOW + 1_000,
      until: NOW + 9_000,
      message: expect.stringContaining('7 records'),
    },
  ])
  expect(missing(runs)).toEqual([])
})

it('tells the first file of a run that is not there, and the cut end of the last', () => {
  const runs = createSensorRuns([], NOW)
  read(runs, [mark(5, { kind: 'file' }), mark(6)])
  const previous = { run: 'boot:1', seq: 8, time: NOW + 8_000, stopped: false }
  const next = mark(0, { run: 'boot:2', kind: 'start', time: NOW + 20_000, previous })
  expect(read(runs, [next])).toMatchObject([
    { id: 'sensor:silence:boot:1:8', since: NOW + 8_000, until: NOW + 20_000 },
  ])
  expect(missing(runs).map(({ message }) => message)).toEqual([
    '5 records of the sensor are missing from its files',
    '2 records of the sensor are missing from its files',
  ])
})

it('gives files time that are read in another order, also past a restart', () => {
  const files = [
    [START, mark(1), mark(2)],
    [mark(3, { kind: 'file' }), mark(4), mark(5)],
    [mark(6, { kind: 'file' }), mark(7)],
  ]
  for (const order of [
    [2, 1, 0],
    [0, 2, 1],
    [1, 0, 2],
  ]) {
    let runs = createSensorRuns([], NOW)
    for (const index of order) {
      expect(read(runs, files[index] ?? [])).toEqual([])
      expect(missing(runs, NOW + 59_000)).toEqual([])
      runs = restarted(runs, NOW)
    }
    expect(missing(runs)).toEqual([])
  }
})

it('tells what is missing once nothing has brought it for a minute', () => {
  const runs = createSensorRuns([], NOW)
  read(runs, [START, mark(3)])
  expect(missing(runs, NOW + 59_999)).toEqual([])
  expect(missing(runs, NOW + 60_000)).toMatchObject([{ id: 'sensor:missing:boot:1:1-2' }])
})

it('keeps a bounded number of gaps, and tells the oldest', () => {
  const runs = createSensorRuns([], NOW)
  const told = read(runs, [START, ...Array.from({ length: 100 }, (_, index) => mark(2 + index * 2))])
  expect(told.length + missing(runs).length).toBe(100)
  expect(told[0]).toMatchObject({ id: 'sensor:missing:boot:1:1-1' })
})

it('tells silence after three intervals, as it grows, from the last record on', () => {
  const runs = createSensorRuns([], NOW)
  read(runs, [START, mark(1)], NOW + 1_000)
  expect(runs.silent(NOW + 16_000)).toEqual([])
  const first = runs.silent(NOW + 16_001)
  expect(first).toMatchObject([
    {
      input: 'in',
      finding: { kind: 'unobserved-interval', about: 'in', since: NOW + 1_000, until: NOW + 16_001 },
    },
  ])
  expect(runs.silent(NOW + 17_000)).toEqual([])
  const [grown] = runs.silent(NOW + 21_001)
  expect(grown?.finding).toEqual({ ...first[0]?.finding, until: NOW + 21_001 })
  const later = mark(2, { time: NOW + 30_000 })
  expect(read(runs, [later], NOW + 30_000)).toMatchObject([{ id: grown?.finding.id, until: NOW + 30_000 }])
  expect(runs.silent(NOW + 31_000)).toEqual([])
})

it('knows of silence that began before a restart, and hears for a while first', () => {
  const runs = createSensorRuns([], NOW)
  read(runs, [START])
  const again = restarted(runs, NOW + 60_000)
  expect(again.silent(NOW + 70_000)).toEqual([])
  expect(again.silent(NOW + 80_000)).toMatchObject([{ finding: { since: NOW, until: NOW + 80_000 } }])
})

it('waits for nobody whom another run of the machine followed, nor for ever', () => {
  const runs = createSensorRuns([], NOW)
  const stop = mark(1, { kind: 'stop' })
  const previous = { run: 'boot:1', seq: 1, time: stop.time, stopped: true }
  const next = mark(0, { run: 'boot:2', kind: 'start', time: NOW + 60_000, interval: INTERVAL, previous })
  read(runs, [START, stop])
  const [silence] = runs.silent(NOW + 50_000)
  expect(silence?.finding.since).toBe(stop.time)
  expect(read(runs, [next], NOW + 60_000)).toMatchObject([{ id: silence?.finding.id, until: NOW + 60_000 }])
  expect(runs.silent(NOW + 70_000)).toEqual([])
  expect(runs.silent(NOW + 90_000)).toMatchObject([{ finding: { since: NOW + 60_000 } }])
  expect(runs.silent(NOW + 31 * 24 * 3_600_000)).toEqual([])
})

it('does not wait for a run that is read late, but for the second of two sensors of a machine', () => {
  const late = createSensorRuns([], NOW)
  read(late, [mark(0, { run: 'boot:2', kind: 'start', time: NOW + 60_000 }), START, mark(1)])
  expect(late.silent(NOW + 90_000).map(({ finding }) => finding.since)).toEqual([NOW + 60_000])
  const two = createSensorRuns([], NOW)
  const second = (seq: number) => mark(seq, { run: 'boot:2', time: NOW + 500 + seq * 1_000 })
  read(two, [START, second(0), mark(1), second(1), mark(2)])
  read(
    two,
    [30, 40, 50].map((seq) => second(seq)),
    NOW + 50_000,
  )
  expect(two.silent(NOW + 51_000).map(({ finding }) => finding.since)).toEqual([NOW + 2_000])
})

it('tells the end of a run whose successor does not know of it', () => {
  const runs = createSensorRuns([], NOW)
  read(runs, [START])
  const next = mark(0, { run: 'boot:2', kind: 'start', time: NOW + 60_000 })
  expect(read(runs, [next])).toMatchObject([{ since: NOW, until: NOW + 60_000 }])
  const other = mark(0, { run: 'other:1', kind: 'start', time: NOW + 90_000, host: 'node-2' })
  expect(read(runs, [other])).toEqual([])
})

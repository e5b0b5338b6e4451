import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { readMonth } from '../bench/anomalies.ts'
import { generateMonth, type MonthOptions } from '../bench/month/month.ts'
import { PLANTED_KINDS, type Planted } from '../bench/month/planted/planted.ts'
import { scoreOf, type JudgedAlert } from '../bench/month/score.ts'
import { HOUR } from '../bench/month/calendar.ts'

const SMALL: MonthOptions = { seed: 7, workloads: 24, days: 1, anomalies: 25, learning: 0.3 }

function digestOf(options: MonthOptions): string {
  const hash = createHash('sha256')
  for (const { time, stream, text } of generateMonth(options).lines)
    hash.update(`${time} ${stream} ${text}\n`)
  return hash.digest('hex')
}

it('generates the same month from the same seed, and another from another', () => {
  expect(digestOf(SMALL)).toBe(digestOf(SMALL))
  expect(digestOf({ ...SMALL, seed: 8 })).not.toBe(digestOf(SMALL))
})

it('generates lines in the order of time, and plants anomalies of every kind after learning', () => {
  const { lines, planted, start, end, learned } = generateMonth(SMALL)
  let last = start
  for (const { time } of lines) {
    expect(time).toBeGreaterThanOrEqual(last)
    last = time
  }
  expect(last).toBeLessThan(end)
  expect(new Set(planted.map(({ kind }) => kind))).toEqual(new Set(PLANTED_KINDS))
  expect(planted.every(({ from }) => from > learned)).toBe(true)
})

it('generates records that named sources evaluate, all of them', async () => {
  const short = { ...SMALL, days: 0.5, learning: 0.1 }
  const { records, failed, sources } = await readMonth(generateMonth(short), short)
  expect(failed).toBe(0)
  expect(Object.values(sources).reduce((sum, count) => sum + count, 0)).toBe(records)
  expect(Object.keys(sources).toSorted()).toEqual([
    'cadvisor',
    'docker.events',
    'docker.inspect',
    'docker.stats',
    'kubernetes.audit',
    'tetragon',
    'zeek.conn',
    'zeek.dns',
    'zeek.ssl',
  ])
}, 120_000)

const PLANTED: Planted = {
  kind: 'spike',
  row: 'D09',
  strategy: 't1491.001-internal-defacement',
  what: 'processor time',
  names: ['cart'],
  from: 100 * HOUR,
  until: 101 * HOUR,
  magnitude: 1.2,
}
const ALERT: JudgedAlert = {
  kind: 'spike',
  level: 'medium',
  rule: { id: 'r', title: 'r' },
  entity: { 'k8s.namespace.name': 'shop', 'k8s.deployment.name': 'cart', 'k8s.node.name': 'node-1' },
  first: 100.5 * HOUR,
  last: 100.5 * HOUR,
}
const SPAN = { learned: 90 * HOUR, end: 90 * HOUR + 720 * HOUR, workloads: 10 }

it('counts an anomaly as found by an alert that names its entity within its time', () => {
  const { recall, falsePerWorkloadMonth, byKind } = scoreOf([PLANTED], [ALERT], SPAN)
  expect({ recall, falsePerWorkloadMonth }).toEqual({ recall: 1, falsePerWorkloadMonth: 0 })
  expect(byKind['spike']).toMatchObject({ planted: 1, found: 1, false: 0 })
})

it.each([
  ['of another workload', { entity: { ...ALERT.entity, 'k8s.deployment.name': 'other' } }],
  ['too late', { first: 104 * HOUR, last: 104 * HOUR }],
  ['too early', { first: 99 * HOUR, last: 99 * HOUR }],
])('counts an alert as false that is %s', (_name, changes) => {
  const { recall, falsePerWorkloadMonth } = scoreOf([PLANTED], [{ ...ALERT, ...changes }], SPAN)
  expect({ recall, falsePerWorkloadMonth }).toEqual({ recall: 0, falsePerWorkloadMonth: 0.1 })
})

it('takes a machine’s name for what an alert is about only where it is about nothing smaller', () => {
  const quiet = { ...PLANTED, names: ['node-1'] }
  expect(scoreOf([quiet], [ALERT], SPAN).recall).toBe(0)
  expect(scoreOf([quiet], [{ ...ALERT, entity: { 'host.name': 'node-1' } }], SPAN).recall).toBe(1)
})

it('counts nothing that ended while it was learning', () => {
  const early = { ...ALERT, first: 80 * HOUR, last: 80 * HOUR }
  expect(scoreOf([], [early], SPAN).false).toEqual([])
})

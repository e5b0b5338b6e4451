import { expect, it } from 'vitest'
import type { Evidence } from '../../domain/alert.ts'
import { compileRules } from '../../sigma/sigma.ts'
import { toldOfAlert } from './told-of-alert.ts'

const RULES = `title: sent
name: sent
logsource: {category: network_connection}
detection: {s: {Image|exists: true}, condition: s}
---
title: much
name: much
baseline: {type: spike, rules: [sent], group-by: [container.id], peers: [workload], timespan: 5m}
---
title: new
name: new
baseline: {type: new_value, rules: [sent], group-by: [workload, user.name], field: Image}
`
const { baselines } = compileRules([{ file: 'r.yml', text: RULES, line: 1, strategy: 's' }], {
  lists: new Map(),
}).ruleset

const evidence = (time: number, fields: Evidence['fields'], by?: string): Evidence => ({
  event: `e${time}`,
  time,
  source: 'sensor',
  logsource: '',
  fields,
  ...(by === undefined ? {} : { by: { id: by, title: by } }),
})

it('finds the key and the end of the bucket of an alert that a spike raised', () => {
  const spiked = { 'baseline.reason': 'spike', 'baseline.value': 9.5, workload: 'image shop/web' }
  expect(
    toldOfAlert(baselines, { rule: { id: 'much', title: '' }, evidence: [evidence(301_000, spiked)] }),
  ).toMatchObject([
    {
      baseline: { rule: { id: 'much' } },
      key: '["image shop/web"]',
      moments: [{ time: 600_000, reason: 'spike', value: 9.5 }],
    },
  ])
})

it('finds each key once among the signals of another rule, and leaves out what no baseline told', () => {
  const told = (value: string) => ({
    'baseline.reason': 'new',
    'baseline.value': value,
    workload: 'w',
    'user.name': 'root',
  })
  const found = toldOfAlert(baselines, {
    rule: { id: 'a risk', title: '' },
    evidence: [
      evidence(1, told('/bin/nc'), 'new'),
      evidence(2, told('/bin/sh'), 'new'),
      evidence(3, { Image: '/bin/sh' }, 'sent'),
      evidence(4, told('/bin/sh'), 'of a rule that is gone'),
    ],
  })
  expect(found).toHaveLength(1)
  expect(found[0]).toMatchObject({
    key: '["w","root"]',
    moments: [
      { time: 1, value: '/bin/nc' },
      { time: 2, value: '/bin/sh' },
    ],
  })
})

import { describe, expect, it } from 'vitest'
import { firedBy } from '../engine/fired-by.ts'
import { compileRules, type Ruleset } from '../sigma/sigma.ts'
import { testEvents } from './test-event.ts'

const RULE = `title: seen
name: seen
logsource: { category: process_creation }
detection: { s: { container.image.name|exists: true }, condition: s }
level: informational
---
`
const base = {
  category: 'process_creation',
  'container.image.name': 'shop/web',
  'container.id': 'aaaaaaaaaaaa',
}
type Described = Readonly<Record<string, unknown>>

function compile(body: string): Ruleset {
  const { ruleset, refused } = compileRules(
    [{ file: 'r', text: `${RULE}title: b\nname: b\nbaseline: {${body}}\n`, line: 1, strategy: 's' }],
    { lists: new Map() },
  )
  expect(refused).toEqual([])
  return ruleset
}

/** What the baseline tells over events that are described as in a document. */
function told(body: string, described: readonly Described[], until = 0): readonly Described[] {
  const ruleset = compile(body)
  const events = described.flatMap((each, n) => {
    const made = testEvents({ ...base, ...each }, `t#${n}`)
    if (typeof made === 'string') throw new Error(made)
    return made
  })
  const matches = events.flatMap((event) => ruleset.match(event))
  const end = Math.max(...events.map(({ time }) => time))
  return firedBy(ruleset, matches, end + until + 1).map(({ event }) => event.record as Described)
}

const HISTORY = { at: '0s', repeat: { every: '1h', for: '8d' } }
const AFTER = '8d'

describe('new_value', () => {
  const body = 'type: new_value, rules: [seen], group-by: [workload], field: Image'
  const known = { ...HISTORY, Image: '/app' }

  it('tells a value that its key never had, once', () => {
    const strange = { at: AFTER, repeat: { every: '1h', for: '3d' }, Image: '/bin/nc' }
    expect(told(body, [known, strange])).toMatchObject([
      { 'baseline.reason': 'new', 'baseline.value': '/bin/nc', workload: 'container.image.name shop/web' },
    ])
  })

  it('is silent about what the key had, and while it learns', () => {
    expect(told(body, [known, { at: AFTER, Image: '/app' }])).toEqual([])
    expect(told(body, [known, { at: '6d', Image: '/bin/nc' }])).toEqual([])
    const few = { at: '0s', repeat: { every: '2h', for: '8d' }, Image: '/app' }
    expect(told(body, [few, { at: AFTER, Image: '/bin/nc' }])).toEqual([])
  })

  it('wants days, not only samples', () => {
    const burst = { at: '0s', repeat: { every: '1m', for: '10h' }, Image: '/app' }
    expect(told(body, [burst, { at: AFTER, Image: '/bin/nc' }])).toEqual([])
  })

  it('shares what replicas learned', () => {
    expect(told(body, [known, { at: AFTER, Image: '/app', 'container.id': 'bbbbbbbbbbbb' }])).toEqual([])
  })

  it('takes several fields as one value', () => {
    const pair = body.replace('field: Image', 'field: [Image, Port]')
    const events = [
      { ...known, Port: 80 },
      { at: AFTER, Image: '/app', Port: 81 },
    ]
    expect(told(pair, events)).toMatchObject([{ 'baseline.value': '["/app","81"]' }])
  })
})

describe('rare_value', () => {
  const body = 'type: rare_value, rules: [seen], group-by: [workload], field: verb, share: 0.02'

  it('tells what was seldom, once a day, and not what was often', () => {
    const often = { ...HISTORY, verb: 'get' }
    const seldom = { at: '3d', verb: 'exec' }
    const again = { at: AFTER, repeat: { every: '13h', for: '39h' }, verb: 'exec' }
    expect(told(body, [often, seldom, { at: AFTER, verb: 'get' }])).toEqual([])
    expect(told(body, [often, seldom, again])).toMatchObject([
      { 'baseline.reason': 'rare', 'baseline.value': 'exec', 'baseline.seen': 1 },
      { 'baseline.value': 'exec' },
    ])
  })
})

describe('change', () => {
  const body = 'type: change, rules: [seen], group-by: [workload], field: version'

  it('tells what is weaker than all that there was, and never learns it', () => {
    const past = { ...HISTORY, repeat: { every: '1h', for: '8d', vary: { version: ['TLSv12', 'TLSv13'] } } }
    const weak = { at: AFTER, repeat: { every: '1h', for: '5d' }, version: 'TLSv10' }
    const ordered = `${body}, order: tls_version`
    expect(told(ordered, [past, { at: AFTER, version: 'TLSv12' }])).toEqual([])
    expect(told(ordered, [past, { at: AFTER, version: 'unknown' }])).toEqual([])
    const found = told(ordered, [past, weak])
    expect(found).toHaveLength(5)
    expect(found[0]).toMatchObject({ 'baseline.reason': 'change', 'baseline.weakest': 'TLSv12' })
  })

  it('without an order tells what is not as it always was', () => {
    const past = { ...HISTORY, version: 'ssl' }
    expect(told(body, [past, { at: AFTER, version: 'http' }])).toMatchObject([{ 'baseline.usual': 'ssl' }])
    const mixed = {
      ...HISTORY,
      repeat: { every: '1h', for: '8d', vary: { version: ['ssl', 'ssl', 'http'] } },
    }
    expect(told(body, [mixed, { at: AFTER, version: 'ftp' }])).toEqual([])
  })
})

describe('spike', () => {
  const body = 'type: spike, rules: [seen], group-by: [workload], field: bytes, timespan: 5m, floor: 100'
  const steady = {
    at: '0s',
    repeat: { every: '5m', for: '8d', vary: { bytes: [10, 12, 11, 13, 9] } },
  }

  it('tells a number that is far from those of the same hours, when its bucket is over', () => {
    const much = { at: AFTER, bytes: 5_000 }
    expect(told(body, [steady, much], 0)).toEqual([])
    expect(told(body, [steady, much], 300_000)).toMatchObject([
      { 'baseline.reason': 'spike', 'baseline.value': 5_000, 'baseline.season': 'hour-of-day' },
    ])
  })

  it('is silent below its floor, and where it has to last', () => {
    expect(told(body, [steady, { at: AFTER, bytes: 90 }], 300_000)).toEqual([])
    const lasting = `${body}, for: 10m`
    const once = { at: AFTER, bytes: 5_000 }
    expect(told(lasting, [steady, once, { at: '11525m', bytes: 10 }], 300_000)).toEqual([])
    expect(told(lasting, [steady, once, { at: '11525m', bytes: 5_000 }], 300_000)).toHaveLength(1)
  })

  it('knows nights from days', () => {
    const night = { at: '12h', repeat: { every: '24h', for: '14d' }, bytes: 9_000 }
    const quiet = { at: '0s', repeat: { every: '1h', for: '14d' }, bytes: 10 }
    const hourly = body.replace('5m', '1h')
    const backup = { at: '348h', bytes: 9_000 }
    expect(told(hourly, [night, quiet, backup], 3_600_000)).toEqual([])
    const atNoon = { at: '340h', bytes: 9_000 }
    expect(told(hourly, [night, quiet, atNoon], 3_600_000)).toHaveLength(1)
  })

  it('knows days of the week after four weeks', () => {
    const hourly = body.replace('5m', '1h')
    const quiet = { at: '0s', repeat: { every: '1h', for: '30d' }, bytes: 10 }
    const mondays = { at: '12h', repeat: { every: '7d', for: '29d' }, bytes: 9_000 }
    const monday = { at: `${35 * 24 + 12}h`, bytes: 9_000 }
    const tuesday = { at: `${36 * 24 + 12}h`, bytes: 9_000 }
    const hours = (after: Described) =>
      told(hourly, [quiet, mondays, after], 3_600_000).map((each) => each['baseline.season'])
    const first = Array.from({ length: 3 }, () => 'hour-of-day')
    expect(hours(monday)).toEqual(first)
    expect(hours(tuesday)).toEqual([...first, 'hour-of-week'])
  })

  it('counts observations, and takes silence for none', () => {
    const counted = 'type: spike, rules: [seen], group-by: [workload], timespan: 1h, floor: 20'
    const few = { at: '0s', repeat: { every: '30m', for: '8d' } }
    const many = { at: AFTER, repeat: { every: '1m', for: '59m' } }
    expect(told(counted, [few, many], 3_600_000)).toMatchObject([{ 'baseline.value': 59 }])
    const below =
      'type: spike, rules: [seen], group-by: [workload], timespan: 1h, direction: below, floor: 10, ratio: 0.2'
    const steady20 = { at: '0s', repeat: { every: '3m', for: '8d' } }
    expect(told(below, [steady20], 0)).toEqual([])
    expect(told(below, [steady20], 2 * 3_600_000)).toMatchObject([{ 'baseline.value': 0 }])
  })

  it('tells a counter by its rate, of each container by what its workload had', () => {
    const rate =
      'type: spike, rules: [seen], group-by: [container.id], peers: [workload], field: cpu, aggregate: rate, timespan: 5m, floor: 0.5'
    const ramp = Array.from({ length: 60 }, (_, n) => n * 6)
    const idle = { at: '0s', repeat: { every: '5m', for: '8d', vary: { cpu: ramp } } }
    const other = { 'container.id': 'bbbbbbbbbbbb' }
    const miner = [0, 5, 10].map((minute, n) => ({ at: `${8 * 1_440 + minute}m`, cpu: n * 290, ...other }))
    expect(told(rate, [idle, ...miner], 300_000)).toMatchObject([
      { 'baseline.reason': 'spike', 'container.id': 'bbbbbbbbbbbb' },
    ])
  })

  it('finds who teaches it slowly', () => {
    const hourly = body.replace('5m', '1h')
    const ramp = Array.from({ length: 21 * 24 }, (_, n) => (n < 168 ? 200 + (n % 5) : 200 + (n - 168) * 3))
    const taught = { at: '0s', repeat: { every: '1h', for: '21d', vary: { bytes: ramp } } }
    expect(told(hourly, [taught], 3_600_000).map((each) => each['baseline.reason'])).toContain('drift')
  })
})

describe('an adversary', () => {
  const values = 'type: new_value, rules: [seen], group-by: [workload], field: Image'

  it('who runs an image that is called like another is told by its name', () => {
    const body = 'type: new_value, rules: [seen], group-by: [k8s.namespace.name], field: container.image.name'
    const place = { 'k8s.namespace.name': 'shop' }
    const alike = { at: AFTER, ...place, 'container.image.name': 'sh0p/web' }
    expect(told(body, [{ ...HISTORY, ...place }, alike])).toMatchObject([{ 'baseline.value': 'sh0p/web' }])
  })

  it('who acts while a key learns is not found by it, as the page says', () => {
    const early = { at: '1d', Image: '/bin/nc' }
    const later = { at: AFTER, Image: '/bin/nc' }
    expect(told(values, [{ ...HISTORY, Image: '/app' }, early, later])).toEqual([])
  })

  it('who fills a key with values is told of each, and pushes out nothing that is used', () => {
    const flood = Array.from({ length: 1_500 }, (_, n) => `/tmp/${n}`)
    const crowd = { at: AFTER, repeat: { every: '1m', for: '25h', vary: { Image: flood } } }
    const always = { at: '0s', repeat: { every: '1h', for: '12d' }, Image: '/app' }
    const found = told(values, [always, crowd, { at: '12d', Image: '/bin/nc' }])
    expect(found).toHaveLength(1_501)
    expect(found.at(-1)).toMatchObject({ 'baseline.value': '/bin/nc' })
  })

  it('who raises a number for good is told of as a spike, and once as a drift', () => {
    const hourly = 'type: spike, rules: [seen], group-by: [workload], field: bytes, timespan: 1h, floor: 100'
    const steps = Array.from({ length: 40 * 24 }, (_, n) => 200 + (n % 5) + (n < 240 ? 0 : 100))
    const raised = { at: '0s', repeat: { every: '1h', for: '40d', vary: { bytes: steps } } }
    const reasons = told(hourly, [raised], 3_600_000).map((each) => each['baseline.reason'])
    expect(reasons.filter((reason) => reason === 'drift')).toHaveLength(1)
    expect(reasons[0]).toBe('spike')
  })
})

describe('absence', () => {
  const body = 'type: absence, rules: [seen], group-by: [workload], timespan: 3h, learn: 2d, min-samples: 10'

  it('tells that what came again and again does not, once', () => {
    expect(told(body, [HISTORY], 3_600_000)).toEqual([])
    expect(told(body, [HISTORY], 8 * 3_600_000)).toMatchObject([{ 'baseline.reason': 'absence' }])
  })

  it('is silent about what was as silent while it was learned', () => {
    const seldom = { at: '0s', repeat: { every: '6h', for: '8d' } }
    expect(told(body, [seldom], 8 * 3_600_000)).toEqual([])
  })
})

describe('risk', () => {
  const text = `${RULE}title: a\nname: a\nlevel: low\nbaseline: {type: new_value, rules: [seen], group-by: [workload], field: Image}
---
title: b\nname: b\nlevel: low\nbaseline: {type: new_value, rules: [seen], group-by: [workload], field: User}
---
title: risk\nname: risk\nlevel: high\nbaseline: {type: risk, timespan: 2h, threshold: 20}\n`

  it.each([
    ['fires at the sum of weak signals within its window', '1h', true],
    ['counts nothing that is further apart', '3h', false],
  ])('%s', (_, apart, fires) => {
    const { ruleset } = compileRules([{ file: 'r', text, line: 1, strategy: 's' }], { lists: new Map() })
    const events = [
      { ...base, ...HISTORY, Image: '/app', User: 'web' },
      { ...base, at: AFTER, Image: '/bin/nc', User: 'web' },
      { ...base, at: `${8 * 24 + Number(apart[0])}h`, Image: '/app', User: 'root' },
    ].flatMap((each, n) => testEvents(each, `t#${n}`) as Exclude<ReturnType<typeof testEvents>, string>)
    const matches = events.flatMap((event) => ruleset.match(event))
    const end = Math.max(...events.map(({ time }) => time))
    const fired = firedBy(ruleset, matches, end + 1)
    expect(fired.some(({ rule }) => rule.id === 'risk')).toBe(fires)
    expect(fired.filter(({ rule }) => rule.id !== 'risk')).toHaveLength(2)
  })
})

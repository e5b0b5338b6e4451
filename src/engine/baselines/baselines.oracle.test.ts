import { array, assert, boolean, constantFrom, integer, option, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localHours } from '../../domain/local-hour.ts'
import { compileRules, type Baseline } from '../../sigma/sigma.ts'
import type { Surroundings } from './baseline-analytic.ts'
import { oracle, type Incident, type OracleTold, type Seen, type World } from './baselines.oracle.testing.ts'
import { slotOf } from './bucket.ts'
import { addTo, newCell, TICK, type Cell } from './cell.ts'
import { kindOf } from './kinds.ts'

/** A Monday. */
const START = Date.UTC(2026, 10, 2)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function baselineOf(body: string): Baseline {
  const text = `title: seen\nname: seen\nlogsource: {category: test}\ndetection: {s: {A: 1}, condition: s}\n---\ntitle: b\nbaseline: {${body}, rules: [seen], group-by: [User]}\n`
  const { ruleset, refused } = compileRules([{ file: 'r.yml', text, line: 1, strategy: 's' }], {
    lists: new Map(),
  })
  expect(refused).toEqual([])
  return ruleset.baselines[0] as Baseline
}

interface Cuts {
  /** Event times to which the key is looked at in between, and whether it is read anew from what is stored then. */
  readonly at: readonly number[]
  readonly restarts: boolean
}

/** What the engine tells, given a part of the observations at a time, in any order within a part. */
function engineTold(baseline: Baseline, world: World, cuts: Cuts): readonly OracleTold[] {
  const { seen, incidents, approved, deaf, until } = world
  const kind = kindOf(baseline)
  const { test } = baseline
  const hourOf = localHours('UTC')
  const told: OracleTold[] = []
  const horizons = [...cuts.at, approved ?? until, until].filter((at) => at <= until).sort((a, b) => a - b)
  let state: unknown
  let past: unknown
  let from = -Infinity
  for (const horizon of new Set(horizons)) {
    const cells = new Map<number, Cell>()
    for (const each of seen.toReversed()) {
      const tick = Math.floor(each.time / TICK) * TICK
      if (tick < from || tick >= horizon) continue
      const cell = cells.get(tick) ?? newCell()
      cells.set(tick, cell)
      const { time, event, entity, value, series, number } = each
      const slots = {
        spike: () => slotOf(time, 'timespan' in test ? test.timespan : 1, series),
        absence: () => '',
      }
      const slot = test.type in slots ? slots[test.type as keyof typeof slots]() : value
      addTo(cell, { time, event, slot, number, entity, who: entity }, () => undefined)
    }
    const surroundings: Surroundings = {
      until: horizon,
      hourOf,
      troubles: (entity, since, before) =>
        incidents
          .filter((each) => each.entity === entity && each.last >= since && each.first < before)
          .map(({ first, last, outcome }) => ({
            first,
            last,
            isOpen: outcome === 'open',
            isTrue: outcome === 'true',
          })),
      isBlind: (since, end) => deaf !== undefined && deaf[0] < end && deaf[1] > since,
    }
    const ordered = [...cells].sort(([a], [b]) => a - b).map(([tick, cell]) => ({ tick, cell }))
    const judged = kind.judge(state, ordered, surroundings)
    for (const { time, reason, seen: what, series = '' } of judged.told)
      if (reason !== 'drift')
        told.push({
          time,
          reason: test.type,
          what: test.type === 'spike' ? `${series} ${what['value']}` : String(what['value'] ?? ''),
        })
    state = judged.state
    if (horizon === approved && state !== undefined) kind.approve(state, undefined)
    if (cuts.restarts && state !== undefined) {
      past = kind.pastJson(state) ?? past
      state = kind.fromJson(JSON.parse(JSON.stringify(kind.toJson(state))), past)
    }
    from = horizon
  }
  return told
}

const LEARN = 'learn: 6h, min-samples: 4, min-days: 1'
const KINDS: Readonly<Record<string, string>> = {
  new_value: `type: new_value, field: A, ${LEARN}`,
  'new_value that is forgotten': `type: new_value, field: A, ${LEARN}, retain: 24h`,
  rare_value: `type: rare_value, field: A, share: 0.2, ${LEARN}`,
  'rare_value that is forgotten': `type: rare_value, field: A, share: 0.2, ${LEARN}, retain: 24h`,
  'change in an order': `type: change, field: A, order: [[v0], [v1, v2], 'v*'], ${LEARN}`,
  change: `type: change, field: A, share: 0.6, ${LEARN}`,
  'spike of a count': `type: spike, timespan: 30m, floor: 2, threshold: 2, drift: 1000, ${LEARN}`,
  'spike of a sum, two in a row': `type: spike, field: A, timespan: 1h, for: 2h, floor: 1, threshold: 1, season: hour-of-day, drift: 1000, ${LEARN}`,
  'spike without a season': `type: spike, field: A, timespan: 2h, floor: 3, threshold: 1, season: none, drift: 1000, ${LEARN}`,
  absence: `type: absence, timespan: 5h, ${LEARN}`,
}

const isSpike = (name: string): boolean => name.startsWith('spike')

/** Histories of a week: hours that are alike, and now and then something else. */
function worlds(name: string) {
  const days = isSpike(name) ? 6 : 4
  const times = integer({ min: 0, max: days * 24 * 60 }).map((minute) => START + minute * MINUTE)
  const entities = constantFrom('a', 'b')
  const seen = record({
    time: times,
    // few often, others seldom
    value: integer({ min: 0, max: 19 }).map((n) => `v${n < 15 ? 3 + (n % 2) : n - 15}`),
    entity: isSpike(name) ? constantFrom('a') : entities,
    series: isSpike(name) ? constantFrom('', 's') : constantFrom(''),
    number: integer({ min: 0, max: 6 }),
  })
  const regular = array(integer({ min: 0, max: 59 }), { minLength: 20, maxLength: 80 }).map((minutes) =>
    minutes.map((minute, hour) => ({
      time: START + (hour * 60 + minute) * MINUTE,
      value: `v${3 + (hour % 2)}`,
      entity: 'a',
      series: '',
      number: hour % 3,
    })),
  )
  const incident = record({
    entity: entities,
    first: times,
    span: integer({ min: 0, max: 30 }),
    outcome: constantFrom('open', 'benign', 'true'),
  }).map(({ span, ...each }): Incident => ({ ...each, last: each.first + span * HOUR }))
  const step = times.map((time) => Math.floor(time / TICK) * TICK)
  return record({
    seen: record({ regular, others: array(seen, { maxLength: 30 }) }).map(({ regular: usual, others }) =>
      [...usual, ...others].map((each, n): Seen => ({
        ...each,
        event: `event-${String(n).padStart(3, '0')}`,
      })),
    ),
    incidents: array(incident, { maxLength: 2 }),
    approved: option(step, { nil: undefined, freq: 4 }),
    deaf: option(
      record({ from: times, span: integer({ min: 1, max: 12 }) }).map(
        ({ from, span }) => [from, from + span * HOUR] as const,
      ),
      { nil: undefined },
    ),
    cuts: record({ at: array(step, { maxLength: 12 }), restarts: boolean() }),
  }).map(({ cuts, ...world }) => ({ world: { ...world, until: START + (days + 1) * DAY }, cuts }))
}

const CASES = Number(process.env['CASES'] ?? 100)

describe('a baseline tells what is found by working it out anew from the whole history', () => {
  it.each(Object.entries(KINDS))('%s', (name, body) => {
    const baseline = baselineOf(body)
    let told = 0
    assert(
      property(worlds(name), ({ world, cuts }) => {
        const expected = oracle(baseline, world)
        told += expected.length
        expect(inOrder(engineTold(baseline, world, cuts))).toEqual(inOrder(expected))
      }),
      { numRuns: CASES },
    )
    // otherwise nothing was compared
    expect(told).toBeGreaterThan(CASES / 10)
  })
})

function inOrder(told: readonly OracleTold[]): readonly OracleTold[] {
  return told.toSorted((a, b) => a.time - b.time || (a.what < b.what ? -1 : 1))
}

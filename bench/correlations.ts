import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCorrelating } from '../src/loop/correlating.ts'
import type { Event } from '../src/domain/event.ts'
import type { Match } from '../src/domain/match.ts'
import type { PendingSignal } from '../src/domain/state.ts'
import { createCorrelator, type Held } from '../src/engine/correlate.ts'
import type { Judge } from '../src/engine/judge.ts'
import { compileRules, type Ruleset } from '../src/sigma/sigma.ts'
import { openStore } from '../src/store/sqlite.ts'
import { createTally } from '../src/loop/tally.ts'
import { aCommit } from '../test/builders.ts'

const MATCHES = 1_000_000
const GROUPS = 100_000
const STORED = 100_000
const A_STEP = 5_000
const LEAST = { event_count: 300_000, value_count: 150_000 } as const

const TYPES = {
  event_count: 'type: event_count, rules: [seen], condition: {gte: 8}',
  value_count: 'type: value_count, rules: [seen], condition: {gte: 8, field: Image}',
  value_sum: 'type: value_sum, rules: [seen], condition: {gte: 100000, field: Size}',
  value_median: 'type: value_median, rules: [seen], condition: {gte: 990, field: Size}',
  temporal: 'type: temporal, rules: [seen, other]',
  temporal_ordered: 'type: temporal_ordered, rules: [seen, other]',
  unexplained: 'type: unexplained, rules: [seen, other]',
} as const

const NOBODY: Judge = {
  suppressedBy: () => undefined,
  rate: (match) => ({ match, level: match.rule.level }),
}

/**
 * A million matches of a hundred thousand groups through one correlation of each type, in the order of their times,
 * on one core; then fewer of them through the store as well. Fails below the rates by processor time that are
 * promised for one core.
 */
export async function correlations(say: (line: string) => void): Promise<void> {
  say(`${MATCHES} matches over ${GROUPS} groups, ${A_STEP} a step; rates by the clock, and by processor time`)
  for (const [type, body] of Object.entries(TYPES)) {
    const { rate, line } = reduced(rulesetOf(body))
    say(`${type.padEnd(18)} ${line}`)
    const least = type in LEAST ? LEAST[type as keyof typeof LEAST] : 0
    if (rate >= least) continue
    process.exitCode = 1
    say(`  FAILED: ${thousands(rate)} a second is below ${thousands(least)}`)
  }
  say(`with evidence and the store, ${STORED} matches:`)
  say(`${'event_count'.padEnd(18)} ${stored(rulesetOf(TYPES.event_count))}`)
}

function rulesetOf(body: string): Ruleset {
  const rule = (name: string): string =>
    `title: ${name}\nname: ${name}\nlogsource: {category: test}\ndetection: {s: {A: ${name}}, condition: s}\n---\n`
  const text = `${rule('seen')}${rule('other')}title: c\ncorrelation: {${body}, timespan: 1h, group-by: [User]}\n`
  return compileRules([{ file: 'r.yml', text, line: 1, strategy: 'sigma' }], { lists: new Map() }).ruleset
}

/** Groups in an order that visits none again soon. */
function matchOf({ rules }: Ruleset, n: number): Match {
  const rule = rules[Math.floor(n / GROUPS) % 10 === 4 ? 1 : 0]
  const event: Event = {
    id: `stream/${n}`,
    time: 1_700_000_000_000 + n,
    source: 'falco',
    logsource: {},
    resource: { 'container.id': String((n * 7_919) % GROUPS) },
    record: { User: `user-${(n * 7_919) % GROUPS}`, Image: `/bin/${n % 13}`, Size: n % 1_000 },
    mapping: {},
  }
  const ref = {
    id: rule?.id ?? '',
    title: '',
    level: 'low',
    attack: [],
    strategy: 'sigma',
    fields: [],
  } as const
  return { rule: ref, event }
}

/** All in memory: grouping, reducing, and what would be written as it would be. */
function reduced(ruleset: Ruleset): { readonly rate: number; readonly line: string } {
  const correlator = createCorrelator(ruleset)
  const held: Held = { windows: () => [], due: () => [], bodies: () => new Map() }
  let [fired, next] = [0, MATCHES]
  const number = (): number => (next += 1)
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const watch = newWatch()
  for (let from = 0; from < MATCHES; from += A_STEP) {
    const page = Array.from({ length: A_STEP }, (_, at): PendingSignal => {
      const { event, rule } = matchOf(ruleset, from + at)
      const { id, time } = event
      return { n: from + at, time, event: id, uses: correlator.signals.usesOf(rule.id, event) }
    })
    const until = (page.at(-1)?.time ?? 0) + 1
    watch.run(() => {
      fired += correlator.step(page, until, { held, judge: NOBODY, number, isBlind: () => false }).matches
        .length
    })
  }
  globalThis.gc?.()
  const grown = Math.round((process.memoryUsage().heapUsed - before) / 2 ** 20)
  const { rate, line } = watch.told(MATCHES)
  return { rate, line: `${line}; ${fired} fired; ${grown} MiB of states` }
}

/** From the match to the committed window: read, kept, looked at, written. */
function stored(ruleset: Ruleset): string {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-correlations-'))
  const store = openStore(join(folder, 'store.db'), { durable: true })
  try {
    const detection = { ruleset, judge: NOBODY }
    const correlating = createCorrelating({ store, detection: () => detection, now: Date.now })
    const watch = newWatch()
    for (let n = 0; n < STORED; n += 1_000) {
      const matches = Array.from({ length: 1_000 }, (_, at) => ({
        match: matchOf(ruleset, n + at),
        level: 'low' as const,
      }))
      watch.run(() => {
        const { signals } = correlating.take('bench', matches, createTally())
        store.commit(aCommit({ signals }))
        Array.from(correlating.steps(matches.at(-1)?.match.event.time ?? 0).take(4))
      })
    }
    const { line } = watch.told(STORED)
    return `${line}; ${Math.round(statSync(join(folder, 'store.db')).size / 2 ** 20)} MiB on disk`
  } finally {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Adds up the time of what is run, by the clock and by the processor. */
function newWatch(): {
  run(work: () => void): void
  /** `rate` is the better of both: other processes slow the one, collecting on the other processor the other. */
  told(count: number): { readonly rate: number; readonly line: string }
} {
  let [wall, user] = [0, 0]
  return {
    run(work) {
      const [began, used] = [performance.now(), process.cpuUsage()]
      work()
      wall += performance.now() - began
      user += process.cpuUsage(used).user
    },
    told(count) {
      const [byClock, cpu] = [(count * 1_000) / wall, (count * 1_000_000) / user]
      return {
        rate: Math.max(byClock, cpu),
        line: `${thousands(byClock).padStart(9)}/s, ${thousands(cpu).padStart(9)}/s of user time`,
      }
    },
  }
}

function thousands(rate: number): string {
  return Math.round(rate).toLocaleString('en')
}

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCorrelating } from '../src/correlating.ts'
import type { Event } from '../src/domain/event.ts'
import type { Match } from '../src/domain/match.ts'
import type { PendingSignal } from '../src/domain/state.ts'
import { createCorrelator, type Held } from '../src/engine/correlate.ts'
import type { Judge } from '../src/engine/judge.ts'
import { compileRules, type Ruleset } from '../src/sigma/sigma.ts'
import { openStore } from '../src/store/sqlite.ts'
import { createTally } from '../src/tally.ts'
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
    const { cpu, line } = reduced(rulesetOf(body))
    say(`${type.padEnd(18)} ${line}`)
    const least = type in LEAST ? LEAST[type as keyof typeof LEAST] : 0
    if (cpu >= least) continue
    process.exitCode = 1
    say(`  FAILED: ${thousands(cpu)} a second of processor time is below ${thousands(least)}`)
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
  const rule = rules[n % 10 === 9 ? 1 : 0]
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
function reduced(ruleset: Ruleset): { readonly cpu: number; readonly line: string } {
  const correlator = createCorrelator(ruleset)
  const pages: PendingSignal[][] = []
  for (let n = 0; n < MATCHES; n += 1) {
    if (n % A_STEP === 0) pages.push([])
    const { event, rule } = matchOf(ruleset, n)
    const { id, time } = event
    pages.at(-1)?.push({ n, time, event: id, uses: correlator.signals.usesOf(rule.id, event) })
  }
  const held: Held = { windows: () => [], due: () => [], bodies: () => new Map() }
  let [fired, next] = [0, MATCHES]
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const measured = measure(MATCHES, () => {
    for (const page of pages) {
      const until = (page.at(-1)?.time ?? 0) + 1
      fired += correlator.step(page, until, { held, judge: NOBODY, number: () => (next += 1) }).matches.length
    }
  })
  globalThis.gc?.()
  const grown = Math.round((process.memoryUsage().heapUsed - before) / 2 ** 20)
  return { cpu: measured.cpu, line: `${measured.line}; ${fired} fired; ${grown} MiB of states` }
}

/** From the match to the committed window: read, kept, looked at, written. */
function stored(ruleset: Ruleset): string {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-correlations-'))
  const store = openStore(join(folder, 'store.db'), { durable: true })
  try {
    const detection = { ruleset, judge: NOBODY }
    const correlating = createCorrelating({ store, detection: () => detection, now: Date.now })
    const { line } = measure(STORED, () => {
      for (let n = 0; n < STORED; n += 1_000) {
        const matches = Array.from({ length: 1_000 }, (_, at) => ({
          match: matchOf(ruleset, n + at),
          level: 'low' as const,
        }))
        const { signals } = correlating.take('bench', matches, createTally())
        store.commit(aCommit({ signals }))
        correlating.advance(matches.at(-1)?.match.event.time ?? 0, 4)
      }
    })
    return `${line}; ${Math.round(statSync(join(folder, 'store.db')).size / 2 ** 20)} MiB on disk`
  } finally {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function measure(count: number, work: () => void): { readonly cpu: number; readonly line: string } {
  const [began, used] = [performance.now(), process.cpuUsage()]
  work()
  const { user } = process.cpuUsage(used)
  const [wall, cpu] = [(count * 1_000) / (performance.now() - began), (count * 1_000_000) / user]
  return { cpu, line: `${thousands(wall).padStart(9)}/s, ${thousands(cpu).padStart(9)}/s of user time` }
}

function thousands(rate: number): string {
  return Math.round(rate).toLocaleString('en')
}

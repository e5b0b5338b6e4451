import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event } from '../src/domain/event.ts'
import type { RatedMatch } from '../src/engine/alerting.ts'
import type { Judge } from '../src/engine/judge.ts'
import { createSignals } from '../src/engine/signals.ts'
import { createBaselining } from '../src/loop/baselining.ts'
import { createTally } from '../src/loop/tally.ts'
import { compileRules, type Ruleset } from '../src/sigma/sigma.ts'
import { openStore } from '../src/store/sqlite.ts'
import type { Store } from '../src/store/store.ts'
import { aCommit } from '../test/builders.ts'

const A_BATCH = 2_000
const START = Date.UTC(2026, 0, 5)
const HOUR = 3_600_000
/** Records come so much later than they happened, ms, as by the daemon's own lateness. */
const LATENESS = 60_000

const NOBODY: Judge = {
  suppressedBy: () => undefined,
  rate: (match) => ({ match, level: match.rule.level }),
}

const RULE =
  'title: seen\nname: seen\nlogsource: {category: test}\ndetection: {s: {A: 1}, condition: s}\n---\n'

export interface Load {
  /** What the baseline says of its type. */
  readonly body: string
  readonly keys: number
  readonly observations: number
  /** Of event time. */
  readonly hours: number
  /** 1 where all keys have as many. */
  readonly skew: number
}

/** What a load came to. Times in ms of processor time, but for `clock`; sizes in MiB. */
export interface Loaded {
  readonly known: number
  readonly commits: readonly number[]
  readonly cpu: number
  readonly clock: number
  readonly peak: number
  readonly disk: number
}

function load({ body, ...shape }: Load): Loaded {
  const text = `${RULE}title: b\nbaseline: {${body}, rules: [seen], group-by: [User]}\n`
  const { ruleset, refused } = compileRules([{ file: 'r.yml', text, line: 1, strategy: 's' }], {
    lists: new Map(),
  })
  if (refused.length > 0) throw new Error(refused[0]?.message)
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-baselines-'))
  const store = openStore(join(folder, 'store.db'), { durable: true })
  try {
    const times = run(ruleset, shape, store)
    const known = [...store.baselineKeyCounts().values()].reduce((sum, count) => sum + count, 0)
    const disk = Math.round(statSync(join(folder, 'store.db')).size / 2 ** 20)
    return { ...times, known, disk, peak: Math.round(process.resourceUsage().maxRSS / 1_024) }
  } finally {
    store.close()
    rmSync(folder, { recursive: true })
  }
}

/** As the loop does it: a batch is taken and committed, then what is before the watermark is looked at. */
function run(
  ruleset: Ruleset,
  { keys, observations, hours, skew }: Omit<Load, 'body'>,
  store: Store,
): Pick<Loaded, 'commits' | 'cpu' | 'clock'> {
  const commits: number[] = []
  const timed: Store = {
    ...store,
    commit(batch) {
      const before = process.cpuUsage()
      store.commit(batch)
      commits.push(cpuOf(before))
    },
  }
  let number = 0
  let now = START
  const baselining = createBaselining({
    store: timed,
    now: () => now,
    arriving: true,
    number: () => (number += 1),
  })
  const current = { ruleset, judge: NOBODY, signals: createSignals(ruleset.correlations) }
  const step = (hours * HOUR) / observations
  const [cpuBefore, begin] = [process.cpuUsage(), performance.now()]
  let made = 0
  for (let from = 0; from < observations; from += A_BATCH) {
    const before = process.cpuUsage()
    const matches = Array.from({ length: A_BATCH }, (_, n) =>
      matchOf(ruleset, from + n, keyOf(from + n, keys, skew), step),
    )
    made += cpuOf(before)
    now = matches.at(-1)?.match.event.time ?? now
    const observed = baselining.take(matches, current, createTally())
    timed.commit(aCommit({ observed }))
    const watermark = now - LATENESS
    while (baselining.place() < Math.floor(watermark / 10_000) * 10_000)
      for (const _ of baselining.steps(baselining.horizon(watermark, false), () => current));
  }
  return { commits, cpu: cpuOf(cpuBefore) - made, clock: performance.now() - begin - made }
}

/** ms. */
function cpuOf(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** In an order that visits none again soon, but those that have most. */
function keyOf(n: number, keys: number, skew: number): number {
  return Math.floor(keys * (((n * 7_919) % keys) / keys) ** skew)
}

/** Each key has few values. */
function matchOf({ rules }: Ruleset, n: number, key: number, step: number): RatedMatch {
  const event: Event = {
    id: `stream/${n}`,
    time: START + n * step,
    source: 'falco',
    logsource: {},
    resource: { 'container.id': String(key), 'container.name': `name-${key}` },
    record: { User: `user-${key}`, Image: `/bin/${(n + key) % 5}`, Version: 'TLSv12', Size: n % 1_000 },
    mapping: {},
  }
  const ref = {
    id: rules[0]?.id ?? '',
    title: '',
    level: 'low',
    attack: [],
    strategy: 's',
    fields: [],
  } as const
  return { match: { rule: ref, event }, level: 'low' }
}

process.stdout.write(JSON.stringify(load(JSON.parse(process.argv[2] ?? '') as Load)))

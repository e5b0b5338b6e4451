import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aCommit, rated } from '../test/builders.ts'
import { digest } from '../src/domain/hash.ts'
import { LEVELS } from '../src/domain/match.ts'
import { fold, stateKeys, type RatedMatch } from '../src/engine/alerting.ts'
import { openReader, openStore } from '../src/store/sqlite.ts'
import type { Reader, Store } from '../src/store/store.ts'

const SIZES = [10_000, 100_000]
const BATCH = 500
/** Milliseconds that the slowest of a few answers may take. */
const LIMITS = { page: 20, search: 50, histogram: 50 } as const
const ROUNDS = 7
const NOW = Date.UTC(2026, 10, 20, 10)
const DAYS = 60

/**
 * The queue's pages, filters and histogram over a store that real commits have filled, asked on a connection of
 * their own: processor time, which other processes of the machine do not add to. Of the incidents 19 of 20 are closed, as after a while they are.
 */
export async function queue(say: (line: string) => void): Promise<void> {
  for (const size of SIZES) {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-queue-'))
    const file = join(folder, 'store.db')
    const store = openStore(file, { durable: true })
    try {
      const took = fill(store, size)
      say(`${size} alerts; ${(took / size).toFixed(3)} ms each to commit`)
      const reader = openReader(file)
      for (const question of questions(reader)) measure(question, say)
      reader.close()
    } finally {
      store.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

interface Question {
  readonly kind: keyof typeof LIMITS
  readonly name: string
  readonly ask: () => unknown
}

function questions(reader: Reader): readonly Question[] {
  const page = (name: string, ask: () => unknown): Question => ({ kind: 'page', name, ask })
  /** What finds nothing has looked through everything. */
  const search = (name: string, ask: () => unknown): Question => ({ kind: 'search', name, ask })
  const histogram = (name: string, ask: () => unknown): Question => ({ kind: 'histogram', name, ask })
  const second = reader.incidents({ limit: 100 }).next ?? ''
  const [incident] = reader.incidents({ limit: 1 }).items
  const id = incident?.id ?? ''
  const days = (n: number): number => NOW - n * 86_400_000
  return [
    page('incidents', () => reader.incidents({ limit: 100 })),
    page('incidents, second page', () => reader.incidents({ limit: 100, after: second })),
    page('incidents, open', () => reader.incidents({ status: 'open', limit: 100 })),
    page('incidents, open and critical', () => reader.incidents({ status: 'open', level: 'critical' })),
    page('incidents, critical', () => reader.incidents({ level: 'critical', limit: 100 })),
    page('incidents, one day', () => reader.incidents({ since: days(20), until: days(19), limit: 100 })),
    page('incidents, common strategy', () => reader.incidents({ strategy: 's-1', limit: 100 })),
    search('incidents, rare strategy', () => reader.incidents({ strategy: 's-rare', limit: 100 })),
    search('incidents, one container', () => reader.incidents({ entity: 'web-4321', limit: 100 })),
    search('incidents, rule by text', () => reader.incidents({ text: 'rule 17 of', limit: 100 })),
    search('incidents, text that is nowhere', () => reader.incidents({ text: 'no such thing', limit: 100 })),
    page('one incident', () => [reader.incident(id), reader.alerts({ incident: id, limit: 50 })]),
    page('alerts', () => reader.alerts({ limit: 100 })),
    page('alerts, open', () => reader.alerts({ status: 'open', limit: 100 })),
    page('alerts, rare strategy', () => reader.alerts({ strategy: 's-rare', limit: 100 })),
    page('alerts, posture', () => reader.alerts({ posture: true, limit: 100 })),
    page('totals', () => reader.totals()),
    histogram('histogram', () => reader.histogram({}, NOW)),
    histogram('histogram, open', () => reader.histogram({ status: 'open' }, NOW)),
    histogram('histogram, a week, high', () => reader.histogram({ since: days(7), level: 'high' }, NOW)),
    histogram('histogram, one strategy', () => reader.histogram({ strategy: 's-1' }, NOW)),
    histogram('histogram, text', () => reader.histogram({ text: 'team/app-7' }, NOW)),
  ]
}

function measure({ kind, name, ask }: Question, say: (line: string) => void): void {
  const took = Array.from({ length: ROUNDS }, () => {
    const began = process.cpuUsage()
    ask()
    return spent(began)
  }).sort((a, b) => a - b)
  const [middle, worst] = [took[ROUNDS >> 1] ?? 0, took.at(-1) ?? 0]
  say(`  ${name.padEnd(34)} ${middle.toFixed(1).padStart(6)} ms, at most ${worst.toFixed(1)} ms`)
  if (middle <= LIMITS[kind]) return
  process.exitCode = 1
  say(`  FAILED: over the limit of ${LIMITS[kind]} ms`)
}

/** Returns how long the commits took, ms. */
function fill(store: Store, size: number): number {
  let took = 0
  for (let from = 0; from < size; from += BATCH) {
    const matches = Array.from({ length: BATCH }, (_, n) => aMatch(from + n, size))
    const began = process.cpuUsage()
    store.commit(aCommit({ at: NOW, output: fold(store.load(stateKeys(matches)), matches) }))
    took += spent(began)
  }
  let [after, n]: [string | undefined, number] = [undefined, 0]
  do {
    const page = store.incidents({ limit: 500, ...(after === undefined ? {} : { after }) })
    for (const { id } of page.items) {
      n += 1
      if (n % 20 !== 0) store.closeIncident(id, 'benign', 'bench', 'bench', NOW)
    }
    after = page.next
  } while (after !== undefined)
  return took
}

/** Processor time since then, ms. */
function spent(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1_000
}

/** Each is an alert of its own; two of three begin an incident. */
function aMatch(n: number, size: number): RatedMatch {
  const entity = n - (n % 3 === 2 ? 1 : 0)
  const level = LEVELS[n % 100 === 0 ? 4 : n % 4] ?? 'low'
  const rule = n % 40
  return rated(
    {
      id: `e${n}`,
      time: NOW - Math.floor(((size - n) / size) * DAYS * 86_400_000),
      resource: {
        'container.id': digest(String(entity)).repeat(2),
        'container.name': `web-${entity}`,
        'container.image.name': `registry.example.com/team/app-${entity % 50}`,
        'container.image.id': `sha256:${digest(String(entity % 50)).repeat(2)}`,
        'host.name': `node-${entity % 20}`,
      },
    },
    {
      id: `rule-${rule}`,
      title: `Container does what rule ${rule} of the bench describes`,
      strategy: n % 5_000 === 0 ? 's-rare' : `s-${rule % 10}`,
      level,
    },
    level,
  )
}

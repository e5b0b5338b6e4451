import { resolve } from 'node:path'
import { loadDetection } from '../src/detection.ts'
import type { Event, Logsource } from '../src/domain/event.ts'
import { sharedReaders } from '../src/sigma/compile.ts'
import { readLibrary } from '../src/sigma/library.ts'
import { applies } from '../src/sigma/logsource.ts'
import { conditionTest, some } from '../src/sigma/predicate.ts'
import { compileRules } from '../src/sigma/sigma.ts'
import type { Ruleset, RuleText } from '../src/sigma/sigma.ts'
import { createStreamDecoder, sources } from '../src/sources/index.ts'
import { auditLine } from './audit-records.ts'
import { hasCollection, inCollection, LANES, linesOf, readRules } from './collection.ts'
import type { Lane } from './collection.ts'
import { falcoLine } from './falco-records.ts'

const ROUNDS = 7
/** Rules of the whole collection, evenly chosen; the last is all of them. */
const SIZES = [100, 400, 1_600, Infinity]
/** Records of the strategies' own kinds, and how many of them are decoded at a time: 64 KiB, as in the loop. */
const OWN_RECORDS = 20_000
const BLOCK = 80

type Say = (line: string) => void

/**
 * Matching on one core, as a share of the rate of JSON.parse alone on the same lines, each the best of a few rounds,
 * alternating, with what matched: a large collection of rules over two streams of Windows records; how the cost of a
 * record grows with the number of rules; the strategies alone over records of Kubernetes and Falco.
 */
export async function sigma(say: Say): Promise<void> {
  if (hasCollection()) await inCollection((folder) => collection(folder, say))
  else say('the collection is skipped: ../shared/data/sigma is absent')
  await ownRecords(say)
}

function collection(folder: string, say: Say): void {
  const texts = readRules(folder)
  const { ruleset } = timed(say, () => compileRules(texts, { lists: new Map() }))
  for (const lane of LANES) tellLane(lane, linesOf(lane), ruleset, say)
  say(`${Math.round(process.resourceUsage().maxRSS / 1_000)} MB of memory at most so far`)
  tellLane('structured, each command line only once', distinct(linesOf('structured')), ruleset, say)
  for (const lane of LANES) growth(lane, texts, say)
  withoutChoosing(texts, say)
}

function timed<T extends { readonly ruleset: Ruleset }>(say: Say, compile: () => T): T {
  const start = performance.now()
  const compiled = compile()
  const took = Math.round(performance.now() - start)
  say(`${compiled.ruleset.rules.length} rules compiled in ${took} ms`)
  return compiled
}

function tellLane(name: string, lines: readonly string[], ruleset: Ruleset, say: Say): void {
  const { parsing, matching, matches } = measured(lines, ruleset)
  const figures = `${perSecond(matching)} of ${perSecond(parsing)} by JSON.parse alone`
  say(`${name}: ${(parsing / matching).toFixed(3)} (${figures}; ${matches} matches)`)
}

/** Seconds a line, the least of the rounds. */
interface Measured {
  readonly parsing: number
  readonly matching: number
  readonly matches: number
}

function measured(lines: readonly string[], ruleset: Ruleset): Measured {
  const match = matcher(ruleset)
  let [parsing, matching, matches] = [Infinity, Infinity, 0]
  for (let round = 0; round < ROUNDS; round += 1) {
    parsing = Math.min(
      parsing,
      seconds(() => {
        for (const line of lines) JSON.parse(line)
      }),
    )
    matches = 0
    matching = Math.min(
      matching,
      seconds(() => {
        for (const line of lines) matches += match(line)
      }),
    )
  }
  return { parsing: parsing / lines.length, matching: matching / lines.length, matches }
}

/** Evenly chosen rules: all kinds of records have their share of them. */
function growth(lane: Lane, texts: readonly RuleText[], say: Say): void {
  const lines = linesOf(lane).slice(0, 4_000)
  const costs = SIZES.map((size) => {
    const chosen = size >= texts.length ? texts : texts.filter((_, at) => (at * size) % texts.length < size)
    const { ruleset } = compileRules(chosen, { lists: new Map() })
    const { matching, matches } = measured(lines, ruleset)
    return { rules: ruleset.rules.length, matching, matches }
  })
  const told = costs.map(
    ({ rules, matching, matches }) => `${rules} rules ${(matching * 1e6).toFixed(1)} µs (${matches} matches)`,
  )
  const [least, , most] = costs
  const times = most && least ? (most.matching / least.matching).toFixed(2) : ''
  say(`a record, ${lane}: ${told.join(', ')}; ${times} times from the first to the third`)
}

/** The same tests without choosing among the rules: every rule of the log source is evaluated. */
function withoutChoosing(texts: readonly RuleText[], say: Say): void {
  const readers = sharedReaders()
  const rules = readLibrary(texts, new Map()).rules.map(({ rule }) => ({
    logsource: rule.logsource,
    holds: some(rule.conditions.map((condition) => conditionTest(condition, rule.identifiers, readers))),
  }))
  const events = linesOf('structured')
    .slice(0, 500)
    .map((line) => eventOf(JSON.parse(line) as Logsource))
  let matches = 0
  let took = Infinity
  for (let round = 0; round < ROUNDS; round += 1) {
    matches = 0
    took = Math.min(
      took,
      seconds(() => {
        for (const event of events)
          for (const { logsource, holds } of rules)
            if (applies(logsource, event.logsource) && holds(event)) matches += 1
      }),
    )
  }
  say(
    `every rule evaluated: ${perSecond(took / events.length)} (${matches} matches in ${events.length} records)`,
  )
}

/** The sources make events of the records, a block at a time, which is not counted: what is measured is matching. */
async function ownRecords(say: Say): Promise<void> {
  const { ruleset } = await loadDetection({
    strategies: resolve(import.meta.dirname, '../strategies'),
    rules: [],
    site: undefined,
    zone: 'UTC',
    now: Date.now,
  })
  for (const [name, lineOf] of [
    ['Kubernetes audit', auditLine],
    ['Falco', falcoLine],
  ] as const) {
    const lines = Array.from({ length: OWN_RECORDS }, (_, n) => lineOf(n))
    let [parsing, matching] = [Infinity, Infinity]
    for (let round = 0; round < ROUNDS; round += 1) {
      const took = blocks(lines, ruleset)
      parsing = Math.min(parsing, took.parsing)
      matching = Math.min(matching, took.matching)
    }
    const figures = `${perSecond(matching)} of ${perSecond(parsing)} by JSON.parse alone`
    say(
      `${ruleset.rules.length} rules of the strategies, ${name}: ${(parsing / matching).toFixed(2)} (${figures})`,
    )
  }
}

function blocks(lines: readonly string[], ruleset: Ruleset): { parsing: number; matching: number } {
  let [parsing, matching] = [0, 0]
  for (let from = 0; from < lines.length; from += BLOCK) {
    const block = lines.slice(from, from + BLOCK)
    parsing += seconds(() => {
      for (const line of block) JSON.parse(line)
    })
    const events = eventsOf(block)
    matching += seconds(() => {
      for (const line of block) JSON.parse(line)
      for (const event of events) ruleset.match(event)
    })
  }
  return { parsing: parsing / lines.length, matching: matching / lines.length }
}

function eventsOf(lines: readonly string[]): readonly Event[] {
  const decoder = createStreamDecoder(sources, 'bench')
  const bytes = Buffer.from(`${lines.join('\n')}\n`)
  return decoder.push({ stream: 'bench', offset: 0, bytes }).items.flatMap(({ decoded }) => decoded.events)
}

function matcher(ruleset: Ruleset): (line: string) => number {
  return (line) => ruleset.match(eventOf(JSON.parse(line) as Logsource)).length
}

const logsources = new Map<string, Logsource>()

function eventOf(record: Logsource): Event {
  const key = `${record.product}/${record.category}`
  const logsource = logsources.get(key) ?? logsourceOf(record)
  logsources.set(key, logsource)
  return { id: '', time: 0, source: 'falco', logsource, resource: {}, mapping: {}, record }
}

function logsourceOf({ product, category }: Logsource): Logsource {
  return { ...(product !== undefined && { product }), ...(category !== undefined && { category }) }
}

/** The lane repeats a few command lines: the same with one of its own in each record. */
function distinct(lines: readonly string[]): readonly string[] {
  return lines.map((line, number) => {
    const record = JSON.parse(line) as Record<string, unknown>
    const own = `--run ${(number * 7_919).toString(36)}`
    for (const name of ['CommandLine', 'ParentCommandLine'])
      if (typeof record[name] === 'string') record[name] = `${record[name]} ${own}`
    return JSON.stringify(record)
  })
}

/** Of this process's own time: other processes do not count. */
function seconds(work: () => void): number {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

function perSecond(each: number): string {
  return `${Math.round(1 / each)} records/s`
}

import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Logsource } from '../src/domain/event.ts'
import { compileRules } from '../src/sigma/sigma.ts'
import type { Ruleset, RuleText } from '../src/sigma/sigma.ts'

const DATA = resolve(import.meta.dirname, '../../shared/data/sigma')
const LANES = ['structured', 'raw'] as const
const ROUNDS = 5
const SIZES = [100, 400, 1_600, Infinity]

/**
 * A large collection of rules over two streams of Windows records, one core: the rate of parsing and matching
 * beside that of JSON.parse alone on the same lines, the best of a few rounds each; and how the cost of a record
 * grows with the number of rules.
 */
export async function sigma(say: (line: string) => void): Promise<void> {
  if (!existsSync(DATA)) return say('skipped: ../shared/data/sigma is absent')
  const corpus = mkdtempSync(join(tmpdir(), 'tallyman-sigma-'))
  try {
    execFileSync('tar', ['xzf', join(DATA, 'sigmahq-rules.tar.gz'), '-C', corpus])
    const texts = readRules(corpus)
    const { ruleset } = timed(say, () => compileRules(texts, { lists: new Map() }))
    for (const lane of LANES) measure(lane, ruleset, say)
    growth(texts, say)
    say(`${Math.round(process.memoryUsage().rss / 1e6)} MB of memory at the end`)
  } finally {
    rmSync(corpus, { recursive: true, force: true })
  }
}

function readRules(corpus: string): readonly RuleText[] {
  const files = globSync('rules/**/*.yml', { cwd: corpus }).sort()
  return files.map((file) => ({
    file,
    text: readFileSync(join(corpus, file), 'utf8'),
    line: 1,
    strategy: 'sigma',
  }))
}

function timed<T extends { readonly ruleset: Ruleset }>(say: (line: string) => void, compile: () => T): T {
  const start = performance.now()
  const compiled = compile()
  const took = Math.round(performance.now() - start)
  say(`${compiled.ruleset.rules.length} rules compiled in ${took} ms`)
  return compiled
}

function measure(lane: (typeof LANES)[number], ruleset: Ruleset, say: (line: string) => void): void {
  const lines = linesOf(lane)
  const match = matcher(ruleset)
  let [parsing, matching, matches] = [0, 0, 0]
  for (let round = 0; round < ROUNDS; round += 1) {
    parsing = Math.max(
      parsing,
      rate(lines, (line) => void JSON.parse(line)),
    )
    matches = 0
    matching = Math.max(
      matching,
      rate(lines, (line) => {
        matches += match(line)
      }),
    )
  }
  const figures = `${Math.round(matching)} records/s of ${Math.round(parsing)} by JSON.parse alone`
  say(`${lane}: ${(matching / parsing).toFixed(3)} (${figures}; ${matches} matches)`)
}

/** One log source has most of the rules: of those the first so many. */
function growth(texts: readonly RuleText[], say: (line: string) => void): void {
  const lines = linesOf('structured').slice(0, 4_000)
  const ofOneSource = texts.filter(({ file }) => file.includes('windows'))
  for (const size of SIZES) {
    const { ruleset } = compileRules(ofOneSource.slice(0, size), { lists: new Map() })
    const match = matcher(ruleset)
    let best = 0
    for (let round = 0; round < ROUNDS; round += 1) best = Math.max(best, rate(lines, match))
    say(`${ruleset.rules.length} rules: ${(1e6 / best).toFixed(1)} µs a record`)
  }
}

function matcher(ruleset: Ruleset): (line: string) => number {
  const logsources = new Map<string, Logsource>()
  return (line) => {
    const record = JSON.parse(line) as Logsource
    const key = `${record.product}/${record.category}`
    const logsource = logsources.get(key) ?? logsourceOf(record)
    logsources.set(key, logsource)
    const event = { id: '', time: 0, source: 'falco', logsource, resource: {}, mapping: {}, record } as const
    return ruleset.match(event).length
  }
}

function logsourceOf({ product, category }: Logsource): Logsource {
  return { ...(product !== undefined && { product }), ...(category !== undefined && { category }) }
}

function linesOf(lane: (typeof LANES)[number]): readonly string[] {
  return gunzipSync(readFileSync(join(DATA, 'lanes', `${lane}_windows.ndjson.gz`)))
    .toString()
    .trim()
    .split('\n')
}

/** Lines a second. */
function rate(lines: readonly string[], work: (line: string) => unknown): number {
  const start = performance.now()
  for (const line of lines) work(line)
  return lines.length / ((performance.now() - start) / 1_000)
}

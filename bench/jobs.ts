import { spawn } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { auditLine } from './audit-records.ts'
import { hasCollection, inCollection, linesOf, rulesFolder } from './collection.ts'

const RECORDS = 600_000
const WINDOWS_RECORDS = 400_000
/** So much of the file is scanned alone as well: what the rest costs is the rate without the start. */
const PART = 0.25
const ROUNDS = 2

/**
 * Records a second of `scan --jobs 1` (on one processor, and where it may use all) and `--jobs 2` over one large file,
 * processes of their own, alternating: with the strategies alone, where reading is most of the work, and with a large collection of rules.
 */
export async function jobs(say: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-bench-'))
  try {
    say(`${availableParallelism()} processors; best of ${ROUNDS}, alternating`)
    const audit = { file: join(folder, 'audit.log'), records: RECORDS, lineOf: auditLine, options: [] }
    await compare('Kubernetes audit records, the strategies', audit, say)
    if (!hasCollection()) return say('the collection is skipped: ../shared/data/sigma is absent')
    const quiet = quietLines()
    await inCollection(async (rules) => {
      const windows = {
        file: join(folder, 'windows.ndjson'),
        records: WINDOWS_RECORDS,
        lineOf: (n: number) => numbered(quiet[n % quiet.length] ?? '', n),
        options: ['--no-strategies', '--rules', rulesFolder(rules)],
      }
      await compare('structured Windows records, a large collection of rules', windows, say)
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Work {
  readonly file: string
  readonly records: number
  readonly lineOf: (n: number) => string
  readonly options: readonly string[]
}

async function compare(name: string, work: Work, say: (line: string) => void): Promise<void> {
  const part = { ...work, file: `${work.file}.part`, records: work.records * PART }
  await write(part.file, part.records, work.lineOf)
  await write(work.file, work.records, work.lineOf)
  say(`${work.records} ${name}, ${Math.round(statSync(work.file).size / 1e6)} MB`)
  const runs: Run[] = []
  for (let round = 0; round < ROUNDS; round += 1)
    for (const way of WAYS) for (const each of [part, work]) runs.push(await scan(each, way))
  const best = (way: Way, records: number, of: (run: Run) => number): number =>
    Math.min(...runs.filter((run) => run.way === way && run.records === records).map(of))
  const seconds = (way: Way, records: number): number => best(way, records, (run) => run.seconds)
  const rate = (way: Way): number =>
    (work.records - part.records) / (seconds(way, work.records) - seconds(way, part.records))
  const [pinned, one, two] = WAYS
  for (const way of WAYS) {
    const whole = Math.round(work.records / seconds(way, work.records))
    const cpu = best(way, work.records, (run) => run.cpu).toFixed(1)
    const peak = Math.round(best(way, work.records, (run) => run.peak))
    say(
      `  ${way.name.padEnd(26)} ${Math.round(rate(way))} records/s once started, ${whole} with the start; ${cpu} s of processor time, ${peak} MB`,
    )
  }
  const times = (way: Way): string => {
    const started = (rate(two) / rate(way)).toFixed(2)
    const all = (seconds(way, work.records) / seconds(two, work.records)).toFixed(2)
    return `${started} once started, ${all} with the start`
  }
  say(`  two against one on one processor: ${times(pinned)}; against one that may use both: ${times(one)}`)
  say(`  results ${areSame(runs) ? 'the same' : 'NOT the same'}`)
  rmSync(work.file)
  rmSync(part.file)
}

/** Hardly any record of a real stream is one that a rule is for; this stream has many, which are left out. */
function quietLines(): readonly string[] {
  return linesOf('structured').filter((line) => !/services|svchost|conhost|powershell/i.test(line))
}

/** A record of its own, not one that comes again. */
function numbered(line: string, n: number): string {
  return line.replace(/"ProcessGuid":"[\da-f]{8}/, `"ProcessGuid":"${n.toString(16).padStart(8, '0')}`)
}

interface Way {
  readonly name: string
  readonly jobs: number
  /** What the process is started with. */
  readonly by: readonly string[]
}

/** One job keeps a part of a second processor busy, with collecting and compiling: it is measured with and without. */
const WAYS = [
  { name: '--jobs 1 on one processor', jobs: 1, by: ['taskset', '--cpu-list', '0'] },
  { name: '--jobs 1', jobs: 1, by: [] },
  { name: '--jobs 2', jobs: 2, by: [] },
] as const satisfies readonly Way[]

interface Run {
  readonly way: Way
  readonly records: number
  readonly seconds: number
  readonly cpu: number
  readonly peak: number
  readonly told: string
}

async function scan({ file, records, options }: Work, way: Way): Promise<Run> {
  const start = performance.now()
  const peakOf = [...process.execArgv, join(import.meta.dirname, 'peak.ts')]
  const scanning = ['scan', '--jobs', String(way.jobs), '--json', ...options, file]
  const [program = process.execPath, ...args] = [...way.by, process.execPath, ...peakOf, ...scanning]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const [out, err, used] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    text(child.stdio[3] as Readable),
  ])
  const [peak = 0, cpu = 0] = used.split(' ').map(Number)
  return { way, records, seconds: (performance.now() - start) / 1000, cpu, peak, told: out + err }
}

/** Whether all runs over the same records told the same. */
function areSame(runs: readonly Run[]): boolean {
  const sizes = new Set(runs.map(({ records }) => records))
  return new Set(runs.map(({ records, told }) => `${records} ${told}`)).size === sizes.size
}

async function write(file: string, records: number, lineOf: (n: number) => string): Promise<void> {
  const out = createWriteStream(file)
  for (let n = 0; n < records; n += 1) {
    if (!out.write(`${lineOf(n)}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}

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
 * Records a second of `scan --jobs 1` and `--jobs 2` over one large file, processes of their own, alternating: with
 * the strategies alone, where reading is most of the work, and with a large collection of rules.
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
    for (const jobs of [1, 2]) for (const each of [part, work]) runs.push(await scan(each, jobs))
  const best = (jobs: number, records: number, of: (run: Run) => number): number =>
    Math.min(...runs.filter((run) => run.jobs === jobs && run.records === records).map(of))
  const seconds = (jobs: number, records: number): number => best(jobs, records, (run) => run.seconds)
  const rate = (jobs: number): number =>
    (work.records - part.records) / (seconds(jobs, work.records) - seconds(jobs, part.records))
  for (const jobs of [1, 2]) {
    const whole = Math.round(work.records / seconds(jobs, work.records))
    const cpu = best(jobs, work.records, (run) => run.cpu).toFixed(1)
    const peak = Math.round(best(jobs, work.records, (run) => run.peak))
    say(
      `  --jobs ${jobs}  ${Math.round(rate(jobs))} records/s once started, ${whole} with the start; ${cpu} s of processor time, ${peak} MB`,
    )
  }
  const started = (rate(2) / rate(1)).toFixed(2)
  const all = (seconds(1, work.records) / seconds(2, work.records)).toFixed(2)
  say(
    `  ratio     ${started} once started, ${all} with the start; results ${areSame(runs) ? 'the same' : 'NOT the same'}`,
  )
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

interface Run {
  readonly jobs: number
  readonly records: number
  readonly seconds: number
  readonly cpu: number
  readonly peak: number
  readonly told: string
}

async function scan({ file, records, options }: Work, jobs: number): Promise<Run> {
  const start = performance.now()
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      join(import.meta.dirname, 'peak.ts'),
      'scan',
      '--jobs',
      String(jobs),
      '--json',
      ...options,
      file,
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
  )
  const [out, err, used] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    text(child.stdio[3] as Readable),
  ])
  const [peak = 0, cpu = 0] = used.split(' ').map(Number)
  return { jobs, records, seconds: (performance.now() - start) / 1000, cpu, peak, told: out + err }
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

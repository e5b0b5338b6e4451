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
const WINDOWS_RECORDS = 300_000
const ROUNDS = 3

/**
 * Records a second of `scan --jobs 1` and `--jobs 2` over one large file, processes of their own, alternating: with
 * the strategies alone, where reading is most of the work, and with a large collection of rules.
 */
export async function jobs(say: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-bench-'))
  try {
    say(`${availableParallelism()} processors; best of ${ROUNDS}, alternating, the start of both included`)
    const audit = join(folder, 'audit.log')
    await write(audit, RECORDS, auditLine)
    await compare(
      'Kubernetes audit records, the strategies',
      { file: audit, records: RECORDS, options: [] },
      say,
    )
    rmSync(audit)
    if (!hasCollection()) return say('the collection is skipped: ../shared/data/sigma is absent')
    const windows = join(folder, 'windows.ndjson')
    const quiet = quietLines()
    await write(windows, WINDOWS_RECORDS, (n) => numbered(quiet[n % quiet.length] ?? '', n))
    await inCollection(async (rules) => {
      const options = ['--no-strategies', '--rules', rulesFolder(rules)]
      const work = { file: windows, records: WINDOWS_RECORDS, options }
      await compare('structured Windows records, a large collection of rules', work, say)
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Work {
  readonly file: string
  readonly records: number
  readonly options: readonly string[]
}

async function compare(name: string, work: Work, say: (line: string) => void): Promise<void> {
  say(`${work.records} ${name}, ${Math.round(statSync(work.file).size / 1e6)} MB`)
  const runs: Run[] = []
  for (let round = 0; round < ROUNDS; round += 1) for (const jobs of [1, 2]) runs.push(await scan(work, jobs))
  const best = (jobs: number, of: (run: Run) => number): number =>
    Math.min(...runs.filter((run) => run.jobs === jobs).map(of))
  for (const jobs of [1, 2]) {
    const rate = Math.round(work.records / best(jobs, (run) => run.seconds))
    const cpu = best(jobs, (run) => run.cpu).toFixed(1)
    const peak = Math.round(best(jobs, (run) => run.peak))
    say(`  --jobs ${jobs}  ${rate} records/s, ${cpu} s of processor time, ${peak} MB`)
  }
  const ratio = best(1, (run) => run.seconds) / best(2, (run) => run.seconds)
  say(`  ratio     ${ratio.toFixed(2)}; results ${areSame(runs) ? 'the same' : 'NOT the same'}`)
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
  readonly seconds: number
  readonly cpu: number
  readonly peak: number
  readonly told: string
}

async function scan({ file, options }: Work, jobs: number): Promise<Run> {
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
  return { jobs, seconds: (performance.now() - start) / 1000, cpu, peak, told: out + err }
}

function areSame(runs: readonly Run[]): boolean {
  return new Set(runs.map(({ told }) => told)).size === 1
}

async function write(file: string, records: number, lineOf: (n: number) => string): Promise<void> {
  const out = createWriteStream(file)
  for (let n = 0; n < records; n += 1) {
    if (!out.write(`${lineOf(n)}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}

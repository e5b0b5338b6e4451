import { spawn } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { auditLine } from './audit-records.ts'

const RECORDS = 600_000
const ROUNDS = 3

/** Records a second of `scan --jobs 1` and `--jobs 2` over one large file: processes of their own, alternating. */
export async function jobs(say: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-bench-'))
  try {
    const file = join(folder, 'audit.log')
    const bytes = await write(file)
    say(
      `records    ${RECORDS} Kubernetes audit records, ${Math.round(bytes / 1e6)} MB; ${availableParallelism()} processors; best of ${ROUNDS}, alternating`,
    )
    const runs: Run[] = []
    for (let round = 0; round < ROUNDS; round += 1)
      for (const jobs of [1, 2]) runs.push(await scan(file, jobs))
    const best = (jobs: number, of: (run: Run) => number): number =>
      Math.min(...runs.filter((run) => run.jobs === jobs).map(of))
    for (const jobs of [1, 2]) {
      const [seconds, cpu, peak] = [
        best(jobs, (run) => run.seconds),
        best(jobs, (run) => run.cpu),
        best(jobs, (run) => run.peak),
      ]
      say(
        `--jobs ${jobs}   ${Math.round(RECORDS / seconds)} records/s, ${cpu.toFixed(1)} s of processor time, ${Math.round(peak)} MB`,
      )
    }
    say(
      `ratio      ${(best(1, (run) => run.seconds) / best(2, (run) => run.seconds)).toFixed(2)} with the start of both; results ${areSame(runs) ? 'the same' : 'NOT the same'}`,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Run {
  readonly jobs: number
  readonly seconds: number
  readonly cpu: number
  readonly peak: number
  readonly told: string
}

async function scan(file: string, jobs: number): Promise<Run> {
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

async function write(file: string): Promise<number> {
  const out = createWriteStream(file)
  let bytes = 0
  for (let n = 0; n < RECORDS; n += 1) {
    const line = `${auditLine(n)}\n`
    bytes += line.length
    if (!out.write(line)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
  return bytes
}

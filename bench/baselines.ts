import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Load, Loaded } from './baseline-load.ts'

const KEYS = 1_000_000
const LEAST = 100_000
const SLOWEST = 50
const LARGEST = 1_024

const TYPES = {
  new_value: 'type: new_value, field: Image',
  rare_value: 'type: rare_value, field: Image',
  change: 'type: change, field: Version, order: tls_version',
  spike: 'type: spike, field: Size, timespan: 5m, floor: 1000000',
  absence: 'type: absence, timespan: 6h',
} as const
/** Two thousand keys, of which some have far more than others. */
const BUSY = { keys: 2_000, observations: 600_000, hours: 1 / 6, skew: 4 }
/** A million keys, first all of them, then as many of them again. */
const MANY = { keys: KEYS, observations: 1.5 * KEYS, hours: 6, skew: 1 }

/**
 * Observations as matches of one rule through the baselines and their store on one core, each load in a process of its
 * own: those of two thousand keys, of which some have far more than others, then of a million keys that all have as
 * many. Fails below the rate that is promised for the first, above the time of a commit at the 99th percentile, and
 * above the memory; rates and times are by processor time, because other processes slow the clock.
 */
export function baselines(say: (line: string) => void): void {
  for (const [type, body] of Object.entries(TYPES)) report(type, { body, ...BUSY }, LEAST, say)
  report('new_value', { body: TYPES.new_value, ...MANY }, 0, say)
}

/** `least` observations a second are promised. */
function report(type: string, load: Load, least: number, say: (line: string) => void): void {
  const { commits, cpu, clock, known, peak, disk } = measured(load)
  const sorted = commits.toSorted((a, b) => a - b)
  const [median, p99] = [0.5, 0.99].map((share) => sorted[Math.floor(sorted.length * share)] ?? 0)
  const rate = Math.round((load.observations / cpu) * 1_000)
  judge(rate >= least, `${rate} a second is below ${least}`, say)
  judge((p99 ?? 0) <= SLOWEST, `a commit of ${p99?.toFixed(1)} ms is above ${SLOWEST}`, say)
  judge(peak <= LARGEST, `${peak} MiB is above ${LARGEST}`, say)
  say(
    `${type.padEnd(12)} ${load.observations} observations of ${known} keys: ${rate}/s by processor time, ${Math.round((load.observations / clock) * 1_000)}/s by the clock; commits ${median?.toFixed(1)} ms at the median, ${p99?.toFixed(1)} ms at the 99th percentile, ${sorted.at(-1)?.toFixed(1)} ms at most; ${peak} MiB at the peak, ${disk} MiB of store`,
  )
}

/** In a process of its own, so that the peak of its memory is its own. */
function measured(load: Load): Loaded {
  const script = join(import.meta.dirname, 'baseline-load.ts')
  const answer = execFileSync(process.execPath, [...process.execArgv, script, JSON.stringify(load)], {
    maxBuffer: 2 ** 26,
  })
  return JSON.parse(answer.toString()) as Loaded
}

function judge(holds: boolean, message: string, say: (line: string) => void): void {
  if (holds) return
  process.exitCode = 1
  say(`  FAILED: ${message}`)
}

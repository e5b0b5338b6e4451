import { spawnSync } from 'node:child_process'

type Part = (say: (line: string) => void) => unknown

/** Loaded when it is its turn: what the others need would count as its memory. */
const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  throughput: async () => (await import('./throughput.ts')).throughput,
  jobs: async () => (await import('./jobs.ts')).jobs,
  memory: async () => (await import('./memory.ts')).memory,
  latency: async () => (await import('./latency.ts')).latency,
  queue: async () => (await import('./queue.ts')).queue,
  sigma: async () => (await import('./sigma.ts')).sigma,
  correlations: async () => (await import('./correlations.ts')).correlations,
  baselines: async () => (await import('./baselines.ts')).baselines,
  anomalies: async () => (await import('./anomalies.ts')).anomalies,
  fleet: async () => (await import('./fleet.ts')).fleet,
}
const given = process.argv.slice(2)
const named = Object.keys(PARTS).filter((name) => given.includes(name))
const wanted = named.length > 0 ? named : Object.keys(PARTS)
const [only, ...others] = wanted

if (only !== undefined && others.length === 0) {
  if (!given.includes('--json')) process.stdout.write(`\n# ${only}\n`)
  const part = await PARTS[only]?.()
  await part?.((line) => void process.stdout.write(`${line}\n`))
} else {
  // each in a process of its own: what one leaves behind is not the next one's
  const options = given.filter((each) => !(each in PARTS))
  for (const name of wanted) {
    const { status } = spawnSync(
      process.execPath,
      [...process.execArgv, import.meta.filename, name, ...options],
      { stdio: 'inherit' },
    )
    if (status !== 0) process.exitCode = 1
  }
}

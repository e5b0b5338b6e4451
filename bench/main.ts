import { anomalies } from './anomalies.ts'
import { baselines } from './baselines.ts'
import { correlations } from './correlations.ts'
import { fleet } from './fleet.ts'
import { jobs } from './jobs.ts'
import { latency } from './latency.ts'
import { memory } from './memory.ts'
import { queue } from './queue.ts'
import { sigma } from './sigma.ts'
import { throughput } from './throughput.ts'

const PARTS = {
  throughput,
  jobs,
  memory,
  latency,
  queue,
  sigma,
  correlations,
  baselines,
  anomalies,
  fleet,
} as const
const wanted = process.argv.slice(2)

for (const [name, part] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  if (!wanted.includes('--json')) process.stdout.write(`\n# ${name}\n`)
  await part((line) => void process.stdout.write(`${line}\n`))
}

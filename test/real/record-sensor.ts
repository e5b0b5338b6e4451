import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { images, ORDINARY, recordingOf as recordingOfOrdinary } from '../ordinary-containers.ts'
import { BENIGN, HOSTILE, recordingOf, TOOLS, TOOLS_IMAGE, type Workload } from '../sensor-workloads.ts'
import { startDocker, type DockerEngine } from './engine.ts'
import { recordsIn, startSensor } from './sensor.ts'
import { heartbeats } from './heartbeats.ts'

/**
 * Records the workloads with a real sensor and a real engine, as root: `bin/tallyman-node test/real/record-sensor.ts
 * [FOLDER [WORDS]]`. One file a workload: what the engine says of its containers, then what the sensor saw in them.
 * The ordinary containers need Debian's haproxy, rsyslog, restic, rsync, openssh-server, gpg and nginx-light; with words,
 * only those workloads are recorded whose names hold them.
 */
const folder = process.argv[2] ?? join(import.meta.dirname, '../fixtures/sensor')

const docker = await startDocker()
const journal = mkdtempSync(join(tmpdir(), 'tallyman-sensor-'))
try {
  const others: readonly Workload[] = [...BENIGN, ...HOSTILE]
  const wanted = [...others, ...ORDINARY].filter(({ name }) => name.includes(process.argv[3] ?? ''))
  await docker.image(TOOLS_IMAGE, ...TOOLS)
  if (wanted.some((workload) => !others.includes(workload))) await images(docker)
  const sensor = startSensor(journal)
  try {
    await sensor.ready
    await heartbeats(journal)
    const made = new Map<Workload, readonly string[]>()
    for (const workload of wanted) made.set(workload, await recorded(workload))
    await heartbeats(journal)
    const records = recordsIn(journal)
    for (const [workload, inspected] of made) {
      const ids = inspected.map((line) => (JSON.parse(line) as { readonly Id: string }).Id)
      const seen = records
        .filter(({ container }) => ids.includes(String(container)))
        .map((record) => JSON.stringify(record))
      const name = others.includes(workload) ? recordingOf(workload) : recordingOfOrdinary(workload)
      const file = join(folder, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${[...inspected, ...seen].join('\n')}\n`)
      process.stdout.write(`${workload.name}: ${ids.length} containers, ${seen.length} records\n`)
    }
  } finally {
    await sensor.stop()
  }
} finally {
  await docker.stop()
  rmSync(journal, { recursive: true })
}

/** Runs it; what the engine says of each of its containers, taken when they are made. */
async function recorded(workload: Workload): Promise<readonly string[]> {
  const inspected: string[] = []
  const watched: DockerEngine = {
    ...docker,
    async docker(...words) {
      if (words[0] !== 'run') return docker.docker(...words)
      const id = (await docker.docker('create', ...words.slice(1).filter((word) => word !== '-d'))).trim()
      const [specification] = JSON.parse(await docker.docker('inspect', id)) as readonly unknown[]
      inspected.push(JSON.stringify(specification))
      if (words.includes('-d')) return docker.docker('start', id)
      // a workload that fails is a recording of nothing
      return docker.docker('start', '-a', id)
    },
  }
  await workload.run(watched)
  return inspected
}

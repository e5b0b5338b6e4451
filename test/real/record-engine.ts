import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startDocker, type DockerEngine } from './engine.ts'

/**
 * Records what a real engine tells of acts that documents test, as root:
 * `bin/tallyman-node test/real/record-engine.ts`. One file an act, beside its document: the engine's events, and
 * what it says of each container when it is made.
 */
const FOLDER = join(import.meta.dirname, '../../strategies/t1610-unexpected-deployment.d')
const IMAGE = 'test/busybox:1'

type Run = (...words: readonly string[]) => Promise<void>

const ACTS: Readonly<Record<string, (docker: DockerEngine, run: Run) => Promise<void>>> = {
  'committed-and-run': async (docker, run) => {
    await run('--name', 'base', IMAGE, 'sh', '-c', 'echo x > /bd')
    await docker.docker('commit', 'base', 'local/app:latest')
    await run('--rm', 'local/app:latest', 'true')
  },
  'in-haste': async (_docker, run) => {
    for (let nth = 0; nth < 6; nth += 1) await run('--rm', '--log-driver', 'none', IMAGE, 'true')
  },
}

const docker = await startDocker()
try {
  await docker.image(IMAGE)
  for (const [name, act] of Object.entries(ACTS)) {
    const inspected: string[] = []
    const since = Date.now() / 1000
    await act(docker, async (...words) => {
      const id = (await docker.docker('create', ...words)).trim()
      const [specification] = JSON.parse(await docker.docker('inspect', id)) as readonly unknown[]
      inspected.push(JSON.stringify(specification))
      await docker.docker('start', '-a', id)
    })
    // what removes itself is gone a moment after its end
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const until = Date.now() / 1000
    const told = await docker.docker(
      'events',
      '--since',
      String(since),
      '--until',
      String(until),
      '--format',
      '{{json .}}',
    )
    const events = told.split('\n').filter((line) => line !== '' && !line.includes('"Type":"network"'))
    writeFileSync(join(FOLDER, `${name}.jsonl`), `${[...inspected, ...events].join('\n')}\n`)
    process.stdout.write(`${name}: ${inspected.length} containers, ${events.length} events\n`)
  }
} finally {
  await docker.stop()
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, startDaemon, type Daemon } from '../test/daemon.ts'
import { HOSTILE_ACTS, type HostileAct } from '../test/hostile-acts.ts'
import { missing, startDocker, type DockerEngine } from '../test/real/engine.ts'

const LIMIT = 2_000
const ROUNDS = 5

/**
 * From the start of the command to the alert in the API, with a real Docker Engine whose data lies below
 * /var/lib/docker. Fails where one takes longer than two seconds.
 */
export async function latency(say: (line: string) => void): Promise<void> {
  const lacking = missing()
  if (lacking.length > 0) {
    say(`not measured: needs ${lacking.join(', ')}`)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-latency-'))
  const docker = await startDocker({ dataRoot: `/var/lib/docker/tallyman-${process.pid}` })
  try {
    await docker.image('test/openssl:1', '/usr/bin/openssl')
    const config = join(folder, 'tallyman.yaml')
    writeFileSync(config, `inputs:\n  - { type: docker, name: docker, socket: ${docker.socket} }\n`)
    const daemon = startDaemon(join(folder, 'data'), config)
    await eventually(
      async () => ((await inputState(daemon)) === 'reading' ? true : undefined),
      20_000,
      'the inventory',
    )
    for (const act of HOSTILE_ACTS) {
      const took: number[] = []
      for (let round = 0; round < ROUNDS; round += 1) took.push(await measure(act, docker, daemon))
      const worst = Math.max(...took)
      say(`${act.name.padEnd(34)} ${took.map((ms) => `${Math.round(ms)}`).join(' ')} ms`)
      if (worst > LIMIT) {
        process.exitCode = 1
        say(`  FAILED: ${Math.round(worst)} ms is over the limit of ${LIMIT} ms`)
      }
    }
    await daemon.kill('SIGTERM')
  } finally {
    await docker.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(act: HostileAct, docker: DockerEngine, daemon: Daemon): Promise<number> {
  const prepared = await act.prepare?.(docker)
  const start = performance.now()
  const id = await act.run(docker, prepared)
  await eventually(
    async () => (await alertsOf(daemon, id)).find((alert) => alert.strategy.id === act.strategy),
    LIMIT * 5,
    act.name,
  )
  return performance.now() - start
}

async function alertsOf(
  daemon: Daemon,
  id: string,
): Promise<readonly { strategy: { id: string }; entity: Record<string, unknown> }[]> {
  const { body } = await daemon.ask('/api/alerts?limit=500')
  const { items } = body as { items: { strategy: { id: string }; entity: Record<string, unknown> }[] }
  return items.filter(({ entity }) => entity['container.id'] === id)
}

async function inputState(daemon: Daemon): Promise<string | undefined> {
  await daemon.url()
  const { body } = await daemon.ask('/api/status')
  return (body as { inputs: { state: string }[] }).inputs[0]?.state
}

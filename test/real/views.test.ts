import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { realTest, startDocker } from './engine.ts'
import { hiddenContainers, hiddenOf, viewAlerts } from './hidden-containers.ts'
import { missingForSensor, recordsIn, startSensor } from './sensor.ts'

realTest(
  'finds containers that the engine does not know, and none while ordinary ones start and stop',
  async () => {
    const folder = mkdtempSync('/tmp/tm-')
    const docker = await startDocker()
    const run = ['run', '-d', '--network', 'none', 'test/busybox:1']
    // it sits idle: nothing but a look at the machine shows it
    const idle = (await docker.docker(...run, 'sleep', '600')).trim()
    const out = join(folder, 'sensor')
    const sensor = startSensor(out, '--containers', '1')
    let daemon: Daemon | undefined
    const hidden = hiddenContainers(folder, docker)
    try {
      await sensor.ready
      writeFileSync(
        join(folder, 'tallyman.yaml'),
        `inputs:
  - { type: docker, name: docker, socket: ${docker.socket}, look: 1s }
  - { type: file, name: sensor, paths: [${out}], sources: [sensor] }
views: { bound: 4s }
`,
      )
      daemon = startDaemon(join(folder, 'data'), join(folder, 'tallyman.yaml'))
      await daemon.url()
      hidden.start()
      const ordinary = await inTurns(20, async () => {
        const id = (await docker.docker(...run, 'sleep', '600')).trim()
        await docker.docker('rm', '-f', id)
        return id
      })
      const found = await eventually(() => hiddenOf(daemon, hidden.groups), 60_000, 'the hidden containers')
      expect(found).toMatchObject({
        [hidden.groups.namespace]: { 'containerd.namespace': hidden.namespace, 'view.seen_by': ['kernel'] },
        [hidden.groups.byHand]: { 'container.kind': 'namespace', 'view.missing_from': ['runtime'] },
      })
      const listed = recordsIn(out).flatMap(({ containers = [] }) => containers as { container?: string }[])
      expect(listed.some(({ container }) => container === idle)).toBe(true)
      const told = JSON.stringify(await viewAlerts(daemon))
      for (const id of [idle, ...ordinary]) expect(told).not.toContain(id)
    } finally {
      hidden.stop()
      await daemon?.kill('SIGTERM')
      await sensor.stop()
      await docker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { timeout: 300_000, lacking: missingForSensor() },
)

async function inTurns<T>(times: number, work: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = []
  for (let turn = 0; turn < times; turn += 1) {
    results.push(await work())
    await sleep(20)
  }
  return results
}

import { spawn, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { AlertView } from '../../src/domain/alert-view.ts'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { realTest, startDocker, type DockerEngine } from './engine.ts'
import { missingForSensor, recordsIn, startSensor } from './sensor.ts'

const HIDDEN = 'Container that runs and that no container engine knows'

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

/** One in another namespace of the engine's own containerd, and one that a hand made without any runtime. */
function hiddenContainers(folder: string, { socket }: DockerEngine) {
  const namespace = `hidden-${process.pid}`
  const root = join(folder, 'root')
  for (const name of ['bin', 'proc', 'sys', 'dev', 'etc']) mkdirSync(join(root, name), { recursive: true })
  cpSync('/bin/busybox', join(root, 'bin/busybox'))
  const containerd = join(dirname(socket), 'exec/containerd/containerd.sock')
  const ctr = (...words: readonly string[]): string =>
    execFileSync('ctr', ['-a', containerd, '-n', namespace, ...words], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString()
  let byHand: ReturnType<typeof spawn> | undefined
  return {
    namespace,
    groups: { namespace: `/${namespace}/ghost`, byHand: `chroot-${process.pid}` },
    start() {
      ctr('run', '-d', '--null-io', '--rootfs', root, 'ghost', '/bin/busybox', 'sleep', '600')
      const line = `/bin/busybox sleep 600; : chroot-${process.pid}`
      const words = ['-fp', '--kill-child', 'chroot', root, '/bin/busybox', 'sh', '-c', line]
      byHand = spawn('unshare', words, { stdio: 'ignore' })
    },
    stop() {
      byHand?.kill('SIGKILL')
      try {
        ctr('task', 'kill', '-s', 'KILL', 'ghost')
      } catch {
        // it was never started
      }
    },
  }
}

async function viewAlerts(daemon: Daemon): Promise<readonly AlertView[]> {
  const { body } = await daemon.ask('/api/alerts?limit=500')
  return (body as { items: readonly AlertView[] }).items.filter(({ evidence }) =>
    evidence.some(({ logsource }) => logsource.includes('container_view')),
  )
}

/** What was told of each: others' tests run on the same machine, and are as unknown to this engine. */
async function hiddenOf(
  daemon: Daemon | undefined,
  groups: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (daemon === undefined) return undefined
  const records = (await viewAlerts(daemon))
    .filter(({ rule }) => rule.title === HIDDEN)
    .flatMap(({ evidence }) => evidence.map(({ fields }) => fields))
  const found = Object.values(groups).flatMap((mark) => {
    const record = records.find(
      (one) => one['container.control_group'] === mark || String(one['CommandLine']).includes(mark),
    )
    return record === undefined ? [] : [[mark, record] as const]
  })
  return found.length === Object.keys(groups).length ? Object.fromEntries(found) : undefined
}

async function inTurns<T>(times: number, work: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = []
  for (let turn = 0; turn < times; turn += 1) {
    results.push(await work())
    await sleep(20)
  }
  return results
}

import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { AlertView } from '../../src/domain/alert-view.ts'
import type { Daemon } from '../daemon.ts'
import type { DockerEngine } from './engine.ts'

const HIDDEN = 'Container that runs and that no container engine knows'

/** One in another namespace of the engine's own containerd, and one that a hand made without any runtime. */
export function hiddenContainers(folder: string, { socket }: DockerEngine) {
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

/** Alerts about differences between who knows of containers. */
export async function viewAlerts(daemon: Daemon): Promise<readonly AlertView[]> {
  const { body } = await daemon.ask('/api/alerts?limit=500')
  return (body as { items: readonly AlertView[] }).items.filter(({ evidence }) =>
    evidence.some(({ logsource }) => logsource.includes('container_view')),
  )
}

/** What was told of each: others' tests run on the same machine, and are as unknown to this engine. */
export async function hiddenOf(
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

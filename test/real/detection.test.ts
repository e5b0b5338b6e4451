import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { HOSTILE_ACTS } from '../hostile-acts.ts'
import { realTest, startDocker, type DockerEngine } from './engine.ts'

interface Told {
  readonly strategy: { readonly id: string }
  readonly rule: { readonly title: string }
  readonly entity: Readonly<Record<string, unknown>>
}
interface Line {
  readonly kind: string
  readonly entity: Readonly<Record<string, unknown>>
}

realTest(
  'tells hostile containers from ordinary ones on a real engine with its data below /var/lib/docker',
  async () => {
    await withDaemon(async (docker, daemon) => {
      await ordinary(docker)
      const ids = new Map<string, string>()
      for (const act of HOSTILE_ACTS)
        ids.set(await act.run(docker, await act.prepare?.(docker)), act.strategy)
      const alerts = await eventually(async () => {
        const told = await items<Told>(daemon, '/api/alerts?limit=500')
        const named = [...ids].every(([id, strategy]) =>
          told.some((alert) => alert.entity['container.id'] === id && alert.strategy.id === strategy),
        )
        return named ? told : undefined
      })
      await sleep(1_500)
      const unexpected = alerts.filter(({ entity }) => !ids.has(String(entity['container.id'])))
      expect(
        unexpected.map(({ rule, entity }) => `${rule.title}: ${String(entity['container.name'])}`),
      ).toEqual([])
      for (const { entity } of alerts) {
        expect(entity).toMatchObject({
          'container.image.name': expect.stringMatching(/^test\/(busybox|openssl)$/),
          'container.name': expect.any(String),
        })
      }
      const lines = (await items<Line>(daemon, '/api/incidents?limit=500')).filter(
        ({ kind }) => kind === 'incident',
      )
      const named = lines.map(({ entity }) => String(entity['container.id']))
      expect(named.sort()).toEqual([...ids.keys()].sort())
    })
  },
  { timeout: 180_000 },
)

realTest(
  'tells a container on the host’s network nothing: /health and the console’s own files are all that answers',
  async () => {
    await withDaemon(
      async (docker, daemon) => {
        const url = new URL(await daemon.url())
        // The daemon listens in this namespace, so the container is put there by the engine's own means: its network is the daemon's.
        const ask = async (path: string): Promise<string> =>
          docker.docker(
            'run',
            '--rm',
            '--network=host',
            'test/busybox:1',
            'sh',
            '-c',
            `printf 'GET ${path} HTTP/1.0\\r\\nHost: ${url.host}\\r\\n\\r\\n' | nc ${url.hostname} ${url.port} | head -1`,
          )
        expect(await ask('/health')).toContain(' 200 ')
        for (const path of [
          '/api',
          '/api/alerts',
          '/api/incidents',
          '/api/strategies',
          '/api/stream',
          '/api/audit',
          '/api/tour',
          '/api/discovery',
          '/api/notifications',
          '/api/nothing',
          '/tour/api/alerts',
          '/login',
        ]) {
          expect([path, await ask(path)]).toEqual([path, expect.stringContaining(' 401 ')])
        }
      },
      { inEngineNamespace: true },
    )
  },
  { timeout: 120_000 },
)

/** A compose-like stack, builds, a database, harmless openssl, health checks every second. */
async function ordinary(docker: DockerEngine): Promise<void> {
  const project = mkdtempSync('/home/tallyman-project-')
  try {
    await docker.docker('network', 'create', 'shop')
    await docker.docker('volume', 'create', 'pgdata')
    await docker.docker(
      'run',
      '-d',
      '--name',
      'db',
      '--network',
      'shop',
      '-v',
      'pgdata:/var/lib/postgresql/data',
      '-e',
      'POSTGRES_PASSWORD=x',
      'test/busybox:1',
      'sleep',
      '300',
    )
    await docker.docker(
      'run',
      '-d',
      '--name',
      'web',
      '--network',
      'shop',
      '-p',
      '8080:80',
      '-v',
      '/etc/localtime:/etc/localtime:ro',
      '-v',
      `${project}:/app`,
      '--restart',
      'unless-stopped',
      '--health-cmd',
      'nc -z localhost 80 || true',
      '--health-interval',
      '1s',
      'test/busybox:1',
      'sleep',
      '300',
    )
    await docker.docker(
      'run',
      '--rm',
      '-v',
      `${project}:/build`,
      '-w',
      '/build',
      'test/busybox:1',
      'sh',
      '-c',
      'echo building > out.txt && tar cf out.tar out.txt && cat out.txt',
    )
    await docker.docker('run', '--rm', 'test/openssl:1', 'openssl', 'version')
    await docker
      .docker('exec', 'web', 'sh', '-c', 'openssl verify -CAfile /etc/ssl/ca.crt site.crt || true')
      .catch(() => '')
    await docker.docker('exec', 'web', 'openssl', 's_client', '-connect', 'db:5432').catch(() => '')
    await docker.docker('stop', '-t', '0', 'db')
    await docker.docker('start', 'db')
    await sleep(3_000)
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}

async function withDaemon(
  work: (docker: DockerEngine, daemon: Daemon) => Promise<void>,
  options: { readonly inEngineNamespace?: boolean } = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-real-'))
  const docker = await startDocker({
    dataRoot: `/var/lib/docker/tallyman-${process.pid}-${options.inEngineNamespace === true ? 'ns' : 'host'}`,
  })
  try {
    await docker.image('test/openssl:1', '/usr/bin/openssl')
    const config = join(folder, 'tallyman.yaml')
    writeFileSync(config, `inputs:\n  - { type: docker, name: docker, socket: ${docker.socket} }\n`)
    const daemon = startDaemon(
      join(folder, 'data'),
      config,
      [],
      options.inEngineNamespace === true ? docker.netns : undefined,
    )
    try {
      await daemon.url()
      await sleep(1_000)
      await work(docker, daemon)
    } finally {
      await daemon.kill('SIGTERM')
    }
  } finally {
    await docker.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function items<T>(daemon: Daemon, path: string): Promise<readonly T[]> {
  const { body } = await daemon.ask(path)
  return (body as { items: readonly T[] }).items
}

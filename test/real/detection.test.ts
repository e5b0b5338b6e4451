import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
  'tells a container on the host’s network nothing: /health is all that answers',
  async () => {
    await withDaemon(
      async (docker, daemon, data) => {
        const url = new URL(await daemon.url())
        // The daemon listens in this namespace, so the container is put there by the engine's own means: its network is the daemon's.
        const ask = askFromHostNetwork(docker, url)
        const token = readFileSync(join(data, 'cli.token'), 'utf8').trim()
        const listed = await ask(['GET /api'], `Authorization: Bearer ${token}`)
        const { routes } = JSON.parse(listed.split('\r\n\r\n')[1] ?? '') as { routes: readonly string[] }
        expect(routes.length).toBeGreaterThan(30)
        const requests = [...routes, ...routes.map((route) => route.replace(' /api/', ' /tour/api/'))]
          .map((route) => route.split(' ', 2).join(' '))
          .concat(NOWHERE.flatMap((path) => ['GET', 'HEAD', 'POST'].map((method) => `${method} ${path}`)))
        const expected = requests.map((each) => [each, each === 'GET /health' ? '200' : '401'])
        for (const accept of ['*/*', 'text/html']) {
          const answers = await ask([...new Set(requests)], `Accept: ${accept}`)
          const statuses = answers.matchAll(/^asked (\S+ \S+)\nHTTP\/1\.1 (\d+)/gm)
          expect(Object.fromEntries([...statuses].map(([, request, status]) => [request, status]))).toEqual(
            Object.fromEntries(expected),
          )
        }
      },
      { inEngineNamespace: true },
    )
  },
  { timeout: 120_000 },
)

/** What a stranger may try beside the routes: the console's page and files, what looks like them, what is nowhere. */
const NOWHERE: readonly string[] = [
  '/',
  '/index.html',
  '/mark.svg',
  '/favicon.ico',
  '/assets/',
  '/assets/index.js',
  '/tour',
  '/incidents/0a1b',
  '/login',
  '/nothing',
  '/api/nothing',
  '/../cli.token',
  '/%2e%2e/cli.token',
  '//api/alerts',
]

/** Sends requests (`GET /path`) from a container on the engine's own network; what came back, each behind a line that names it. */
function askFromHostNetwork(
  docker: DockerEngine,
  url: URL,
): (requests: readonly string[], header: string) => Promise<string> {
  return (requests, header) =>
    docker.docker(
      'run',
      '--rm',
      '--network=host',
      'test/busybox:1',
      'sh',
      '-c',
      `for each in "$@"; do
         echo "asked $each"
         printf '%s HTTP/1.1\\r\\nHost: ${url.host}\\r\\n${header}\\r\\nConnection: close\\r\\n\\r\\n' "$each" |
           nc ${url.hostname} ${url.port}
         echo
       done`,
      'sh',
      ...requests,
    )
}

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
  work: (docker: DockerEngine, daemon: Daemon, data: string) => Promise<void>,
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
      await work(docker, daemon, join(folder, 'data'))
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

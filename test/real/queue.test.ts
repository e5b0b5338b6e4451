import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { realTest, startDocker, type DockerEngine } from './engine.ts'

interface Incident {
  readonly id: string
  readonly kind: string
  readonly status: string
  readonly entity: Readonly<Record<string, unknown>>
  readonly alerts: readonly { readonly rule: string }[]
}

/** Specifications of what many sites run and what needs the host: one line each in the queue, no matter how many rules. */
const AGENTS: Readonly<Record<string, readonly string[]>> = {
  traefik: ['-p', '8080:80', '-v', '/var/run/docker.sock:/var/run/docker.sock:ro'],
  cadvisor: [
    '--privileged',
    '-v',
    '/:/rootfs:ro',
    '-v',
    '/var/run:/var/run:ro',
    '-v',
    '/sys:/sys:ro',
    '-v',
    '/var/lib/docker:/var/lib/docker:ro',
    '--device',
    '/dev/null',
  ],
  'node-exporter': ['--network=host', '--pid=host', '-v', '/:/host:ro'],
  'ci-runner': ['-v', '/var/run/docker.sock:/var/run/docker.sock', '-v', 'runner-config:/etc/runner'],
}

realTest(
  'makes one posture report of what already runs, one line of each new container, and keeps verdicts, silences and adoptions',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallyman-queue-'))
    const docker = await startDocker()
    try {
      const data = join(folder, 'data')
      const config = join(folder, 'tallyman.yaml')
      writeFileSync(config, `inputs:\n  - { type: docker, name: docker, socket: ${docker.socket} }\n`)
      await runAgents(docker, 'before-')
      const daemon = startDaemon(data, config)
      const posture = await eventually(
        async () => (await incidents(daemon)).find(({ kind }) => kind === 'posture'),
        20_000,
        'the posture report',
      )
      expect(await incidents(daemon)).toHaveLength(1)
      expect(posture.alerts.length).toBeGreaterThanOrEqual(4)

      const ids = await runAgents(docker, 'after-')
      const lines = await eventually(async () => {
        const found = (await incidents(daemon)).filter(({ kind }) => kind === 'incident')
        return found.length >= ids.length ? found : undefined
      })
      await sleep(1_000)
      expect((await incidents(daemon)).filter(({ kind }) => kind === 'incident')).toHaveLength(ids.length)
      expect(new Set(lines.map(({ entity }) => entity['container.id']))).toEqual(new Set(ids))

      await cli([
        'adopt',
        '--for',
        '90d',
        '--owner',
        'platform',
        '--reason',
        'reviewed',
        '--config',
        config,
        '--data',
        data,
      ])
      await cli([
        'silence',
        'add',
        '--match',
        'container.name=silenced-*',
        '--for',
        '2h',
        '--owner',
        'ci',
        '--reason',
        'load test',
        '--config',
        config,
        '--data',
        data,
      ])
      const [line] = lines
      const shown = await daemon.ask(`/api/incidents/${line?.id}`)
      for (const { id } of (shown.body as { alerts: { items: { id: string }[] } }).alerts.items) {
        await cli([
          'alerts',
          'close',
          id.slice(0, 12),
          '--verdict',
          'benign',
          '--note',
          'known',
          '--config',
          config,
          '--data',
          data,
        ])
      }
      expect((await incidents(daemon)).find(({ id }) => id === line?.id)?.status).toBe('closed')

      // The image was adopted for the rules that it had hit, and the silence holds for any rule: nothing new.
      await docker.docker(
        'run',
        '-d',
        '--name',
        'adopted-runner',
        ...(AGENTS['ci-runner'] ?? []),
        'test/busybox:1',
        'sleep',
        '300',
      )
      await docker.docker(
        'create',
        '--name',
        'silenced-1',
        'test/busybox:1',
        'openssl',
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
      )
      await sleep(1_500)
      expect((await incidents(daemon)).filter(({ kind }) => kind === 'incident')).toHaveLength(ids.length)
      const totals = (await daemon.ask('/api/totals')).body as { suppressed: Record<string, number> }
      expect(Object.keys(totals.suppressed).some((name) => name.startsWith('adopted-'))).toBe(true)
      expect(Object.keys(totals.suppressed).some((name) => name.startsWith('silence-'))).toBe(true)
      const trail = (await daemon.ask('/api/audit')).body as { items: { action: string; actor: string }[] }
      expect(new Set(trail.items.map(({ action }) => action))).toEqual(
        new Set(['posture.adopt', 'silence.add', 'alert.close']),
      )
      expect(trail.items.every(({ actor }) => actor.startsWith('cli:'))).toBe(true)
      expect(await daemon.kill('SIGTERM')).toBe(0)
    } finally {
      await docker.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
  { timeout: 180_000 },
)

async function runAgents(docker: DockerEngine, prefix: string): Promise<readonly string[]> {
  const ids: string[] = []
  for (const [name, words] of Object.entries(AGENTS)) {
    const ports = prefix === 'before-' ? words : words.map((word) => word.replace('8080:', '8081:'))
    ids.push(
      (
        await docker.docker(
          'run',
          '-d',
          '--name',
          `${prefix}${name}`,
          ...ports,
          'test/busybox:1',
          'sleep',
          '300',
        )
      ).trim(),
    )
  }
  return ids
}

async function incidents(daemon: Daemon): Promise<readonly Incident[]> {
  await daemon.url()
  const kinds = await Promise.all(
    ['incident', 'posture'].map((kind) => daemon.ask(`/api/incidents?limit=500&kind=${kind}`)),
  )
  return kinds.flatMap(({ body }) => (body as { items: readonly Incident[] }).items)
}

async function cli(words: readonly string[]): Promise<void> {
  let said = ''
  const exit = await main(words, {
    out: (text) => void (said += text),
    err: (text) => void (said += text),
    terminal: true,
  })
  expect([exit, said]).toEqual([0, expect.any(String)])
}

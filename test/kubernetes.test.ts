import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { eventually, startDaemon, type Daemon } from './daemon.ts'
import { aPod, aPolicy, PODS, POLICIES, running, uidOf } from './kubernetes-objects.ts'
import { startKubernetesServer, type KubernetesServer } from './kubernetes-server.ts'

/** A daemon may be slow to start on a machine that does other things as well, ms. */
const PATIENCE = 60_000
vi.setConfig({ testTimeout: 3 * PATIENCE })

const RULE = 'Bare pod with power over its node created by hand'
const CONTAINER = '1'.repeat(64)

let folder: string
let server: KubernetesServer
let daemons: Daemon[]
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-cluster-daemon-'))
  server = await startKubernetesServer(folder)
  server.tokens.add('secret')
  daemons = []
})
afterEach(async () => {
  for (const daemon of daemons) await daemon.kill('SIGKILL')
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

function start(): Daemon {
  const config = join(folder, 'tallyman.yaml')
  const { file } = server.kubeconfig(folder, 'secret')
  mkdirSync(join(folder, 'logs'), { recursive: true })
  writeFileSync(
    config,
    `inputs:
  - { type: kubernetes, name: cluster, kubeconfig: ${file} }
  - { type: file, name: logs, paths: [${join(folder, 'logs')}], sources: [kubernetes.audit, sensor] }
`,
  )
  const daemon = startDaemon(join(folder, 'data'), config)
  daemons.push(daemon)
  return daemon
}

interface Alert {
  readonly id: string
  readonly rule: { readonly title: string }
  readonly count: number
  readonly entity: Readonly<Record<string, string>>
}

async function alertsOf(daemon: Daemon): Promise<readonly Alert[]> {
  const { body } = await daemon.ask('/api/alerts')
  return (body as { items: readonly Alert[] }).items
}

function named(alerts: readonly Alert[], pod: string): readonly Alert[] {
  return alerts.filter(({ rule, entity }) => rule.title === RULE && entity['k8s.pod.name'] === pod)
}

const watching = (): Promise<true> =>
  eventually(
    () => (server.watching(PODS) === 1 && server.watching(POLICIES) === 1 ? true : undefined),
    PATIENCE,
  )

/** The audit log's word of the same pod, whole. */
function auditLine(pod: ReturnType<typeof aPod>): string {
  const { name, namespace } = pod['metadata'] as { name: string; namespace: string }
  const now = new Date().toISOString()
  return `${JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `audit-${name}`,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/${namespace}/pods`,
    verb: 'create',
    user: { username: 'mallory' },
    objectRef: { resource: 'pods', namespace, name, apiVersion: 'v1' },
    responseStatus: { code: 201 },
    requestObject: pod,
    responseObject: pod,
    requestReceivedTimestamp: now,
    stageTimestamp: now,
  })}\n`
}

it('what a cluster holds is evaluated, is one alert with its audit log, and names what sensors see', async () => {
  server.put(PODS, aPod(1, { name: 'there', privileged: true, created: '2026-11-01T00:00:00Z' }))
  server.put(POLICIES, aPolicy(1))
  const first = start()
  await watching()
  // what was there is the posture report, outside the queue
  const { body: posture } = await first.ask('/api/posture')
  expect(named((posture as { items: readonly Alert[] }).items, 'there')).toHaveLength(1)
  expect(named(await alertsOf(first), 'there')).toEqual([])

  const made = aPod(2, { name: 'made', privileged: true })
  writeFileSync(join(folder, 'logs', 'audit.log'), auditLine(made))
  server.put(PODS, made)
  server.put(PODS, aPod(2, { name: 'made', privileged: true, status: running(CONTAINER, '10.1.0.7') }))
  const one = await eventually(async () => {
    const found = named(await alertsOf(first), 'made')
    return found.some(({ count }) => count >= 3) ? found : undefined
  }, PATIENCE)
  expect(one).toHaveLength(1)

  // a sensor that knows the container's id alone
  const exec = {
    sensor: 1,
    run: 'r1',
    seq: 1,
    time: new Date().toISOString(),
    kind: 'exec',
    host: 'node-1',
    container: CONTAINER,
    syscall: 'execve',
    result: 0,
    process: {
      pid: 9,
      ppid: 1,
      user: '0',
      executable: '/usr/bin/openssl',
      args: ['openssl', 'genrsa', '-out', '/certs/ca.key'],
      cwd: '/',
    },
  }
  writeFileSync(join(folder, 'logs', 'sensor.jsonl'), `${JSON.stringify(exec)}\n`)
  const seen = await eventually(
    async () =>
      (await alertsOf(first)).find(
        ({ rule, entity }) => rule.title !== RULE && entity['container.id'] === CONTAINER,
      ),
    PATIENCE,
  )
  expect(seen.entity).toMatchObject({
    'k8s.pod.name': 'made',
    'k8s.namespace.name': 'shop',
    'k8s.container.name': 'app',
    'container.image.repo_digests': [`registry.example.org/app@sha256:${'a1'.repeat(32)}`],
  })
  await first.kill('SIGKILL')

  // while it is away: what is new is told after the restart, what was told is not told again
  server.put(PODS, aPod(3, { name: 'meanwhile', privileged: true }))
  server.remove(POLICIES, uidOf(2_000_001))
  server.asked.length = 0
  const again = start()
  await eventually(async () => {
    await again.url()
    return named(await alertsOf(again), 'meanwhile').length === 1 ? true : undefined
  }, PATIENCE)
  expect(server.asked.some(({ path }) => path.startsWith(`${PODS}?limit=500`))).toBe(false)
  expect(named(await alertsOf(again), 'made')).toEqual(one)
  expect((await again.ask('/api/findings')).body).toMatchObject({ items: [] })
  const { body } = await again.ask('/api/coverage')
  const sources = (body as { sources: readonly { source: string }[] }).sources.map(({ source }) => source)
  expect(sources).toContain('kubernetes.api')
})

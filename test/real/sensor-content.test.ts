import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { compileRules } from '../../src/sigma/sigma.ts'
import { loadStrategies } from '../../src/strategy/load.ts'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { BENIGN, HOSTILE, TOOLS, TOOLS_IMAGE, type Workload } from '../sensor-workloads.ts'
import { realTest, startDocker, type DockerEngine } from './engine.ts'
import { missingForSensor, recordsIn, startSensor } from './sensor.ts'

/** One workload of each kind of call: opened, renamed, on the host, in memory, by exec, in the kernel, connected, executed. */
const WATCHED = [
  'private_key_opened',
  'trust_store_renamed',
  'host_content_file_written',
  'executed_from_memory',
  'page_rewritten_from_within',
  'namespace_or_process_entered',
  'runtime_socket_connected',
  'certificate_by_renamed_tool',
].map(workloadOf)
/** Done while no daemon runs; its rule asks for what only the container's specification says. */
const UNWATCHED = workloadOf('host_key_opened')
const ORDINARY = BENIGN.slice(0, 3)

interface Container {
  readonly id: string
  readonly name: string
}

interface Told {
  readonly id: string
  readonly rule: { readonly id: string }
  readonly entity: Readonly<Record<string, unknown>>
}

interface ToldInFull extends Told {
  readonly evidence: readonly { readonly fields: Readonly<Record<string, unknown>> }[]
}

realTest(
  'tells hostile workloads from ordinary ones by what a real sensor sees, and whose they are, also past a daemon that is down',
  async () => {
    const names = await namesOfSensorRules()
    // correlations wait for what is late: recordings of the same workloads are held to these
    const single = new Set(names.values())
    const rulesOf = ({ rules, live = [] }: Workload): readonly string[] =>
      [...rules, ...live].filter((name) => single.has(name))
    await withSensor(async (docker, seen, start) => {
      const made = new Map<Workload, readonly Container[]>()
      const fired = async (daemon: Daemon, workload: Workload): Promise<readonly string[]> =>
        (await alertsAbout(daemon, made.get(workload) ?? []))
          .flatMap(({ rule }) => names.get(rule.id) ?? [])
          .sort()
      const toldAll = (daemon: Daemon, workload: Workload): Promise<true> =>
        eventually(
          async () => {
            const told = await fired(daemon, workload)
            return rulesOf(workload).every((name) => told.includes(name)) || undefined
          },
          120_000,
          `${workload.name}: ${rulesOf(workload).join(', ')}`,
        )

      const first = await start()
      for (const workload of [...ORDINARY, ...WATCHED])
        made.set(workload, await containersOf(docker, workload))
      for (const workload of WATCHED) await toldAll(first, workload)
      await first.kill('SIGTERM')

      made.set(UNWATCHED, await containersOf(docker, UNWATCHED))
      const unwatched = made.get(UNWATCHED)?.map(({ id }) => id)
      await eventually(
        () => recordsIn(seen).find(({ container }) => unwatched?.includes(String(container))),
        60_000,
        'what the sensor saw while no daemon ran',
      )
      const second = await start()
      await toldAll(second, UNWATCHED)

      // each of them once, and nothing else
      const all = [...ORDINARY, ...WATCHED, UNWATCHED]
      const told = new Map<string, readonly string[]>()
      for (const workload of all) told.set(workload.name, await fired(second, workload))
      expect(told).toEqual(new Map(all.map((workload) => [workload.name, [...rulesOf(workload)].sort()])))
      for (const [, containers] of made)
        for (const { id, rule } of await alertsAbout(second, containers))
          if (names.has(rule.id)) expectDescribed(await inFull(second, id), containers)
      expect(await treesOf(second, made.get(workloadOf('private_key_opened')) ?? [])).toContainEqual(
        expect.arrayContaining([expect.objectContaining({ command_line: 'sh /opt-collect' })]),
      )
    })
  },
  { timeout: 600_000, lacking: missingForSensor() },
)

function workloadOf(rule: string): Workload {
  const workload = HOSTILE.find(({ rules }) => rules.includes(rule))
  if (workload === undefined) throw new Error(`no workload is to fire ${rule}`)
  return workload
}

/** Names of the rules for what the sensor sees, by id. */
async function namesOfSensorRules(): Promise<ReadonlyMap<string, string>> {
  const { strategies } = await loadStrategies(join(import.meta.dirname, '../../strategies'))
  const { ruleset } = compileRules(
    strategies.flatMap(({ rules }) => rules),
    { lists: new Map() },
  )
  return new Map(
    ruleset.rules
      .filter(({ logsource }) => logsource.product === 'linux')
      .map(({ id, name }) => [id, name ?? id] as const),
  )
}

/** With an engine, a sensor that writes to a folder, and what starts a daemon that reads both. */
async function withSensor(
  run: (docker: DockerEngine, seen: string, start: () => Promise<Daemon>) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-'))
  const seen = join(folder, 'sensor')
  const config = join(folder, 'tallyman.yaml')
  mkdirSync(seen)
  const docker = await startDocker()
  let daemon: Daemon | undefined
  const sensor = startSensor(seen)
  try {
    await docker.image(TOOLS_IMAGE, ...TOOLS)
    await sensor.ready
    writeFileSync(
      config,
      `inputs:
  - { type: docker, name: docker, socket: ${docker.socket} }
  - { type: file, name: sensor, paths: [${seen}] }
`,
    )
    await run(docker, seen, async () => {
      daemon = startDaemon(join(folder, 'data'), config)
      await daemon.url()
      return daemon
    })
  } finally {
    await daemon?.kill('SIGTERM')
    await sensor.stop()
    await docker.stop()
    rmSync(folder, { recursive: true })
  }
}

/** Runs it; the containers that it made. */
async function containersOf(docker: DockerEngine, workload: Workload): Promise<readonly Container[]> {
  const before = new Set((await all(docker)).map(({ id }) => id))
  const made = new Map<string, Container>()
  await workload.run({
    ...docker,
    async docker(...words) {
      const answer = await docker.docker(...words)
      if (words[0] === 'run')
        for (const container of await all(docker))
          if (!before.has(container.id)) made.set(container.id, container)
      return answer
    },
  })
  return [...made.values()]
}

async function all(docker: DockerEngine): Promise<readonly Container[]> {
  const listed = await docker.docker('ps', '-a', '--no-trunc', '--format', '{{.ID}} {{.Names}}')
  return listed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '))
    .map(([id = '', name = '']) => ({ id, name }))
}

async function alertsAbout(daemon: Daemon, containers: readonly Container[]): Promise<readonly Told[]> {
  const { body } = await daemon.ask('/api/alerts?limit=500')
  return (body as { readonly items: readonly Told[] }).items.filter(({ entity }) =>
    containers.some(({ id }) => id === entity['container.id']),
  )
}

async function inFull(daemon: Daemon, id: string): Promise<ToldInFull> {
  return (await daemon.ask(`/api/alerts/${id}`)).body as ToldInFull
}

function expectDescribed({ entity, evidence }: ToldInFull, containers: readonly Container[]): void {
  const { name } = containers.find(({ id }) => id === entity['container.id']) ?? {}
  expect(entity).toMatchObject({ 'container.name': name, 'container.image.name': 'test/tools' })
  expect(evidence[0]?.fields['process.ancestors']).toContainEqual(
    expect.objectContaining({ pid: expect.any(Number) as number }),
  )
}

/** Of each alert about them, the processes above the one that did it. */
async function treesOf(daemon: Daemon, containers: readonly Container[]): Promise<readonly unknown[]> {
  const told = await Promise.all((await alertsAbout(daemon, containers)).map(({ id }) => inFull(daemon, id)))
  return told.flatMap(({ evidence }) => evidence.map(({ fields }) => fields['process.ancestors']))
}

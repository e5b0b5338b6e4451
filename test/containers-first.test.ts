import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually, startDaemon, type Daemon } from './daemon.ts'
import { slowEngine, type Described } from './slow-engine.ts'

const RECORDING = join(
  import.meta.dirname,
  'fixtures/sensor/hostile/a-key-and-the-trust-store-of-the-host.jsonl',
)
const [SPECIFICATION = '', ...SEEN] = readFileSync(RECORDING, 'utf8').trim().split('\n')
const { Id: ID, Created: CREATED } = JSON.parse(SPECIFICATION) as { Id: string; Created: string }
const { run: RUN } = JSON.parse(SEEN[0] ?? '{}') as { run: string }
/** Its rule asks where a container's path leads to on the host: what only the specification says. */
const RULE = 'Private key of the host opened from a container'
const OTHER = ID.split('').reverse().join('')
/** Longer than anything that a quiet engine takes. */
const PAUSE = 2_000

let folder: string
let daemon: Daemon | undefined
let engine: Server | undefined
beforeEach(() => {
  // a socket's path has 107 bytes at most
  folder = mkdtempSync('/tmp/tm-')
  mkdirSync(join(folder, 'seen'))
  writeFileSync(
    join(folder, 'tallyman.yaml'),
    `inputs:
  - { type: file, name: sensor, paths: [${join(folder, 'seen')}] }
  - { type: docker, name: docker, socket: ${join(folder, 'engine.sock')} }
`,
  )
})
afterEach(async () => {
  await daemon?.kill('SIGKILL')
  stopEngine()
  rmSync(folder, { recursive: true, force: true })
})

it('tells a backlog with the names and mounts of containers that a slow engine describes, after a restart too', async () => {
  const first = { id: ID, specification: SPECIFICATION }
  write('1.ndjson', SEEN)
  await startEngine([first])
  daemon = start()
  expect(await alertAbout(daemon, ID)).toMatchObject({
    'container.name': 'host-key',
    'container.image.name': 'test/tools',
  })
  await daemon.kill('SIGTERM')
  stopEngine()
  const ofAnother = (line: string): string => line.replaceAll(ID, OTHER).replaceAll(RUN, `${RUN}2`)
  write('2.ndjson', SEEN.map(ofAnother))
  const made = Date.now()
  const specification = ofAnother(SPECIFICATION)
    .replace('"/host-key"', '"/unseen"')
    .replace(CREATED, new Date(made).toISOString())
  await startEngine([first, { id: OTHER, specification, made }])
  daemon = start()
  expect(await alertAbout(daemon, OTHER)).toMatchObject({ 'container.name': 'unseen' })
  const { body } = await daemon.ask('/api/totals')
  // the engine's event, and what was seen; beside two descriptions the engine says what runs, now and then
  const sources = { 'docker.events': 1, sensor: 2 * SEEN.length }
  expect(body).toMatchObject({ sources, duplicates: 0, failed: 0 })
}, 120_000)

it('does not keep a backlog from being read where there is no engine', async () => {
  write('1.ndjson', SEEN)
  const reading = start()
  daemon = reading
  await reading.url()
  const total = await eventually(async () => {
    const { records } = (await reading.ask('/api/totals')).body as { readonly records: number }
    return records >= SEEN.length ? records : undefined
  }, 60_000)
  expect(total).toBe(SEEN.length)
}, 120_000)

function start(): Daemon {
  return startDaemon(join(folder, 'data'), join(folder, 'tallyman.yaml'))
}

function write(name: string, lines: readonly string[]): void {
  writeFileSync(join(folder, 'seen', name), lines.map((line) => `${line}\n`).join(''))
}

async function startEngine(containers: readonly Described[]): Promise<void> {
  engine = slowEngine(containers, PAUSE)
  engine.listen(join(folder, 'engine.sock'))
  await once(engine, 'listening')
}

function stopEngine(): void {
  engine?.closeAllConnections()
  engine?.close()
}

/** The entity of the alert about a container by RULE. */
async function alertAbout(told: Daemon, container: string): Promise<Readonly<Record<string, unknown>>> {
  await told.url()
  return eventually(async () => {
    const { items } = (await told.ask('/api/alerts?limit=500')).body as {
      readonly items: readonly {
        readonly rule: { readonly title: string }
        readonly entity: Readonly<Record<string, unknown>>
      }[]
    }
    return items.find(({ rule, entity }) => rule.title === RULE && entity['container.id'] === container)
      ?.entity
  }, 60_000)
}

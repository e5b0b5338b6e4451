// Records the telemetry of the tour: a real Docker Engine, and what is done there by tour-story.ts.
//   bin/tallyman-node scripts/record-tour.ts [SECONDS]      root, on Debian; writes tour/
// SECONDS is how long the story takes, 720 unless told; its acts keep their order and proportions.
//
// It runs in host name, mount and process name spaces of its own, so that no name of this machine stands in what
// the engine and the sensors write.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dockerInput } from '../src/inputs/docker.ts'
import { fileInput } from '../src/inputs/file.ts'
import type { Input } from '../src/inputs/input.ts'
import { runSensor } from '../src/sensor/sensor.ts'
import { recordZeek } from '../test/real/zeek-records.ts'
import { openStage } from './tour-stage.ts'
import { RELAY_PORT, setTheStage, STORY, TLS_PORT } from './tour-story.ts'

const FOLDER = join(import.meta.dirname, '../tour')
const STORY_SECONDS = 720
const HOST = 'node-1'
/** In the mount name space of the recording. */
const SCRATCH = '/run/tour'
const INSIDE = 'TALLYMAN_TOUR_INSIDE'

/** Lines of one stream, and when each arrived, ms since the recording began. */
interface Track {
  readonly file: string
  readonly stream: string
  readonly lines: { readonly at: number; readonly text: string }[]
}

if (process.env[INSIDE] === undefined) process.exitCode = recordInside(process.argv.slice(2))
else await record(Number(process.argv[2] ?? STORY_SECONDS))

function recordInside(words: readonly string[]): number {
  const prepare = [
    `hostname ${HOST}`,
    'mkdir -p /var/lib/docker /run/tour',
    'mount -t tmpfs tmpfs /var/lib/docker',
    'mount -t tmpfs tmpfs /run/tour',
    'exec "$0" "$@"',
  ].join(' && ')
  const node = join(import.meta.dirname, '../bin/tallyman-node')
  const { status } = spawnSync(
    'unshare',
    ['--uts', '--mount', 'sh', '-c', prepare, node, import.meta.filename, ...words],
    { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1', TMPDIR: '/run/tour' } },
  )
  return status ?? 1
}

async function record(seconds: number): Promise<void> {
  const stop = new AbortController()
  const tracks: Track[] = []
  let began = 0
  let opening: number | undefined
  const arrived = (): number => Math.round(performance.now() - began)
  const audit = trackOf(tracks, 'kubernetes-audit.ndjson', 'file:kubernetes-audit')
  const { stage, close } = await openStage('/var/lib/docker', (record) => {
    audit.lines.push({ at: arrived(), text: auditLine(record) })
  })
  try {
    await setTheStage(stage)
    const sensorFolder = join(SCRATCH, 'sensor')
    const network = (await stage.docker.docker('network', 'inspect', '-f', '{{.Id}}', 'shop')).trim()
    const zeek = await recordZeek({
      netns: stage.docker.netns,
      device: `br-${network.slice(0, 12)}`,
      folder: join(SCRATCH, 'zeek'),
      ports: [TLS_PORT, RELAY_PORT],
    })
    const sensor = startSensor(stage.docker.netns, sensorFolder, stop.signal)
    await sensor.watching
    const follow = (name: string, paths: readonly string[], fileOf: (path: string | undefined) => string) =>
      keep(fileInput({ name, paths, follow: true, awaited: true }), tracks, arrived, fileOf, stop.signal)
    const recordings = [
      follow('sensor', [sensorFolder], () => 'sensor.ndjson'),
      follow('zeek', [zeek.folder], (path = '') => basename(path)),
      keep(
        dockerInput({ name: 'docker', socket: stage.docker.socket, now: Date.now }),
        tracks,
        arrived,
        () => 'docker.ndjson',
        stop.signal,
      ),
    ]
    began = performance.now()
    for (const { at, by, what, run } of STORY) {
      const due = (at / STORY_SECONDS) * seconds * 1_000
      await sleep(Math.max(0, due - arrived()))
      process.stderr.write(`${(arrived() / 1_000).toFixed(1)} s  ${by}: ${what}\n`)
      if (by !== 'shop') opening ??= arrived()
      await run(stage)
    }
    await sleep(Math.max(3_000, (seconds / STORY_SECONDS) * 20_000))
    await zeek.stop()
    // the last lines are still to be read
    await sleep(2_000)
    stop.abort()
    await Promise.all([...recordings, sensor.ended])
  } finally {
    await close()
  }
  write(tracks, opening ?? 0)
}

/** The sensor, of which the containers of this engine alone are seen. */
function startSensor(
  group: string,
  folder: string,
  signal: AbortSignal,
): { readonly watching: Promise<void>; readonly ended: Promise<void> } {
  const tracer = join(SCRATCH, 'bpftrace')
  const node = join(import.meta.dirname, '../bin/tallyman-node')
  const filter = join(import.meta.dirname, 'tour-tracer.ts')
  writeFileSync(tracer, `#!/bin/sh\nexec "${node}" "${filter}" "${group}" "$@"\n`, { mode: 0o755 })
  const { promise: watching, resolve } = Promise.withResolvers<void>()
  const say = (line: string): void => {
    process.stderr.write(`sensor: ${line}\n`)
    if (line.startsWith('watching')) resolve()
  }
  const sizes = { fileBytes: 64 * 1024 * 1024, totalBytes: 256 * 1024 * 1024 }
  const ended = runSensor({ folder, host: false, bpftrace: tracer, ...sizes, say }, signal)
  return { watching: Promise.race([watching, ended]), ended }
}

/** Whatever an input hands on, line by line. */
async function keep(
  input: Input,
  tracks: Track[],
  arrived: () => number,
  fileOf: (path: string | undefined) => string,
  signal: AbortSignal,
): Promise<void> {
  const rests = new Map<string, string>()
  for await (const { chunks } of input.read({ checkpoint: undefined, offset: () => undefined }, signal)) {
    for (const { stream, path, bytes } of chunks) {
      const texts = `${rests.get(stream) ?? ''}${Buffer.from(bytes).toString('utf8')}`.split('\n')
      rests.set(stream, texts.pop() ?? '')
      const track = trackOf(tracks, fileOf(path), stream)
      for (const text of texts) track.lines.push({ at: arrived(), text })
    }
    if (signal.aborted) return
  }
}

function trackOf(tracks: Track[], file: string, stream: string): Track {
  const known = tracks.find((track) => track.stream === stream)
  if (known !== undefined) return known
  const made: Track = { file, stream, lines: [] }
  tracks.push(made)
  return made
}

/** What is left out of a request is what an API server adds to each. */
function auditLine(record: Readonly<Record<string, unknown>>): string {
  const time = new Date().toISOString().replace('Z', '000Z')
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: randomUUID(),
    ...record,
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  })
}

function write(tracks: readonly Track[], opening: number): void {
  mkdirSync(FOLDER, { recursive: true })
  const kept = tracks.filter(({ lines }) => lines.length > 0)
  for (const { file, lines } of kept)
    writeFileSync(join(FOLDER, file), lines.map(({ text }) => `${text}\n`).join(''))
  const streams = kept.map(({ file, stream, lines }) => ({ file, stream, at: lines.map(({ at }) => at) }))
  writeFileSync(join(FOLDER, 'index.json'), `${JSON.stringify({ opening, streams })}\n`)
  for (const { file, lines } of kept) process.stderr.write(`${file}: ${lines.length} lines\n`)
}

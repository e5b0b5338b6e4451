import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { eventually } from '../daemon.ts'
import { missing, type DockerEngine } from './engine.ts'

const LAUNCHER = resolve(import.meta.dirname, '../../bin/tallyman')

/** What a real sensor needs and this machine lacks. */
export function missingForSensor(): readonly string[] {
  const needs = { bpftrace: 'bpftrace', python3: '/usr/bin/python3' }
  const lacking = Object.entries(needs).flatMap(([name, program]) =>
    spawnSync('sh', ['-c', `command -v ${program}`]).status === 0 ? [] : [name],
  )
  const tracefs = existsSync('/sys/kernel/tracing/events/syscalls') ? [] : ['tracefs at /sys/kernel/tracing']
  return [...missing(), ...lacking, ...tracefs]
}

export interface SensorProcess {
  readonly process: ChildProcess
  printed(): string
  /** Resolves when it watches. */
  readonly ready: Promise<void>
  /** Asks it to stop; its exit code. */
  stop(): Promise<number | null>
  /** Its exit code when it ended by itself. */
  ended(): Promise<number | null>
}

/** Starts `tallyman sensor` in a process of its own. */
export function startSensor(folder: string, ...words: readonly string[]): SensorProcess {
  const child = spawn(LAUNCHER, ['sensor', '--out', folder, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  const note = (chunk: Buffer): void => {
    printed += chunk.toString()
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const exit = once(child, 'exit')
  const ended = async (): Promise<number | null> => {
    await exit
    return child.exitCode
  }
  const ready = eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`the sensor ended: ${printed}`)
      return printed.includes('watching') ? true : undefined
    },
    120_000,
    'the sensor’s beginning',
  ).then(() => undefined)
  ready.catch(() => undefined)
  return {
    process: child,
    printed: () => printed,
    ready,
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      return ended()
    },
  }
}

export type SensorRecord = Readonly<Record<string, unknown>>

/** Every line that was written so far. */
export function recordsIn(folder: string): readonly SensorRecord[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
    .map((line) => JSON.parse(line) as SensorRecord)
}

/** An image without programs of its own: it is run with the machine's /usr mounted. */
export async function importEmptyImage(docker: DockerEngine, name: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'tallyman-image-'))
  try {
    for (const folder of ['usr', 'etc', 'tmp', 'dev', 'proc', 'sys', 'mnt']) mkdirSync(join(root, folder))
    for (const link of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${link}`, join(root, link))
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n')
    spawnSync('tar', ['-C', root, '-cf', join(root, '../', `${name.replace(/\W/g, '-')}.tar`), '.'])
    await docker.docker('import', join(root, '../', `${name.replace(/\W/g, '-')}.tar`), name)
  } finally {
    rmSync(join(root, '../', `${name.replace(/\W/g, '-')}.tar`), { force: true })
    rmSync(root, { recursive: true, force: true })
  }
}

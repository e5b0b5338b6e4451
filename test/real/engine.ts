import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { it, type TestContext } from 'vitest'

/** A real container engine that a test started. */
export interface Engine {
  /** Path of its socket. */
  readonly socket: string
  /** Runs the client; its output. Throws where the command fails. */
  docker(...args: readonly string[]): Promise<string>
  /** Builds an image of busybox and these programs of the machine. */
  image(name: string, ...binaries: readonly string[]): Promise<void>
  /** Removes all that was made. */
  stop(): Promise<void>
}

export interface DockerEngine extends Engine {
  /** Its network namespace: `nsenter --net=/run/netns/<name>`. */
  readonly netns: string
  readonly dataRoot: string
  /** The daemon alone; its containers end with it. */
  readonly daemon: { stop(): Promise<void>; kill(): Promise<void>; start(): Promise<void> }
}

const DOCKER_PACKAGES = {
  'docker.io': 'dockerd',
  iptables: 'iptables',
  iproute2: 'ip',
  'busybox-static': '/bin/busybox',
  openssl: 'openssl',
}
const PODMAN_PACKAGES = {
  podman: 'podman',
  runc: 'runc',
  netavark: '/usr/lib/podman/netavark',
  'aardvark-dns': '/usr/lib/podman/aardvark-dns',
  catatonit: 'catatonit',
  'busybox-static': '/bin/busybox',
}

/** What a real Docker Engine needs and this machine lacks: Debian packages, `root`, or `Linux`; `more`: package → program. */
export function missing(more: Readonly<Record<string, string>> = {}): readonly string[] {
  return missingOf({ ...DOCKER_PACKAGES, ...more })
}

export function missingForPodman(): readonly string[] {
  return missingOf(PODMAN_PACKAGES)
}

export function missingOf(packages: Readonly<Record<string, string>>): readonly string[] {
  if (process.platform !== 'linux') return ['Linux']
  const root = process.getuid?.() === 0 ? [] : ['root']
  return [...root, ...Object.entries(packages).flatMap(([name, program]) => (lacks(program) ? [name] : []))]
}

function lacks(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: PATHS }).status !== 0
}

const PATHS = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }

/**
 * `it` for tests with a real engine: skipped, with the reason, where something is missing; a failure in CI and
 * where TALLYMAN_REQUIRE_REAL is set.
 */
export function realTest(
  name: string,
  run: (context: TestContext) => Promise<void>,
  {
    timeout = 120_000,
    lacking = missing(),
  }: { readonly timeout?: number; readonly lacking?: readonly string[] } = {},
): void {
  it(
    name,
    async (context) => {
      if (lacking.length === 0) return run(context)
      const reason = `needs ${lacking.join(', ')} (scripts/test-packages.sh installs packages as root on Debian)`
      if (isRequired()) throw new Error(`not to be skipped here: ${reason}`)
      console.warn(`skipped: ${name}: ${reason}`)
      context.skip(reason)
    },
    timeout,
  )
}

/** Whether a test that cannot run is a failure. */
export function isRequired(): boolean {
  return (process.env['CI'] ?? '') !== '' || (process.env['TALLYMAN_REQUIRE_REAL'] ?? '') !== ''
}

let engines = 0

/** A Docker Engine; its data lies in a temporary folder unless `dataRoot` says otherwise, and is removed at stop. */
export async function startDocker(options: { readonly dataRoot?: string } = {}): Promise<DockerEngine> {
  const folder = mkdtempSync(join(shortTemporary(), 'tm-'))
  engines += 1
  const netns = `tm-${process.pid}-${engines}`
  const dataRoot = options.dataRoot ?? join(folder, 'data')
  const started = await startScript('start-docker.sh', [folder, netns, dataRoot])
  return {
    ...started.engine,
    netns,
    dataRoot,
    docker: (...args) => run('docker', ['-H', `unix://${started.engine.socket}`, ...args]),
    image: async (name, ...binaries) => {
      await run(join(import.meta.dirname, 'image.sh'), [name, ...binaries], {
        DOCKER: `docker -H unix://${started.engine.socket}`,
      })
    },
    daemon: {
      stop: () => started.ask('stop', 'stopped'),
      kill: () => started.ask('kill', 'killed'),
      start: () => started.ask('start', 'started'),
    },
  }
}

/** A Podman service. `docker` runs Podman's own client. */
export async function startPodman(): Promise<Engine> {
  const folder = mkdtempSync(join(shortTemporary(), 'tm-'))
  const started = await startScript('start-podman.sh', [folder])
  const env = {
    CONTAINERS_CONF: join(folder, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
  }
  return {
    ...started.engine,
    docker: (...args) => run('podman', args, env),
    image: async (name, ...binaries) => {
      await run(join(import.meta.dirname, 'image.sh'), [name, ...binaries], { ...env, DOCKER: 'podman' })
    },
  }
}

/** A socket's path has 107 bytes at most, and a test's own temporary folder may be deep. */
function shortTemporary(): string {
  return tmpdir().length > 40 ? '/tmp' : tmpdir()
}

interface Started {
  readonly engine: Pick<Engine, 'socket' | 'stop'>
  ask(command: string, answer: string): Promise<void>
}

/** The script keeps its standard input open and cleans up when that ends: also when this process is killed. */
async function startScript(script: string, args: readonly string[]): Promise<Started> {
  const child = spawn(join(import.meta.dirname, script), args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: PATHS,
    // out of reach of a Ctrl-C that ends the tests: it has cleaning up to do
    detached: true,
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await lines.next()
  const socket = /^ready (.+)$/.exec(String(first.value))?.[1]
  if (socket === undefined) throw new Error(`${script}: ${first.value ?? 'ended without an answer'}`)
  return {
    engine: { socket, stop: () => stop(child) },
    async ask(command, answer) {
      child.stdin.write(`${command}\n`)
      const { value } = await lines.next()
      if (value !== answer) throw new Error(`${script} ${command}: ${String(value)}`)
    },
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.stdin?.end()
  await ended
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { env: { ...PATHS, ...env }, maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(error)
    })
  })
}

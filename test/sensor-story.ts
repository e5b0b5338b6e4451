import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const INSPECT = resolve(import.meta.dirname, '../examples/docker-inspect.json')

interface Told {
  readonly pid: number
  readonly executable: string
  readonly args: readonly string[]
}

const SHIM: Told = {
  pid: 900,
  executable: '/usr/bin/containerd-shim-runc-v2',
  args: ['containerd-shim-runc-v2'],
}
const SHELL: Told = { pid: 4_100, executable: '/bin/sh', args: ['sh', '-c', '/opt/sync.sh'] }
const SCRIPT: Told = { pid: 4_101, executable: '/bin/bash', args: ['bash', '/opt/sync.sh'] }
const TAR: Told = { pid: 4_110, executable: '/bin/tar', args: ['tar', 'czf', '/tmp/.cache.tgz', '/host/etc'] }
const OPENSSL: Told = {
  pid: 4_111,
  executable: '/usr/bin/openssl',
  args: [
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    '/tmp/k.pem',
    '-subj',
    '/CN=cdn',
  ],
}
const DOCKER: Told = {
  pid: 4_112,
  executable: '/usr/bin/docker',
  args: ['docker', '-H', 'unix:///run/docker.sock', 'ps'],
}
const UNSHARE: Told = {
  pid: 4_113,
  executable: '/usr/bin/unshare',
  args: ['unshare', '--user', '--map-root-user', 'sh'],
}

/** What each process did, from the first second on. */
const ACTS: readonly { readonly by: readonly Told[]; readonly did: Readonly<Record<string, unknown>> }[] = [
  { by: [SCRIPT, SHELL, SHIM], did: { kind: 'exec', syscall: 'execve' } },
  { by: [TAR, SCRIPT, SHELL, SHIM], did: { kind: 'exec', syscall: 'execve' } },
  {
    by: [TAR, SCRIPT, SHELL, SHIM],
    did: { kind: 'read', syscall: 'openat', path: '/host/etc/ssl/private/site.key', flags: ['O_RDONLY'] },
  },
  { by: [OPENSSL, SCRIPT, SHELL, SHIM], did: { kind: 'exec', syscall: 'execve' } },
  {
    by: [DOCKER, SCRIPT, SHELL, SHIM],
    did: { kind: 'connect', syscall: 'connect', family: 'unix', path: '/run/docker.sock' },
  },
  {
    by: [UNSHARE, SCRIPT, SHELL, SHIM],
    did: { kind: 'call', syscall: 'unshare', args: 'flags=0x10000000', flags: ['CLONE_NEWUSER'] },
  },
]

/**
 * Writes what a container with the host's root did within a minute from `time`, as the engine describes the
 * container and the sensor tells its processes. Returns the inputs as lines of a configuration.
 */
export function writeSensorStory(folder: string, time: number): string {
  const [described] = JSON.parse(readFileSync(INSPECT, 'utf8')) as [{ Id: string; Created: string }]
  const inspect = join(folder, 'inspect.json')
  writeFileSync(inspect, JSON.stringify([{ ...described, Created: new Date(time).toISOString() }]))
  const sensor = join(folder, 'sensor.jsonl')
  const run = '5f0c1d1e-0000-4000-8000-000000000002:812345678901234'
  const at = (second: number): string => new Date(time + second * 1_000).toISOString().replace('Z', '000Z')
  const start = { sensor: 1, run, seq: 0, time: at(0), kind: 'start', host: 'node-1', interval: 5_000 }
  const acts = ACTS.map(({ by: [own, ...ancestors], did }, index) => ({
    sensor: 1,
    run,
    seq: index + 1,
    time: at(4 + index * 7),
    host: 'node-1',
    container: described.Id,
    result: 0,
    ...did,
    process: { ...own, ppid: ancestors[0]?.pid, user: '0', cwd: '/' },
    parent: { executable: ancestors[0]?.executable, args: ancestors[0]?.args },
    ancestors,
  }))
  writeFileSync(sensor, [start, ...acts].map((record) => `${JSON.stringify(record)}\n`).join(''))
  return [
    `  - { type: file, name: inspect, paths: [${JSON.stringify(inspect)}], follow: false }`,
    `  - { type: file, name: sensor, paths: [${JSON.stringify(sensor)}], follow: false }`,
    '',
  ].join('\n')
}

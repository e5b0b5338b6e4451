import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { eventually, startDaemon, type Daemon } from '../daemon.ts'
import { realTest, startDocker, type DockerEngine } from './engine.ts'
import { importEmptyImage, missingForSensor, recordsIn, startSensor, type SensorRecord } from './sensor.ts'

const lacking = missingForSensor()
const RULE = `title: A key made in a container
id: 6f1d6a0e-4f2d-4f8e-9d52-0c8a4c1f7b11
level: high
logsource: { product: linux, category: process_creation }
detection:
  selection: { process.executable.name: openssl, process.subcommand: genrsa, process.result: 0 }
  condition: selection
fields: [CommandLine, ParentImage]
`

interface AlertAnswer {
  readonly id: string
  readonly entity: Readonly<Record<string, unknown>>
  readonly evidence: readonly { readonly fields: Readonly<Record<string, unknown>> }[]
}

realTest(
  'leads from a process in a container to an alert with its image and process tree, also past a daemon that is down',
  async () => {
    await withFolder(async (folder) => {
      const docker = await startDocker()
      const out = join(folder, 'sensor')
      const sensor = startSensor(out)
      let daemon: Daemon | undefined
      try {
        await docker.image('test/openssl:1', '/usr/bin/openssl')
        await sensor.ready
        const config = writeConfig(folder, docker, out)
        daemon = startDaemon(join(folder, 'data'), config)
        await daemon.url()
        const make = ['sh', '-c', 'openssl genrsa -out /tmp/k.key 512; sleep 300']
        const seen = (await docker.docker('run', '-d', '--name', 'seen', 'test/openssl:1', ...make)).trim()
        const first = await alertAbout(daemon, seen)
        expect(first.entity).toMatchObject({
          'container.id': seen,
          'container.name': 'seen',
          'container.image.name': 'test/openssl',
        })
        const fields = first.evidence[0]?.fields ?? {}
        expect(fields).toMatchObject({
          CommandLine: 'openssl genrsa -out /tmp/k.key 512',
          ParentImage: '/bin/sh',
        })
        expect(fields['process.ancestors']).toEqual([
          { pid: expect.any(Number), executable: '/bin/sh', command_line: make.join(' ') },
          expect.objectContaining({ executable: expect.stringContaining('containerd-shim') }),
        ])
        await daemon.kill('SIGTERM')
        await docker.docker('exec', 'seen', 'true')
        const unseen = (
          await docker.docker('run', '-d', '--name', 'unseen', 'test/openssl:1', ...make)
        ).trim()
        await eventually(() => recordsIn(out).find(({ container }) => container === unseen))
        daemon = startDaemon(join(folder, 'data'), config)
        await daemon.url()
        const second = await alertAbout(daemon, unseen)
        expect(second.entity).toMatchObject({
          'container.id': unseen,
          'container.image.name': 'test/openssl',
        })
        const { body } = await daemon.ask('/api/alerts?limit=500')
        const about = (body as { items: readonly AlertAnswer[] }).items.map(
          ({ entity }) => entity['container.id'],
        )
        for (const id of [seen, unseen]) expect(about.filter((one) => one === id)).toEqual([id])
      } finally {
        await daemon?.kill('SIGTERM')
        expect(await sensor.stop()).toBe(0)
        await docker.stop()
      }
    })
  },
  { timeout: 300_000, lacking },
)

realTest(
  'sees every kind of call once, with whole arguments and paths, and no text forges a record',
  async () => {
    await withFolder(async (folder) => {
      const docker = await startDocker()
      const out = join(folder, 'sensor')
      const sensor = startSensor(out)
      try {
        await importEmptyImage(docker, 'test/empty:1')
        await sensor.ready
        const acts = `${join(import.meta.dirname, 'kernel-acts.py')}:/acts.py:ro`
        const rights = ['--cap-add', 'SYS_ADMIN', '--security-opt', 'seccomp=unconfined']
        const volumes = ['-v', '/usr:/usr:ro', '-v', '/etc/ld.so.cache:/etc/ld.so.cache:ro', '-v', acts]
        const id = (
          await docker.docker('run', '-d', ...rights, ...volumes, 'test/empty:1', 'python3', '/acts.py')
        ).trim()
        await docker.docker('wait', id)
        const records = await eventually(() => {
          const of = recordsIn(out).filter(({ container }) => container === id)
          return of.some(({ process }) => isOf(process, 'executable', '/nonexistent/program'))
            ? of
            : undefined
        })
        expectCalls(records)
        expectFiles(records)
        expectNetwork(records)
        expectExecs(records)
        expect(records.filter(({ unresolved }) => unresolved !== undefined)).toEqual([])
      } finally {
        expect(await sensor.stop()).toBe(0)
        await docker.stop()
      }
      const all = recordsIn(out)
      expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index))
      expect(all.at(0)).toMatchObject({ kind: 'start' })
      expect(all.at(-1)).toMatchObject({ kind: 'stop', reason: 'asked to' })
    })
  },
  { timeout: 300_000, lacking },
)

realTest(
  'ends with its bpftrace, says why, and tells the gap when it is started again',
  async () => {
    await withFolder(async (folder) => {
      const out = join(folder, 'sensor')
      const sensor = startSensor(out)
      await sensor.ready
      for (const pid of childrenOf(sensor.process.pid)) process.kill(pid, 'SIGKILL')
      expect(await sensor.ended()).toBe(2)
      expect(sensor.printed()).toContain('bpftrace ended (SIGKILL)')
      expect(recordsIn(out).at(-1)).toMatchObject({ kind: 'stop', reason: 'bpftrace ended (SIGKILL)' })
      await sleep(50)
      const again = startSensor(out)
      await again.ready
      expect(recordsIn(out).findLast(({ kind }) => kind === 'start')).toMatchObject({
        previous: { time: expect.any(String), stopped: false },
      })
      const orphans = childrenOf(again.process.pid)
      expect(orphans.length).toBe(1)
      again.process.kill('SIGKILL')
      await again.ended()
      await eventually(() => (orphans.some(isRunning) ? undefined : true), 20_000, 'the end of bpftrace')
      const last = startSensor(out)
      await last.ready
      expect(await last.stop()).toBe(0)
      const { previous, time } = recordsIn(out).findLast(({ kind }) => kind === 'start') ?? {}
      expect(previous).toMatchObject({ stopped: false })
      expect(Date.parse((previous as { time: string }).time)).toBeLessThan(Date.parse(String(time)))
    })
  },
  { timeout: 300_000, lacking },
)

realTest(
  'ends with an error when bpftrace hangs, which is killed',
  async () => {
    await withFolder(async (folder) => {
      const out = join(folder, 'sensor')
      const sensor = startSensor(out)
      await sensor.ready
      const [pid = 0] = childrenOf(sensor.process.pid)
      process.kill(pid, 'SIGSTOP')
      expect(await sensor.ended()).toBe(2)
      expect(sensor.printed()).toContain('bpftrace told nothing for 15 s')
      expect(isRunning(pid)).toBe(false)
      expect(recordsIn(out).at(-1)).toMatchObject({
        kind: 'stop',
        reason: expect.stringContaining('told nothing'),
      })
    })
  },
  { timeout: 300_000, lacking },
)

realTest(
  'says what mends it where bpftrace is missing, or its folder cannot be written',
  async () => {
    await withFolder(async (folder) => {
      const sensor = startSensor(join(folder, 'sensor'), '--bpftrace', '/nonexistent/bpftrace')
      expect(await sensor.ended()).toBe(2)
      const beside = join(folder, 'file')
      writeFileSync(beside, '')
      const unwritable = startSensor(join(beside, 'sensor'))
      expect(await unwritable.ended()).toBe(2)
      expect(unwritable.printed()).toMatch(/cannot write to .*\n {2}mend: /)
      expect(sensor.printed()).toMatch(/cannot be started\n {2}mend: .*apt-get install bpftrace/)
    })
  },
  { lacking },
)

function childrenOf(pid: number | undefined): readonly number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid), 'bpftrace'])
  return stdout
    .toString()
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)
}

function isRunning(pid: number): boolean {
  return spawnSync('kill', ['-0', String(pid)]).status === 0
}

function expectCalls(records: readonly SensorRecord[]): void {
  const call = (name: string): SensorRecord | undefined =>
    records.find(({ kind, syscall }) => kind === 'call' && syscall === name)
  expect(call('mount')).toMatchObject({
    args: 'source=none target=/mnt type=tmpfs flags=0x2',
    flags: ['MS_NOSUID'],
    result: 0,
  })
  expect(call('umount2')).toMatchObject({ args: 'target=/mnt flags=0x2', flags: ['MNT_DETACH'], result: 0 })
  expect(call('ptrace')).toMatchObject({ flags: ['PTRACE_TRACEME'] })
  expect(call('unshare')).toMatchObject({ flags: ['CLONE_NEWUTS'], result: 0 })
  expect(call('setns')).toMatchObject({ flags: ['CLONE_NEWUTS'], result: 0 })
  expect(call('bpf')).toMatchObject({ flags: ['BPF_PROG_LOAD'] })
  expect(call('memfd_create')).toMatchObject({ args: 'name=payload flags=0x1' })
  expect(call('io_uring_setup')).toMatchObject({ args: 'entries=4' })
  expect(call('fsopen')).toMatchObject({ args: 'type=tmpfs flags=0x0' })
}

function expectFiles(records: readonly SensorRecord[]): void {
  const paths = (wanted: string): readonly unknown[] =>
    records.filter(({ kind }) => kind === wanted).map(({ path }) => path)
  expect(paths('write')).toEqual([
    `/tmp/${Array.from({ length: 9 }, () => 'd'.repeat(100)).join('/')}/${'f'.repeat(200)}`,
    '/tmp/line\nbreak "} \\x41',
    '/etc/ssl/private/site.key',
    '/tmp/rel/x',
    '/tmp/rel/z',
    '/tmp/openat2',
  ])
  expect(paths('read')).toEqual(['/etc/ssl/private/site.key'])
  expect(records.find(({ kind }) => kind === 'rename')).toMatchObject({
    source: '/tmp/rel/x',
    path: '/tmp/rel/y',
  })
}

function expectNetwork(records: readonly SensorRecord[]): void {
  const ends = (wanted: string): readonly unknown[] =>
    records
      .filter(({ kind }) => kind === wanted)
      .map(({ family, address, port, protocol, path }) => ({ family, address, port, protocol, path }))
  expect(ends('connect')).toEqual([
    { family: 'ipv6', address: '::1', port: 9, protocol: 'tcp' },
    { family: 'ipv4', address: '127.0.0.1', port: 9, protocol: 'tcp' },
    { family: 'unix', path: '/tmp/a.sock' },
  ])
  expect(ends('listen')).toEqual([
    { family: 'unix', path: '/tmp/a.sock' },
    { family: 'ipv4', address: '0.0.0.0', port: 8443, protocol: 'tcp' },
    { family: 'ipv6', address: '::', port: 8444, protocol: 'tcp' },
    { family: 'ipv4', address: '127.0.0.1', port: 5353, protocol: 'udp' },
  ])
}

function expectExecs(records: readonly SensorRecord[]): void {
  const execs = records.filter(({ kind }) => kind === 'exec')
  const argsOf = ({ process }: SensorRecord): readonly string[] =>
    (process as { args: readonly string[] }).args
  expect(execs.find(({ process }) => isOf(process, 'file', 'memfd:payload'))).toMatchObject({
    process: { executable: 'memfd:payload', args: ['kworker'] },
  })
  const ofTrue = execs.filter(({ process }) => isOf(process, 'executable', '/bin/true'))
  expect(ofTrue.length).toBe(3)
  // what takes many messages may be complete after what came behind it: records have times, not places
  const [many, long, hostile] = ['arg0', 'yyy', 'a\n'].map((first) =>
    ofTrue.find((each) => argsOf(each)[1]?.startsWith(first)),
  )
  expect(many && argsOf(many)).toEqual([
    '/bin/true',
    ...Array.from({ length: 100 }, (_, index) => `arg${index}`),
    'x'.repeat(9_000),
  ])
  expect(many?.['truncated']).toBeUndefined()
  // longer than the program reads: whole from /proc if the process was still there, else marked
  const isWhole = long !== undefined && argsOf(long)[1] === 'y'.repeat(30_000)
  expect(isWhole || (long?.['truncated'] as readonly string[] | undefined)?.includes('CommandLine')).toBe(
    true,
  )
  expect(hostile && argsOf(hostile)).toEqual([
    '/bin/true',
    'a\nE 1 1 1 1',
    '"}',
    '{"type": "printf", "data": "B 1"}',
    '\\x41',
    '\ufffd',
    '\u001b[31m',
    '',
  ])
  expect(execs.find(({ process }) => isOf(process, 'executable', '/nonexistent/program'))).toMatchObject({
    result: -2,
    process: { args: ['/nonexistent/program', 'one'] },
  })
  expect(many?.['ancestors']).toMatchObject([
    { executable: '/usr/bin/python3', args: ['python3', '/acts.py'] },
    { executable: expect.stringContaining('containerd-shim') },
  ])
}

function isOf(process: unknown, member: string, value: string): boolean {
  return (process as Readonly<Record<string, unknown>> | undefined)?.[member] === value
}

function writeConfig(folder: string, docker: DockerEngine, out: string): string {
  for (const name of ['rules', 'strategies']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'rules/key.yml'), RULE)
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(
    config,
    `inputs:
  - { type: docker, name: docker, socket: ${docker.socket} }
  - { type: file, name: sensor, paths: [${out}] }
rules: [rules]
strategies: strategies
`,
  )
  return config
}

async function alertAbout(daemon: Daemon, container: string): Promise<AlertAnswer> {
  const id = await eventually(async () => {
    const { body } = await daemon.ask('/api/alerts?limit=500')
    const { items } = body as { items: readonly AlertAnswer[] }
    return items.find(({ entity }) => entity['container.id'] === container)?.id
  }, 60_000)
  return (await daemon.ask(`/api/alerts/${id}`)).body as AlertAnswer
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-sensor-test-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

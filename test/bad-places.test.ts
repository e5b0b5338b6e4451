import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import { openReader } from '../src/store/sqlite.ts'
import { podCreated } from './audit.ts'
import { eventually, startDaemon } from './daemon.ts'
import { realTest } from './real/engine.ts'

const NOBODY = 65_534
const ROOT_ONLY = process.getuid?.() === 0 ? [] : ['root']
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-places-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function auditLog(file: string, records: number): void {
  const lines = Array.from({ length: records }, (_, n) =>
    podCreated({
      name: `pod-${n}`,
      auditID: `a-${n}`,
      time: 1_795_200_000_000 + n,
      privileged: n % 10 === 0,
    }),
  )
  writeFileSync(file, `${lines.join('\n')}\n`)
}

function fileConfig(paths: string): string {
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(config, `inputs:\n  - { type: file, name: audit, paths: [${paths}] }\n`)
  return config
}

realTest(
  'a folder without permission is told by name to a user who has none, and what can be read is read',
  async () => {
    for (const name of ['logs', 'logs/closed', 'rules']) mkdirSync(join(folder, name))
    auditLog(join(folder, 'logs/open.log'), 3)
    auditLog(join(folder, 'logs/closed/x.log'), 3)
    writeFileSync(
      join(folder, 'rules/r.yml'),
      'title: Deleted\nlogsource: { product: kubernetes, service: audit }\ndetection: { s: { verb: delete }, condition: s }\n',
    )
    chownSync(folder, NOBODY, NOBODY)
    chmodSync(join(folder, 'logs/closed'), 0o000)
    let err = ''
    const output = { out: () => {}, err: (line: string) => void (err += line), terminal: false }
    process.seteuid?.(NOBODY)
    try {
      expect(
        await main(
          ['scan', '--no-strategies', '--rules', join(folder, 'rules'), join(folder, 'logs')],
          output,
        ),
      ).toBe(2)
    } finally {
      process.seteuid?.(0)
    }
    expect(err).toMatch(/logs\/closed.*permission denied/)
    expect(err).toContain('4 records: 3 evaluated, 1 failed')
  },
  { lacking: ROOT_ONLY },
)

realTest(
  'rules, strategies and a site that may not be read end with what mends it',
  async () => {
    const closed = (name: string): string => {
      mkdirSync(join(folder, name, 'lists'), { recursive: true })
      chmodSync(join(folder, name, 'lists'), 0o000)
      return join(folder, name)
    }
    auditLog(join(folder, 'audit.log'), 1)
    writeFileSync(join(folder, 'rule.yml'), 'title: Deleted\n', { mode: 0o000 })
    chownSync(folder, NOBODY, NOBODY)
    const rules = closed('rules')
    const site = closed('site')
    const cases = [
      ['--rules', rules],
      ['--rules', join(folder, 'rule.yml')],
      ['--site', site],
      ['--strategies', join(site, 'lists')],
    ] as const
    process.seteuid?.(NOBODY)
    try {
      for (const [option, path] of cases) {
        let err = ''
        const output = { out: () => {}, err: (line: string) => void (err += line), terminal: false }
        expect([path, await main(['scan', option, path, join(folder, 'audit.log')], output)]).toEqual([
          path,
          2,
        ])
        expect(err).toMatch(/permission denied[\s\S]*mend: /)
      }
    } finally {
      process.seteuid?.(0)
    }
  },
  { lacking: ROOT_ONLY },
)

it('a single line of 200 MB is one counted failure, within 512 MB', async () => {
  const file = join(folder, 'long.json')
  const out = createWriteStream(file)
  const block = Buffer.alloc(1 << 20, 'a')
  out.write('{"a":"')
  for (let n = 0; n < 200; n += 1) if (!out.write(block)) await once(out, 'drain')
  out.end(`"}\n${podCreated({ name: 'after', auditID: 'x', time: 1_795_200_000_000, privileged: true })}\n`)
  await once(out, 'finish')
  const peak = resolve(import.meta.dirname, '../bench/peak.ts')
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', peak, 'scan', '--json', file],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  )
  const [alerts, said, megabytes] = await Promise.all(
    [child.stdout, child.stderr, child.stdio[3] as Readable].map((stream) => text(stream as Readable)),
  )
  expect(said).toContain('record longer than 16 MiB: 1')
  expect(alerts).toContain('"k8s.pod.name":"after"')
  expect(Number.parseInt(megabytes ?? '', 10)).toBeLessThan(512)
})

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a scan that %s ends leaves nothing of what it read',
  async (signal) => {
    const env = { ...process.env, TMPDIR: folder }
    const child = spawn(resolve(import.meta.dirname, '../bin/tallyman'), ['scan', '-'], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    child.stdin.write(`${podCreated({ name: 'web', auditID: 'x', time: 1_795_200_000_000 })}\n`)
    await eventually(() =>
      readdirSync(folder, { encoding: 'utf8', recursive: true }).find((name) => name.endsWith('scan.db')),
    )
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([null, signal])
    expect(readdirSync(folder)).toEqual([])
  },
)

it('a second daemon on the same data folder is refused, and the first goes on', async () => {
  const log = join(folder, 'audit.log')
  auditLog(log, 10)
  const data = join(folder, 'data')
  const first = startDaemon(data, fileConfig(log))
  await first.url()
  const second = startDaemon(data, fileConfig(log))
  expect(await second.kill('SIGCONT')).toBe(2)
  expect(second.printed()).toMatch(/another Tallyman uses the data folder[\s\S]*mend:/)
  expect((await first.ask('/api/status')).status).toBe(200)
  expect(await first.kill('SIGTERM')).toBe(0)
})

realTest(
  'a full disk stops the daemon with a clear message, and nothing is lost or doubled once there is space',
  async () => {
    const data = join(folder, 'data')
    mkdirSync(data)
    const mount = (options: string): void => {
      const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', data])
      if (status !== 0) throw new Error(String(stderr))
    }
    mount('size=1m')
    try {
      const log = join(folder, 'audit.log')
      auditLog(log, 5_000)
      const full = startDaemon(data, fileConfig(log))
      const exit = await Promise.race([
        once(full.process, 'exit').then(([code]) => code as number),
        eventually(() => undefined, 30_000),
      ])
      expect(exit).toBe(2)
      expect(full.printed()).toMatch(/cannot write .*(full|I\/O)[\s\S]*mend: .*nothing that was read is lost/)
      mount('remount,size=256m')
      const again = startDaemon(data, fileConfig(log))
      const totals = await eventually(() => {
        const reader = openReader(join(data, 'tallyman.db'))
        const told = reader.totals()
        reader.close()
        return told.records >= 5_000 ? told : undefined
      })
      expect(await again.kill('SIGTERM')).toBe(0)
      expect(totals).toMatchObject({ records: 5_000, evaluated: 5_000, failed: 0, duplicates: 0 })
      // Two rules hold on each of the five hundred privileged pods.
      expect(totals.alerts).toBe(1_000)
    } finally {
      spawnSync('umount', [data])
    }
  },
  { lacking: ROOT_ONLY },
)

it.each([['scan'], ['tour']])('%s without a place for temporary files names what mends it', async (verb) => {
  auditLog(join(folder, 'audit.log'), 1)
  const launcher = resolve(import.meta.dirname, '../bin/tallyman')
  const words = verb === 'scan' ? [verb, join(folder, 'audit.log')] : [verb]
  const child = spawn(launcher, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TMPDIR: join(folder, 'nowhere') },
  })
  const [said] = await Promise.all([text(child.stderr), once(child, 'exit')])
  expect([child.exitCode, said]).toEqual([2, expect.stringMatching(/temporary folder.*\n.*mend: .*TMPDIR/)])
})

realTest(
  'a scan on a full disk says so and leaves nothing behind',
  async () => {
    const temporary = join(folder, 'tmp')
    mkdirSync(temporary)
    auditLog(join(folder, 'audit.log'), 1)
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', temporary]).status).toBe(0)
    try {
      const ran = spawnSync(
        resolve(import.meta.dirname, '../bin/tallyman'),
        ['scan', join(folder, 'audit.log')],
        { env: { ...process.env, TMPDIR: temporary }, encoding: 'utf8' },
      )
      expect([ran.status, ran.stderr]).toEqual([2, expect.stringMatching(/cannot write .*full[\s\S]*mend: /)])
      expect(readdirSync(temporary)).toEqual([])
    } finally {
      spawnSync('umount', [temporary])
    }
  },
  { lacking: ROOT_ONLY },
)

realTest(
  'a data folder where the system has no place for one is told, and ends at once',
  async () => {
    const log = join(folder, 'audit.log')
    auditLog(log, 1)
    const daemon = startDaemon('/proc/no-such-process/data', fileConfig(log))
    await once(daemon.process, 'exit')
    expect(daemon.process.exitCode).toBe(2)
    expect(daemon.printed()).toMatch(/cannot make the data folder: .*\n?.*mend: /)
  },
  { lacking: process.platform === 'linux' ? [] : ['Linux'] },
)

realTest(
  'what the daemon writes is for its user alone, also in a folder that everybody may enter',
  async () => {
    const log = join(folder, 'audit.log')
    auditLog(log, 1)
    const data = join(folder, 'data')
    mkdirSync(data, { mode: 0o755 })
    const daemon = startDaemon(data, fileConfig(log))
    await daemon.url()
    await eventually(async () =>
      ((await daemon.ask('/api/totals')).body as { evaluated: number }).evaluated > 0 ? true : undefined,
    )
    const readable = readdirSync(data).filter(
      (name) => statSync(join(data, name)).isFile() && (statSync(join(data, name)).mode & 0o077) !== 0,
    )
    await daemon.kill('SIGTERM')
    expect(readable).toEqual([])
  },
  { lacking: [] },
)

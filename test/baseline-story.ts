import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** How long it goes on before `until`, so that what ships has learned: a week, and some days. */
const DAYS = 10

/** What a container of the story is called by whoever made its image. */
export const HOSTILE_IMAGE = '<img src=x onerror="window.owned=1">\u202e/web'
/** And a program that it runs. */
export const HOSTILE_PROGRAM = '/opt/"><script>window.owned=1</script>\u200b'

interface Container {
  readonly id: string
  readonly name: string
  readonly image: string
}

const WEB: readonly Container[] = [
  { id: '7a'.repeat(32), name: 'web-1', image: 'registry.example/shop/web:1.8' },
  { id: '7b'.repeat(32), name: 'web-2', image: 'registry.example/shop/web:1.8' },
]
const HOSTILE: Container = { id: '7c'.repeat(32), name: 'tool', image: HOSTILE_IMAGE }

/** The container that does at the end what it never did. */
export const UNUSUAL = WEB[0] as Container

/** Lines of a configuration, and what is to happen once the containers are known. */
export interface BaselineStory {
  readonly inputs: string
  readonly rules: string
  /** Records that describe the containers: they are to be read first, so that all that follows is known by image. */
  readonly described: number
  /** Writes what was measured and told of them; with them there are so many records. */
  tell(): number
}

/**
 * Ten days of two replicas that are as they always were, as the engine describes them, its statistics measure them
 * every ten minutes and the sensor tells their programs; and what one of them does in the last hour: it computes like
 * nothing before, runs a program of the system that nothing here ran, makes a certificate and serves it, and starts
 * programs by the hundred.
 */
export function writeBaselineStory(folder: string, until: number): BaselineStory {
  const begin = Math.floor((until - DAYS * DAY) / HOUR) * HOUR
  const inspected = [...WEB, HOSTILE].map((container) => inspectOf(container, begin))
  const file = (name: string): string => join(folder, name)
  writeFileSync(file('replicas.json'), `${JSON.stringify(inspected)}\n`)
  writeFileSync(file('rules.yml'), RULES)
  const input = (name: string, more: string): string =>
    `  - { type: file, name: ${name}, paths: [${JSON.stringify(file(name))}]${more} }\n`
  return {
    inputs: `${input('replicas.json', ', follow: false')}${input('stats.jsonl', '')}${input('programs.jsonl', '')}`,
    rules: `rules: [${JSON.stringify(file('rules.yml'))}]\n`,
    described: inspected.length,
    tell() {
      const [stats, told] = [statsBetween(begin, until), toldBetween(begin, until)]
      writeFileSync(file('stats.jsonl'), lines(stats))
      writeFileSync(file('programs.jsonl'), lines(told))
      return inspected.length + stats.length + told.length
    },
  }
}

function lines(records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('')
}

function inspectOf({ id, name, image }: Container, created: number): object {
  return {
    Id: id,
    Created: new Date(created).toISOString(),
    Path: '/app/server',
    Args: [],
    Name: `/${name}`,
    Image: `sha256:${'ab'.repeat(32)}`,
    State: { Status: 'running', Pid: 4_000 },
    HostConfig: { NetworkMode: 'default', Privileged: false, CapDrop: ['ALL'] },
    Config: { User: '1000', Cmd: ['/app/server'], Image: image },
    Mounts: [],
    NetworkSettings: { Networks: {} },
  }
}

/** Cores that a replica uses: more by day, never twice the same. */
function usual(time: number, replica: number): number {
  const hour = (time % DAY) / HOUR
  const day = 0.18 + 0.12 * Math.sin(((hour - 9) / 24) * 2 * Math.PI)
  return day + 0.02 * noise(time / MINUTE + replica * 7_919)
}

/** Between -1 and 1, the same each time. */
function noise(n: number): number {
  const x = Math.sin(n * 12.9898) * 43_758.5453
  return 2 * (x - Math.floor(x)) - 1
}

function statsBetween(begin: number, until: number): readonly object[] {
  const step = 10 * MINUTE
  return WEB.flatMap(({ id, name }, replica) => {
    let total = 0
    const samples: object[] = []
    for (let time = begin; time <= until; time += step) {
      const isUnusual = replica === 0 && time > until - 50 * MINUTE
      total += (isUnusual ? 1.9 : usual(time, replica)) * step * 1e6
      samples.push({
        read: new Date(time + replica * 1_000).toISOString(),
        preread: '0001-01-01T00:00:00Z',
        name: `/${name}`,
        id,
        cpu_stats: { cpu_usage: { total_usage: Math.round(total) }, online_cpus: 4 },
        precpu_stats: { cpu_usage: { total_usage: 0 } },
        memory_stats: {
          usage: Math.round(2e8 + 1e7 * noise(time / MINUTE)),
          limit: 8e9,
          stats: { inactive_file: 0 },
        },
      })
    }
    return samples
  })
}

interface Act {
  readonly time: number
  readonly by: Container
  readonly args: readonly string[]
  readonly port?: number
}

function toldBetween(begin: number, until: number): readonly object[] {
  const acts: Act[] = []
  for (let time = begin + MINUTE; time < until - HOUR; time += HOUR) {
    const [web] = [WEB[Math.floor(time / HOUR) % 2] ?? UNUSUAL]
    acts.push({ time, by: web, args: ['/bin/sh', '-c', '/app/rotate.sh'] })
    acts.push({ time: time + 2_000, by: web, args: ['/usr/bin/curl', '-s', 'http://127.0.0.1:9000/health'] })
    if (time % (6 * HOUR) < HOUR)
      acts.push({ time: time + 5_000, by: web, args: ['/usr/bin/gzip', '/var/log/app.1'] })
    acts.push({ time: time + 9_000, by: HOSTILE, args: [HOSTILE_PROGRAM] })
  }
  acts.push(...unusualActs(until))
  acts.sort((a, b) => a.time - b.time)
  const run = '5f0c1d1e-0000-4000-8000-000000000003:812345678901234'
  const start = { sensor: 1, run, seq: 0, time: stamp(begin), kind: 'start', host: 'node-1', interval: HOUR }
  const look = { ...lookOf(until), run, seq: acts.length + 1 }
  return [start, ...acts.map((act, index) => recordOf(act, run, index + 1)), look]
}

/** What the kernel of the machine has for containers. */
function lookOf(time: number): object {
  return {
    sensor: 1,
    time: stamp(time),
    host: 'node-1',
    kind: 'containers',
    interval: HOUR,
    digest: 'd1',
    containers: [...WEB, HOSTILE].map(({ id }, index) => ({
      container: id,
      group: `/system.slice/docker-${id}.scope`,
      process: {
        pid: 4_000 + index,
        ppid: 900,
        user: '1000',
        executable: '/app/server',
        args: ['/app/server'],
      },
    })),
  }
}

function unusualActs(until: number): readonly Act[] {
  const from = until - 30 * MINUTE
  const openssl = [
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
  ]
  return [
    { time: from, by: UNUSUAL, args: ['/usr/bin/nc', '-lp', '4444'] },
    { time: from + 4 * MINUTE, by: UNUSUAL, args: ['/usr/bin/openssl', ...openssl.slice(1)] },
    { time: from + 9 * MINUTE, by: UNUSUAL, args: ['/tmp/.cache/stunnel'], port: 8_443 },
    ...Array.from({ length: 260 }, (_, n) => ({
      time: from + 12 * MINUTE + Math.round(n * 1_700 + 800 * noise(n)),
      by: UNUSUAL,
      args: n % 3 === 0 ? ['/usr/bin/gzip', `/srv/data/${n}`] : ['/usr/bin/sha256sum', `/srv/data/${n}`],
    })),
  ]
}

function recordOf({ time, by, args, port }: Act, run: string, seq: number): object {
  const [executable = ''] = args
  const shell = { pid: 4_100, executable: '/app/server', args: ['/app/server'] }
  return {
    sensor: 1,
    run,
    seq,
    time: stamp(time),
    host: 'node-1',
    container: by.id,
    result: 0,
    ...(port === undefined
      ? { kind: 'exec', syscall: 'execve' }
      : { kind: 'listen', syscall: 'listen', family: 'ipv4', protocol: 'tcp', address: '0.0.0.0', port }),
    process: { pid: 5_000 + seq, ppid: shell.pid, user: '1000', executable, args, cwd: '/' },
    parent: { executable: shell.executable, args: shell.args },
    ancestors: [shell],
  }
}

function stamp(time: number): string {
  return new Date(time).toISOString().replace('Z', '000Z')
}

const RULES = `title: Program started from the data of an application
name: packs
logsource: { product: linux, category: process_creation }
detection: { s: { Image|endswith: /gzip, CommandLine|contains: /srv/data/ }, condition: s }
level: informational
---
title: Digest of the data of an application
name: digests
logsource: { product: linux, category: process_creation }
detection: { s: { Image|endswith: /sha256sum, CommandLine|contains: /srv/data/ }, condition: s }
level: informational
---
title: Data of an application is read and packed by the hundred
name: packs_much
correlation: { type: event_count, rules: [packs, digests], group-by: [container.id], timespan: 30m, condition: { gte: 200 } }
level: medium
`

import { randomOf, type Random } from './random.ts'
import { DAY } from './calendar.ts'
import { rhythmOf, type Rhythm, type RhythmKind } from './rhythm.ts'

export type Role = 'web' | 'api' | 'worker' | 'database' | 'cache' | 'cron' | 'ci'

/** What a workload is and usually does. */
export interface Workload {
  /** Of the workload; in the whole fleet there is one of that name. */
  readonly name: string
  /** The team's namespace. */
  readonly namespace: string
  readonly role: Role
  /** The machine, of a container that Docker runs; undefined in Kubernetes. */
  readonly host: string | undefined
  /** Repository of its image, without tag. */
  readonly image: string
  readonly rhythm: Rhythm
  readonly replicas: number
  readonly usage: Usage
  readonly edges: readonly Edge[]
  /** What listens in it. */
  readonly port: number
  /** Programs that run in it in a usual week; the first is what it is started with. */
  readonly programs: readonly string[]
  /** Secrets that it reads at its start and now and then. */
  readonly secrets: readonly string[]
  /** Fingerprint of its TLS library's hello. */
  readonly ja3: string
  /** Whether its kubelet, or engine, asks after it by a program that it starts within. */
  readonly isProbed: boolean
  /** Whether its helpers are lines of a shell script. */
  readonly isScripted: boolean
  /** Whether it logs into files of its own: most write to their output, which is written elsewhere. */
  readonly isLogging: boolean
  /** Share of its memory that it does not give back, a day. */
  readonly leak: number
  /** When it is there for the first time, ms since the beginning of the month: most are before. */
  readonly launched: number
  /** How often it is rolled out, ms on average. */
  readonly deploys: number
}

/** Medians of a usual hour; what is measured is spread around them by `spread`, the sigma of the logarithm. */
export interface Usage {
  /** Processors. */
  readonly cpu: number
  /** Bytes of its working set, of which little depends on how busy it is. */
  readonly memory: number
  /** Bytes written to its file system, a second. */
  readonly writes: number
  readonly processes: number
  readonly spread: number
}

/** Whom a workload talks to. */
export interface Edge {
  /** A workload's name, or that of a server outside. */
  readonly to: string
  readonly isOutside: boolean
  readonly port: number
  readonly tls: Tls | undefined
  /** Median bytes of a connection, there and back, and the sigma of their logarithm. */
  readonly sent: number
  readonly received: number
  readonly spread: number
  /** Mean time between two connections that are logged, ms in a usual hour. */
  readonly every: number
}

/** What a pair of client and server agrees on; some clients have two libraries. */
export interface Tls {
  readonly versions: readonly string[]
  readonly issuer: string
}

/** A server that is none of ours. */
export interface Outside {
  readonly name: string
  readonly addresses: readonly string[]
  readonly port: number
  readonly issuer: string
}

export interface World {
  readonly seed: number
  /** ms since the epoch. */
  readonly start: number
  readonly workloads: readonly Workload[]
  readonly outside: ReadonlyMap<string, Outside>
  readonly byName: ReadonlyMap<string, Workload>
  /** Which of them asks all others how they do. */
  readonly monitor: Workload | undefined
  readonly nodes: readonly string[]
  readonly hosts: readonly string[]
}

/** So many are new in a month. */
const LAUNCHED = 0.02
const NAMESPACES = 'shop pay search mail billing media geo ledger support partner data intranet'.split(' ')
const THINGS = 'cart order price stock invoice ticket route image feed quote login report'.split(' ')
const OUTSIDE = 40

/** Everything that is there at the beginning, of so many workloads. */
export function createWorld(seed: number, count: number, start: number): World {
  const random = randomOf(seed, 'world')
  const outside = Array.from({ length: OUTSIDE }, (_, n) => outsideOf(random, n))
  const hosts = Array.from({ length: Math.max(1, Math.round(count / 25)) }, (_, n) => `edge-${n + 1}`)
  const nodes = Array.from({ length: Math.max(2, Math.round(count / 16)) }, (_, n) => `node-${n + 1}`)
  const bare = Array.from({ length: count }, (_, n) => bareOf(random, n, hosts))
  const workloads = bare.map((one): Workload => {
    const draws = randomOf(seed, 'workload', one.name)
    const { kind, ...rest } = one
    return {
      ...rest,
      rhythm: rhythmOf({ seed, start }, one.name, kind),
      replicas: draws.chance(0.25) && one.role !== 'database' && one.host === undefined ? 2 : 1,
      usage: usageOf(draws, one.role),
      edges: edgesOf(draws, one, bare, outside),
      programs: programsOf(draws, one.role),
      secrets: [`${one.name}-credentials`],
      ja3: LIBRARIES[draws.below(LIBRARIES.length)] ?? '',
      isProbed: draws.chance(0.25),
      isScripted: draws.chance(0.5),
      isLogging: draws.chance(0.12),
      leak: draws.chance(0.04) ? draws.between(0.02, 0.06) : 0,
      deploys: draws.logNormal(4 * DAY, 0.6),
    }
  })
  return {
    seed,
    start,
    workloads,
    outside: new Map(outside.map((one) => [one.name, one])),
    byName: new Map(workloads.map((one) => [one.name, one])),
    monitor: workloads.find(({ role, host }) => role === 'worker' && host === undefined),
    nodes,
    hosts,
  }
}

/** Fingerprints of the TLS libraries in use, of which updates bring others of these. */
export const LIBRARIES: readonly string[] = Array.from({ length: 14 }, (_, n) => randomOf('ja3', n).hex(32))

export const ISSUERS = [
  'CN=R11,O=Public Trust,C=US',
  'CN=E6,O=Public Trust,C=US',
  'CN=TLS RSA CA G3,O=Example Trust Services,C=DE',
  'CN=Global Root Sub 4,O=Example Cloud,C=US',
]
/** Who signs for our own servers. */
export const OWN_ISSUER = 'CN=cluster-ca,O=corp.example'

function outsideOf(random: Random, n: number): Outside {
  const name = `${random.pick(['api', 'cdn', 'hooks', 'mirror', 'events', 'auth'])}${n}.${random.pick(['vendor', 'partner', 'cloud', 'registry'])}.example`
  const net = `${random.pick([34, 52, 104, 151])}.${20 + n}.${random.below(250)}`
  const addresses = Array.from({ length: 1 + random.below(5) }, () => `${net}.${1 + random.below(250)}`)
  const port = random.chance(0.88) ? 443 : random.pick([587, 8883, 5671])
  return { name, addresses, port, issuer: random.pick(ISSUERS) }
}

interface Bare extends Pick<
  Workload,
  'name' | 'namespace' | 'role' | 'host' | 'image' | 'port' | 'launched'
> {
  readonly kind: RhythmKind
}

const PORTS: Readonly<Record<Role, number>> = {
  web: 8443,
  api: 8443,
  worker: 9090,
  database: 5432,
  cache: 6379,
  cron: 0,
  ci: 0,
}

function bareOf(random: Random, n: number, hosts: readonly string[]): Bare {
  const role = roleOf(n)
  const namespace = role === 'ci' ? 'ci' : (NAMESPACES[n % NAMESPACES.length] ?? '')
  const thing = THINGS[Math.floor(n / NAMESPACES.length) % THINGS.length] ?? ''
  const name = `${thing}-${role}-${n}`
  const isDocker = role !== 'ci' && role !== 'cron' && n % 10 >= 5
  return {
    name,
    namespace,
    role,
    host: isDocker ? random.pick(hosts) : undefined,
    image: `registry.corp.example/${namespace}/${name}`,
    port: PORTS[role],
    launched: random.chance(LAUNCHED) ? random.between(2, 28) * DAY : 0,
    kind: role === 'cron' ? 'night' : role === 'ci' ? 'office' : random.pick(KINDS),
  }
}

const KINDS: readonly RhythmKind[] = ['office', 'office', 'evening', 'evening', 'steady', 'night']

/** Of fifty workloads there are so many of each. */
function roleOf(n: number): Role {
  const at = (n * 7) % 50
  if (at < 1) return 'ci'
  if (at < 5) return 'cron'
  if (at < 13) return 'database'
  if (at < 18) return 'cache'
  if (at < 28) return 'worker'
  return at < 38 ? 'web' : 'api'
}

const MIB = 2 ** 20

function usageOf(random: Random, role: Role): Usage {
  return {
    cpu: random.logNormal(role === 'cache' ? 0.03 : 0.12, 0.6),
    memory: Math.round(random.logNormal(role === 'database' ? 900 * MIB : 250 * MIB, 0.6)),
    writes: random.logNormal(role === 'database' ? 40_000 : 4_000, 0.7),
    processes: 2 + random.below(20),
    spread: random.between(0.08, 0.22),
  }
}

function edgesOf(
  random: Random,
  { name, role }: Bare,
  all: readonly Bare[],
  outside: readonly Outside[],
): readonly Edge[] {
  if (role === 'cache' || role === 'database')
    return role === 'cache' ? [] : [edgeTo(random, random.pick(outside))]
  const servers = all.filter((one) => one.port > 0 && one.name !== name)
  const inside = random
    .some(servers, role === 'ci' ? 1 : 1 + random.below(4))
    .map((server) => edgeIn(random, server))
  const count = role === 'web' ? 0 : role === 'ci' ? 4 : random.below(3)
  return [...inside, ...random.some(outside, count).map((server) => edgeTo(random, server))]
}

function edgeIn(random: Random, { name, port, role }: Bare): Edge {
  const isStore = role === 'database' || role === 'cache'
  return {
    to: name,
    isOutside: false,
    port,
    tls: port === 8443 ? { versions: versionsOf(random), issuer: OWN_ISSUER } : undefined,
    sent: random.logNormal(6_000, 0.8),
    received: random.logNormal(isStore ? 60_000 : 25_000, 0.9),
    spread: random.between(0.3, 0.7),
    every: random.logNormal(35 * 60_000, 0.4),
  }
}

function edgeTo(random: Random, server: Outside): Edge {
  return {
    to: server.name,
    isOutside: true,
    port: server.port,
    tls: { versions: versionsOf(random), issuer: server.issuer },
    sent: random.logNormal(9_000, 0.9),
    received: random.logNormal(40_000, 1),
    spread: random.between(0.4, 0.8),
    every: random.logNormal(50 * 60_000, 0.4),
  }
}

/** Most pairs agree on one version for ever; a few clients have two libraries. */
function versionsOf(random: Random): readonly string[] {
  if (random.chance(0.12)) return ['TLSv13', 'TLSv12']
  return random.chance(0.75) ? ['TLSv13'] : ['TLSv12']
}

const RUNTIMES: Readonly<Record<Role, readonly string[]>> = {
  web: ['/usr/sbin/nginx', '/usr/local/bin/node'],
  api: ['/usr/local/bin/node', '/usr/lib/jvm/java-21/bin/java', '/usr/local/bin/python3.12', '/app/server'],
  worker: ['/usr/local/bin/python3.12', '/usr/local/bin/node', '/app/worker'],
  database: ['/usr/lib/postgresql/17/bin/postgres'],
  cache: ['/usr/local/bin/redis-server'],
  cron: ['/bin/sh'],
  ci: ['/bin/sh'],
}
export const HELPERS = [
  '/usr/bin/date',
  '/usr/bin/find',
  '/usr/bin/id',
  '/usr/bin/stat',
  '/usr/bin/sed',
  '/usr/bin/sort',
  '/usr/sbin/logrotate',
  '/usr/bin/tini',
  '/usr/bin/wc',
]

function programsOf(random: Random, role: Role): readonly string[] {
  const own = random.pick(RUNTIMES[role])
  const others = random.some(HELPERS, 2 + random.below(4))
  if (role === 'cron') return [own, '/usr/bin/tar', '/usr/bin/gzip', ...others]
  return [...new Set([own, ...others])]
}

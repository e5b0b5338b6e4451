import type { Fleet } from '../fleet.ts'
import type { Instance } from '../instance.ts'
import { randomOf, type Random } from '../random.ts'
import { cipherOf, connLine, dnsLine, sslLine, uidOf, type Flow, type Handshake } from '../records/zeek.ts'
import type { Simulation } from '../simulation.ts'
import { STREAMS } from '../streams.ts'
import { LIBRARIES, type Edge, type Workload, type World } from '../world.ts'

/** The name server that everybody asks. */
export const NAME_SERVER = '10.0.0.53'

/** What is not as it always is. */
interface Changes {
  readonly sent?: number
  readonly version?: string
  readonly ja3?: string
  readonly plain?: true
}

/** Connections, as Zeek sees them on the way. */
export interface Traffic {
  /** A connection now, and its handshake, where it has one. */
  connect(flow: Flow, handshake?: Handshake): void
  /** One that the workload makes every day, over one of its edges. */
  usual(one: Instance, edge: Edge, changes?: Changes): void
  ask(client: string, query: string, type: 'A' | 'TXT', answers: readonly string[]): void
  /** From now on the workload has another of the libraries in use, or one that nobody had before. */
  updateLibrary(workload: Workload, isFirst: boolean): void
  /** From now on the server's certificate is of another issuer. */
  renew(server: string, issuer: string): void
  /** The same of all servers of ours. */
  rotateOwn(issuer: string): void
}

/** One in so many connections carries much more than usual. */
const BURST = 0.004

export function createTraffic(world: World, simulation: Simulation, fleet: Fleet): Traffic {
  const random = randomOf(world.seed, 'traffic')
  const libraries = new Map<string, string>()
  const issuers = new Map<string, string>()
  const newest: string[] = []
  let own: string | undefined
  const port = (): number => 32_768 + random.below(28_000)
  const fingerprint = (workload: Workload): string => libraries.get(workload.name) ?? workload.ja3

  const traffic: Traffic = {
    connect(flow, handshake) {
      const [uid, from] = [uidOf(random), port()]
      const { now } = simulation
      simulation.write(STREAMS.conn, connLine(now, uid, from, flow))
      if (handshake !== undefined) simulation.write(STREAMS.ssl, sslLine(now, uid, from, flow, handshake))
    },
    usual(one, edge, changes = {}) {
      const server = serverOf(world, fleet, random, edge)
      if (server === undefined) return
      const burst = random.chance(BURST) ? random.between(3, 8) : 1
      const flow: Flow = {
        client: one.address,
        server,
        port: edge.port,
        service: edge.tls === undefined ? serviceOf(edge.port) : changes.plain === true ? 'http' : 'ssl',
        sent: changes.sent ?? random.logNormal(edge.sent, edge.spread) * burst,
        received: random.logNormal(edge.received, edge.spread) * burst,
        duration: random.logNormal(0.4, 1),
      }
      one.used.sent += flow.sent
      one.used.received += flow.received
      if (edge.tls === undefined || changes.plain === true) return traffic.connect(flow)
      const version = changes.version ?? random.pick(edge.tls.versions)
      traffic.connect(flow, {
        version,
        cipher: cipherOf(version),
        name: edge.isOutside ? edge.to : `${edge.to}.svc.corp.example`,
        ja3: changes.ja3 ?? fingerprint(one.workload),
        issuer: (edge.isOutside ? issuers.get(edge.to) : own) ?? edge.tls.issuer,
      })
    },
    ask(client, query, type, answers) {
      const question = { client, server: NAME_SERVER, query, type, answers }
      simulation.write(STREAMS.dns, dnsLine(simulation.now, uidOf(random), port(), question))
    },
    updateLibrary(workload, isFirst) {
      const library = isFirst ? random.hex(32) : random.pick([...LIBRARIES, ...newest])
      if (isFirst) newest.push(library)
      libraries.set(workload.name, library)
    },
    renew: (server, issuer) => void issuers.set(server, issuer),
    rotateOwn: (issuer) => void (own = issuer),
  }
  return traffic
}

function serverOf(world: World, fleet: Fleet, random: Random, { to, isOutside }: Edge): string | undefined {
  if (isOutside) return random.pick(world.outside.get(to)?.addresses ?? [])
  const server = world.byName.get(to)
  const running = server === undefined ? [] : fleet.of(server)
  return running.length === 0 ? undefined : random.pick(running).address
}

function serviceOf(port: number): string | undefined {
  return { 80: 'http', 5432: 'postgresql', 6379: 'redis', 9090: 'http' }[port]
}

/** Whoever is new is talked to by those who were started after it. */
function isKnown(world: World, one: Instance, { to }: Edge): boolean {
  const launched = world.byName.get(to)?.launched ?? 0
  return launched === 0 || one.started >= world.start + launched
}

/** Names outside are asked for before one in so many connections. */
const ASKED = 0.25

/** Every edge of every workload, at its own pace. */
export function startTraffic(world: World, simulation: Simulation, fleet: Fleet, traffic: Traffic): void {
  for (const workload of world.workloads) {
    if (workload.role === 'cron' || workload.role === 'ci') continue
    for (const edge of workload.edges) {
      const random = randomOf(world.seed, 'edge', workload.name, edge.to)
      const next = (): void => {
        const busy = workload.rhythm(simulation.now)
        simulation.at(simulation.now + random.exponential(edge.every / Math.max(0.05, busy)), () => {
          const running = fleet.of(workload)
          const one = running.length === 0 ? undefined : random.pick(running)
          if (one !== undefined && isKnown(world, one, edge)) {
            if (edge.isOutside && random.chance(ASKED))
              traffic.ask(one.address, edge.to, 'A', world.outside.get(edge.to)?.addresses ?? [])
            traffic.usual(one, edge)
          }
          next()
        })
      }
      simulation.at(world.start + random.exponential(edge.every), next)
    }
  }
}

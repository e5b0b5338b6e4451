import { DAY, HOUR, MINUTE } from '../calendar.ts'
import { auditLine, deploymentObject } from '../records/kubernetes.ts'
import { randomOf, type Random } from '../random.ts'
import { STREAMS } from '../streams.ts'
import { OWN_ISSUER, type Edge, type Outside, type Workload } from '../world.ts'
import { crashLoop } from './failures.ts'
import { again, type Life } from './life.ts'
import { inWorkingHours } from './people.ts'

/** Who rolls out: the pipeline's own account. */
export const DEPLOYER = 'system:serviceaccount:gitops:deployer'

/**
 * Roll-outs in working hours: new digests and tags, new names and addresses of pods; some are watched for a while
 * before the other containers follow, some go wrong. Some bring a newer TLS library, a helper program that starts with
 * the container, somebody new to talk to, or something else to ask the API server for.
 */
export function startDeploys(life: Life): void {
  const { world, simulation, fleet } = life
  const sidecars = new Set<string>()
  for (const workload of world.workloads) {
    if (workload.role === 'cron' || workload.role === 'ci') continue
    const random = randomOf(world.seed, 'deploys', workload.name)
    again(
      simulation,
      world.start + 6 * HOUR,
      () => random.exponential(workload.deploys),
      (time) =>
        simulation.at(inWorkingHours(random, time), () => {
          if (fleet.of(workload).length === 0) return
          // a mesh, or a collector of logs, comes to one service after the other
          if (random.chance(0.003)) sidecars.add(workload.name)
          fleet.rollOut(workload, random.chance(0.2) ? random.between(20, 60) * MINUTE : 0)
          tellDeploy(life, workload, random, sidecars.has(workload.name))
          if (random.chance(0.06)) life.traffic.updateLibrary(workload, random.chance(0.05))
          if (random.chance(0.02)) newPeer(life, workload, random)
          if (random.chance(0.03)) newHelper(life, workload, random)
          if (random.chance(0.01)) newRequest(life, workload, random)
          if (random.chance(0.03)) goWrong(life, workload, random)
        }),
    )
  }
}

function tellDeploy(
  { simulation, fleet }: Life,
  workload: Workload,
  random: Random,
  hasSidecar: boolean,
): void {
  if (workload.host !== undefined) return
  const of = { workload, release: fleet.release(workload), node: '' }
  const object = deploymentObject(of, hasSidecar ? { containers: ['mesh-proxy'] } : {})
  simulation.write(
    STREAMS.audit,
    auditLine(simulation.now, random, {
      verb: 'patch',
      user: DEPLOYER,
      agent: 'argocd-application-controller/v3.1',
      resource: workload.role === 'database' ? 'statefulsets' : 'deployments',
      group: 'apps',
      namespace: workload.namespace,
      name: workload.name,
      asked: { spec: object['spec'] },
      answered: object,
    }),
  )
}

/** The image cannot be had, or the new version does not stay up; after a while it is rolled back. */
function goWrong(life: Life, workload: Workload, random: Random): void {
  const { simulation, fleet } = life
  const until = simulation.now + random.between(10, 60) * MINUTE
  if (workload.host === undefined && random.chance(0.5)) return fleet.pend(workload, until)
  simulation.at(simulation.now + MINUTE, () => {
    const one = fleet.of(workload).at(-1)
    if (one !== undefined) crashLoop(life, one, until)
  })
  simulation.at(until, () => {
    fleet.rollOut(workload)
    tellDeploy(life, workload, random, false)
  })
}

/** A feature that needs somebody else of ours, or a partner's service, from now on. */
function newPeer({ world, simulation, fleet, traffic }: Life, workload: Workload, random: Random): void {
  const edge = random.chance(0.5)
    ? edgeOutside(random, random.pick([...world.outside.values()]))
    : edgeInside(random, world.workloads, workload)
  if (edge === undefined) return
  again(
    simulation,
    simulation.now + 2 * MINUTE,
    () => random.exponential(edge.every),
    () => {
      const [one] = fleet.of(workload)
      if (one === undefined) return
      if (edge.isOutside) traffic.ask(one.address, edge.to, 'A', world.outside.get(edge.to)?.addresses ?? [])
      traffic.usual(one, edge)
    },
  )
}

function edgeOutside(random: Random, { name, port, issuer }: Outside): Edge {
  return { to: name, isOutside: true, port, tls: { versions: ['TLSv13'], issuer }, ...usageOf(random) }
}

/** Half of them of the same team. */
function edgeInside(random: Random, all: readonly Workload[], workload: Workload): Edge | undefined {
  const isNear = random.chance(0.5)
  const server = random.pick(
    all.filter(
      ({ port, name, namespace }) =>
        port > 0 && name !== workload.name && (namespace === workload.namespace) === isNear,
    ),
  )
  if (server === undefined) return undefined
  const { name, port } = server
  const tls = port === 8443 ? { versions: ['TLSv13'], issuer: OWN_ISSUER } : undefined
  return { to: name, isOutside: false, port, tls, ...usageOf(random) }
}

function usageOf(random: Random): Pick<Edge, 'sent' | 'received' | 'spread' | 'every'> {
  const [sent, received] = [random.logNormal(5_000, 0.5), random.logNormal(20_000, 0.5)]
  return { sent, received, spread: 0.4, every: random.logNormal(40 * MINUTE, 0.5) }
}

/** The new version migrates its data, or warms its caches, by a program of its own as it starts. */
function newHelper({ simulation, fleet }: Life, workload: Workload, random: Random): void {
  const program = `/app/bin/${random.pick(['migrate', 'warm-up', 'preload', 'seed-cache'])}-${random.hex(3)}`
  simulation.at(simulation.now + 5_000, () => {
    const one = fleet.of(workload).at(-1)
    if (one !== undefined) fleet.execute(one, program)
  })
}

/** The new version reads another secret of its own, or a ConfigMap, or elects a leader. */
function newRequest({ simulation, fleet }: Life, workload: Workload, random: Random): void {
  const { namespace, name, host } = workload
  if (host !== undefined) return
  const [verb, resource, group, of] = random.pick([
    ['get', 'secrets', undefined, `${name}-extra`],
    ['get', 'configmaps', undefined, `${name}-settings`],
    ['update', 'leases', 'coordination.k8s.io', name],
  ] as const)
  again(
    simulation,
    simulation.now + MINUTE,
    () => random.exponential(DAY / 4),
    () => {
      if (fleet.of(workload).length === 0) return
      const user = `system:serviceaccount:${namespace}:${name}`
      const asked = { verb, resource, namespace, name: of, ...(group !== undefined && { group }) }
      simulation.write(
        STREAMS.audit,
        auditLine(simulation.now, random, { user, agent: `${name}/2`, ...asked }),
      )
    },
  )
}

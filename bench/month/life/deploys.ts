import { auditLine, deploymentObject } from '../records/kubernetes.ts'
import { randomOf, type Random } from '../random.ts'
import { DAY, HOUR, MINUTE, START } from '../rhythm.ts'
import { STREAMS } from '../streams.ts'
import { OWN_ISSUER, type Edge, type Workload } from '../world.ts'
import { again, type Life } from './life.ts'

/** Who rolls out: the pipeline's own account. */
export const DEPLOYER = 'system:serviceaccount:gitops:deployer'

/**
 * Roll-outs in working hours: new digests and tags, new names and addresses of pods. Some bring a newer TLS library,
 * a helper program that starts with the container, or somebody new to talk to.
 */
export function startDeploys(life: Life): void {
  const { world, simulation, fleet } = life
  const sidecars = new Set<string>()
  for (const workload of world.workloads) {
    if (workload.role === 'cron' || workload.role === 'ci') continue
    const random = randomOf(world.seed, 'deploys', workload.name)
    again(
      simulation,
      START + 6 * HOUR,
      () => random.exponential(workload.deploys),
      (time) =>
        simulation.at(inWorkingHours(random, time), () => {
          if (fleet.of(workload).length === 0) return
          // a mesh, or a collector of logs, comes to one service after the other
          if (random.chance(0.003)) sidecars.add(workload.name)
          tellDeploy(life, workload, random, sidecars.has(workload.name))
          fleet.rollOut(workload)
          if (random.chance(0.06)) life.traffic.updateLibrary(workload)
          if (random.chance(0.02)) newPeer(life, workload, random)
          if (random.chance(0.03)) newHelper(life, workload, random)
        }),
    )
  }
}

/** The next working hour: people roll out when they can look after it. */
export function inWorkingHours(random: Random, time: number): number {
  let at = time
  while (isAway(at)) at += HOUR
  return at + random.between(0, 30 * MINUTE)
}

function isAway(time: number): boolean {
  const [day, hour] = [Math.floor((time - START) / DAY) % 7, (time % DAY) / HOUR]
  return day >= 5 || hour < 7 || hour >= 16
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

/** A feature that needs somebody else of ours, or a partner's service, from now on. */
function newPeer({ world, simulation, fleet, traffic }: Life, workload: Workload, random: Random): void {
  const isOutside = random.chance(0.5)
  const outside = random.pick([...world.outside.values()].filter(({ port }) => port === 443))
  const inside = random.pick(
    world.workloads.filter(
      ({ port, name, namespace }) =>
        port === 8443 && namespace === workload.namespace && name !== workload.name,
    ),
  )
  if (!isOutside && inside === undefined) return
  const edge: Edge = {
    to: isOutside ? outside.name : inside.name,
    isOutside,
    port: isOutside ? 443 : 8443,
    tls: { versions: ['TLSv13'], issuer: isOutside ? outside.issuer : OWN_ISSUER },
    sent: random.logNormal(5_000, 0.5),
    received: random.logNormal(20_000, 0.5),
    spread: 0.4,
    every: 40 * MINUTE,
  }
  again(
    simulation,
    simulation.now + 10 * MINUTE,
    () => random.exponential(edge.every),
    () => {
      const [one] = fleet.of(workload)
      if (one === undefined) return
      if (isOutside) traffic.ask(one.address, edge.to, 'A', outside.addresses)
      traffic.usual(one, edge)
    },
  )
}

/** The new version migrates its data, or warms its caches, by a program of its own as it starts. */
function newHelper({ simulation, fleet }: Life, workload: Workload, random: Random): void {
  const program = `/app/bin/${random.pick(['migrate', 'warm-up', 'preload', 'seed-cache'])}-${random.hex(3)}`
  simulation.at(simulation.now + 5_000, () => {
    const one = fleet.of(workload).at(-1)
    if (one !== undefined) fleet.execute(one, program)
  })
}

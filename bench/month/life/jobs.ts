import { randomOf, type Random } from '../random.ts'
import { auditLine } from '../records/kubernetes.ts'
import { DAY, HOUR, MINUTE } from '../calendar.ts'
import { STREAMS } from '../streams.ts'
import type { Workload } from '../world.ts'
import { again, type Life } from './life.ts'

/** Night jobs: each packs what it is there for and sends it to its store, much at once. */
export function startCron(life: Life): void {
  const { world, simulation, fleet, traffic } = life
  for (const workload of world.workloads.filter(({ role }) => role === 'cron')) {
    const random = randomOf(world.seed, 'cron', workload.name)
    const minute = random.between(0, 5 * 60) * MINUTE
    const bytes = random.logNormal(60_000_000, 0.5)
    for (let day = 0; day < 400; day += 1)
      simulation.at(world.start + day * DAY + minute + random.between(0, MINUTE), () => {
        const job = `${workload.name}-${29_000_000 + (Math.floor(simulation.now / MINUTE) % 1_000_000)}`
        const one = fleet.start(workload, { job })
        const programs = workload.programs.slice(1, 3)
        for (const [n, program] of programs.entries())
          simulation.at(one.started + (n + 1) * 20_000, () => fleet.execute(one, program, 'data', '/bin/sh'))
        const [edge] = workload.edges
        if (edge !== undefined)
          simulation.at(one.started + 3 * MINUTE, () =>
            traffic.usual(one, edge, { sent: bytes * random.logNormal(1, 0.1) }),
          )
        simulation.at(one.started + random.between(5, 25) * MINUTE, () => fleet.stop(one))
      })
  }
}

const TOOLS =
  'make gcc git node npm npx tsc go cargo rustc python3 pip pytest jest eslint docker-credential-helper helm kubectl jq yq curl sed awk tar gzip unzip cmake ninja protoc'.split(
    ' ',
  )

/** Pipelines: in working hours pod after pod, each with programs that nobody has seen before. */
export function startPipelines(life: Life): void {
  const { world, simulation, fleet, traffic } = life
  for (const workload of world.workloads.filter(({ role }) => role === 'ci')) {
    const random = randomOf(world.seed, 'ci', workload.name)
    again(
      simulation,
      world.start,
      () => random.exponential((25 * MINUTE) / Math.max(0.15, workload.rhythm(simulation.now))),
      () => {
        // a merge starts several at once
        const count = random.chance(0.15) ? 3 + random.below(5) : 1
        for (let n = 0; n < count; n += 1) runPipeline(life, workload, random)
      },
    )
  }

  function runPipeline(_life: Life, workload: Workload, random: Random): void {
    const one = fleet.start(workload, { job: `pipeline-${random.hex(6)}` })
    const end = one.started + random.logNormal(6 * MINUTE, 0.7)
    for (let n = 0; n < 4 + random.below(6); n += 1)
      simulation.at(random.between(one.started + 2_000, end), () => {
        const program = random.chance(0.25)
          ? `/builds/${random.hex(6)}/target/test-${random.hex(4)}`
          : `/usr/bin/${random.pick(TOOLS)}`
        fleet.execute(one, program, 'build', '/bin/sh')
      })
    for (const edge of workload.edges)
      simulation.at(random.between(one.started + 1_000, end), () => traffic.usual(one, edge))
    simulation.at(end, () => fleet.stop(one))
  }
}

/** More replicas in busy hours, fewer afterwards. */
export function startAutoscaling({ world, simulation, fleet }: Life): void {
  const scaled = world.workloads.filter(
    ({ replicas, host, role }) => replicas > 1 && host === undefined && role !== 'ci' && role !== 'cron',
  )
  const random = randomOf(world.seed, 'autoscaling')
  for (const workload of scaled)
    again(
      simulation,
      world.start + HOUR,
      () => random.between(20, 40) * MINUTE,
      () => {
        const wanted = workload.replicas + (workload.rhythm(simulation.now) > 1.1 ? 2 : 0)
        const running = fleet.of(workload)
        if (running.length < wanted) fleet.start(workload)
        const last = running.at(-1)
        if (running.length > wanted && last !== undefined) fleet.stop(last)
      },
    )
}

/** Controllers and workloads that ask the API server, as they do all day. */
export function startApiUse({ world, simulation, fleet }: Life): void {
  const random = randomOf(world.seed, 'api')
  const say = (request: Parameters<typeof auditLine>[2]): void =>
    simulation.write(STREAMS.audit, auditLine(simulation.now, random, request))
  const inCluster = world.workloads.filter(
    ({ host, role }) => host === undefined && role !== 'cron' && role !== 'ci',
  )
  for (const workload of inCluster) {
    const { namespace, name } = workload
    again(
      simulation,
      world.start + HOUR,
      () => random.exponential(9 * HOUR),
      () => {
        if (fleet.of(workload).length === 0) return
        const secret = random.pick(workload.secrets)
        const user = `system:serviceaccount:${namespace}:${name}`
        say({ verb: 'get', user, agent: `${name}/2`, resource: 'secrets', namespace, name: secret })
      },
    )
    // some keep state of theirs in a ConfigMap
    if (random.chance(0.12))
      again(
        simulation,
        world.start + HOUR,
        () => random.exponential(20 * MINUTE),
        () =>
          say({
            verb: 'patch',
            user: `system:serviceaccount:${namespace}:${name}`,
            agent: `${name}/2`,
            resource: 'configmaps',
            namespace,
            name: `${name}-state`,
            asked: { data: { offset: random.hex(12) } },
          }),
      )
  }
  for (const controller of ['deployment-controller', 'endpointslice-controller', 'generic-garbage-collector'])
    again(
      simulation,
      world.start,
      () => random.exponential(4 * MINUTE),
      () =>
        say({
          verb: random.pick(['get', 'list', 'update']),
          user: `system:serviceaccount:kube-system:${controller}`,
          agent: 'kube-controller-manager/v1.34',
          resource: random.pick(['endpoints', 'replicasets', 'services']),
          namespace: random.pick(world.workloads).namespace,
        }),
    )
}

import { instanceOf, releaseOf, type Instance, type Release } from './instance.ts'
import { randomOf, type Random } from './random.ts'
import { eventLine, inspectLine } from './records/docker.ts'
import { auditLine, podObject, type PodShape } from './records/kubernetes.ts'
import { execLine } from './records/tetragon.ts'
import { MINUTE, START } from './rhythm.ts'
import type { Simulation } from './simulation.ts'
import { engineStreamOf, STREAMS } from './streams.ts'
import type { Workload, World } from './world.ts'

/** What runs, and the records of its coming and going. */
export interface Fleet {
  of(workload: Workload): readonly Instance[]
  on(node: string): readonly Instance[]
  release(workload: Workload): Release
  /** Of the workload, on a machine of its choice. */
  start(workload: Workload, place?: Place): Instance
  stop(one: Instance): void
  /** A new image, and one container after the other replaced by one that runs it. */
  rollOut(workload: Workload): void
  /** A program started in a container. */
  execute(one: Instance, binary: string, args?: string, parent?: string): void
  /** From then until then the machine's sensor tells a share only of what is started. */
  muffle(node: string, from: number, until: number, share: number): void
}

interface Place {
  readonly node?: string
  /** The name of the Job, of a pod that runs once. */
  readonly job?: string
  readonly shape?: PodShape
}

export function createFleet(world: World, simulation: Simulation): Fleet {
  const random = randomOf(world.seed, 'fleet')
  const running = new Map<string, Instance[]>()
  const releases = new Map<string, { release: Release; number: number }>()
  let addresses = 0
  let pid = 5_000

  const releaseFor = (workload: Workload): Release => {
    const known = releases.get(workload.name)
    if (known !== undefined) return known.release
    const release = releaseOf(random, 1)
    releases.set(workload.name, { release, number: 1 })
    return release
  }
  const freeAddress = (): string => {
    // in turn, and each again after a long time: 10.64.0.0/12
    addresses = (addresses + 1) % 1_000_000
    return `10.${64 + (addresses >> 16)}.${(addresses >> 8) & 255}.${addresses & 255}`
  }
  const muffled: {
    readonly node: string
    readonly from: number
    readonly until: number
    readonly share: number
  }[] = []
  const isHeard = (node: string): boolean => {
    const { now } = simulation
    const found = muffled.find((one) => one.node === node && one.from <= now && now < one.until)
    return found === undefined || random.chance(found.share)
  }
  const fleet: Fleet = {
    of: ({ name }) => running.get(name) ?? [],
    on: (node) => [...running.values()].flat().filter((one) => one.node === node),
    release: releaseFor,
    muffle: (node, from, until, share) => void muffled.push({ node, from, until, share }),
    start(workload, { node, job, shape } = {}) {
      const started = simulation.now
      const on = node ?? workload.host ?? random.pick(world.nodes)
      const one = instanceOf(random, {
        workload,
        job,
        node: on,
        started,
        address: freeAddress(),
        release: releaseFor(workload),
      })
      running.set(workload.name, [...fleet.of(workload), one])
      tellStart(simulation, random, one, shape)
      simulation.at(started + 400, () => fleet.execute(one, workload.programs[0] ?? '/bin/sh', '', '/pause'))
      return one
    },
    stop(one) {
      const { workload, id } = one
      running.set(
        workload.name,
        fleet.of(workload).filter((other) => other.id !== id),
      )
      tellEnd(simulation, random, one)
    },
    rollOut(workload) {
      const number = (releases.get(workload.name)?.number ?? 1) + 1
      releases.set(workload.name, { release: releaseOf(random, number), number })
      for (const [n, old] of fleet.of(workload).entries())
        simulation.at(simulation.now + n * MINUTE, () => {
          if (!fleet.of(workload).includes(old)) return
          // a port of the host is one container's at a time; pods overlap
          if (workload.host === undefined) fleet.start(workload)
          fleet.stop(old)
          if (workload.host !== undefined) fleet.start(workload)
        })
    },
    execute(one, binary, args = '', parent = one.workload.programs[0] ?? '/bin/sh') {
      if (!isHeard(one.node)) return
      pid = 5_000 + ((pid - 4_998) % 4_000_000)
      const uid = one.workload.role === 'database' ? 999 : 1_000
      simulation.write(STREAMS.tetragon, execLine(simulation.now, one, { binary, args, parent, pid, uid }))
    },
  }
  return fleet
}

const CONTROLLERS: Readonly<Record<string, string>> = {
  cron: 'job-controller',
  ci: 'job-controller',
  database: 'statefulset-controller',
}

function tellStart(simulation: Simulation, random: Random, one: Instance, shape: PodShape | undefined): void {
  const { workload, name, node, address } = one
  const { now } = simulation
  if (workload.host !== undefined) {
    const volumes = shape?.volumes?.map(({ claim, path }) => ({ name: claim, path })) ?? dataVolume(workload)
    simulation.write(engineStreamOf(node), eventLine(now, 'create', one))
    simulation.write(engineStreamOf(node), inspectLine(now, one, volumes))
    simulation.write(engineStreamOf(node), eventLine(now, 'start', one))
    return
  }
  const { namespace } = workload
  const pod = podObject(one, shape)
  const controller = `system:serviceaccount:kube-system:${CONTROLLERS[workload.role] ?? 'replicaset-controller'}`
  const base = { resource: 'pods', namespace }
  simulation.write(
    STREAMS.audit,
    auditLine(now, random, { ...base, verb: 'create', user: controller, asked: pod, answered: pod }),
  )
  simulation.at(now + 300, () => {
    const status = { phase: 'Running', podIP: address, podIPs: [{ ip: address }] }
    simulation.write(
      STREAMS.audit,
      auditLine(simulation.now, random, {
        ...base,
        name,
        subresource: 'status',
        verb: 'patch',
        user: `system:node:${node}`,
        agent: 'kubelet/v1.34',
        asked: { status },
        answered: { ...pod, status },
      }),
    )
  })
}

function dataVolume({ name, role }: Workload): readonly { readonly name: string; readonly path: string }[] {
  return role === 'database' ? [{ name: `${name}-data`, path: '/var/lib/postgresql/data' }] : []
}

function tellEnd(simulation: Simulation, random: Random, one: Instance): void {
  const { workload, name, node } = one
  if (workload.host !== undefined) {
    for (const action of ['kill', 'die', 'destroy'])
      simulation.write(engineStreamOf(node), eventLine(simulation.now, action, one))
    return
  }
  const pod = podObject(one)
  simulation.write(
    STREAMS.audit,
    auditLine(simulation.now, random, {
      verb: 'delete',
      user: `system:node:${node}`,
      agent: 'kubelet/v1.34',
      resource: 'pods',
      namespace: workload.namespace,
      name,
      answered: { ...pod, metadata: { ...(pod['metadata'] as object), deletionGracePeriodSeconds: 0 } },
    }),
  )
}

/** Everything that runs at the beginning of the month, within its first minutes. */
export function startAll(world: World, simulation: Simulation, fleet: Fleet): void {
  for (const [n, workload] of world.workloads.entries()) {
    if (workload.role === 'cron' || workload.role === 'ci') continue
    simulation.at(START + workload.launched + n * 1_000, () => {
      for (let replica = 0; replica < workload.replicas; replica += 1) fleet.start(workload)
    })
  }
}

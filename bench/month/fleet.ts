import { instanceOf, releaseOf, type Instance, type Release } from './instance.ts'
import { randomOf, type Random } from './random.ts'
import { eventLine, inspectLine } from './records/docker.ts'
import { auditLine, podObject, type PodShape } from './records/kubernetes.ts'
import { execLine } from './records/tetragon.ts'
import { MINUTE } from './calendar.ts'
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
  /** Its process ended, and is started anew in the same place. */
  restart(one: Instance): void
  /**
   * A new image, and one container after the other replaced by one that runs it; after the first of them, people look
   * for so long whether it does well.
   */
  rollOut(workload: Workload, watched?: number): void
  /** The same image, in new containers: how people restart what hangs. */
  replace(workload: Workload): void
  /** A pod whose image cannot be had: it is there, and nothing runs. */
  pend(workload: Workload, until: number): void
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
  const replaceOne = (old: Instance): void => {
    const { workload } = old
    const isThere = fleet
      .of(workload)
      .some(({ name, started }) => name === old.name && started >= old.started)
    if (!isThere) return
    // a port of the host is one container's at a time; pods overlap
    if (workload.host === undefined) fleet.start(workload)
    fleet.stop(fleet.of(workload).find(({ name }) => name === old.name) ?? old)
    if (workload.host !== undefined) fleet.start(workload)
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
    restart(one) {
      const started = simulation.now
      const { workload } = one
      const used = { cpu: 0, writes: 0, sent: 0, received: 0, asked: started }
      // an engine starts the same container again, a kubelet makes another in the same pod
      const anew: Instance = {
        ...one,
        started,
        used,
        ...(workload.host === undefined && { id: random.hex(64) }),
      }
      running.set(
        workload.name,
        fleet.of(workload).map((other) => (other.id === one.id ? anew : other)),
      )
      if (workload.host !== undefined)
        for (const action of ['die', 'start'])
          simulation.write(engineStreamOf(one.node), eventLine(started, action, anew))
      simulation.at(started + 400, () => fleet.execute(anew, workload.programs[0] ?? '/bin/sh', '', '/pause'))
    },
    rollOut(workload, watched = 0) {
      const number = (releases.get(workload.name)?.number ?? 1) + 1
      releases.set(workload.name, { release: releaseOf(random, number), number })
      for (const [n, old] of fleet.of(workload).entries())
        simulation.at(simulation.now + n * MINUTE + (n === 0 ? 0 : watched), () => replaceOne(old))
    },
    replace(workload) {
      for (const [n, old] of fleet.of(workload).entries())
        simulation.at(simulation.now + n * MINUTE, () => replaceOne(old))
    },
    pend(workload, until) {
      const one = instanceOf(random, {
        workload,
        node: random.pick(world.nodes),
        started: simulation.now,
        address: '',
        release: releaseFor(workload),
      })
      tellMade(simulation, random, one)
      simulation.at(until, () => tellEnd(simulation, random, one))
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
  const base = { resource: 'pods', namespace: workload.namespace }
  const pod = tellMade(simulation, random, one, shape)
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

/** A controller makes the pod. */
function tellMade(
  simulation: Simulation,
  random: Random,
  one: Instance,
  shape?: PodShape,
): Readonly<Record<string, unknown>> {
  const { namespace, role } = one.workload
  const pod = podObject(one, shape)
  simulation.write(
    STREAMS.audit,
    auditLine(simulation.now, random, {
      verb: 'create',
      user: `system:serviceaccount:kube-system:${CONTROLLERS[role] ?? 'replicaset-controller'}`,
      resource: 'pods',
      namespace,
      asked: pod,
      answered: pod,
    }),
  )
  return pod
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
    simulation.at(world.start + workload.launched + n * 1_000, () => {
      for (let replica = 0; replica < workload.replicas; replica += 1) fleet.start(workload)
    })
  }
}

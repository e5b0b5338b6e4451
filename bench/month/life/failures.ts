import type { Instance } from '../instance.ts'
import { DAY, HOUR, MINUTE } from '../calendar.ts'
import { randomOf, type Random } from '../random.ts'
import { auditLine } from '../records/kubernetes.ts'
import { STREAMS } from '../streams.ts'
import { again, type Life } from './life.ts'
import { inWorkingHours, OPERATORS } from './people.ts'

/** Nodes that fail, and all of them that are renewed once; containers that crash, alone or again and again. */
export function startFailures(life: Life): void {
  const { world, simulation, fleet, metering } = life
  const random = randomOf(world.seed, 'failures')
  again(
    simulation,
    world.start + DAY,
    () => random.exponential(8 * DAY),
    (time) => {
      const node = random.pick(world.nodes)
      const back = time + random.between(5, 40) * MINUTE
      // a node that is gone tells nothing until it is back
      metering.silent(node, time, back)
      moveAway(life, node, random, 'node-controller')
      fillAgain(life, node, back, random)
    },
  )
  startUpgrade(life)
  const mayCrash = (): Instance | undefined => {
    const workload = random.pick(world.workloads)
    return workload.role === 'ci' || workload.role === 'cron' ? undefined : fleet.of(workload).at(-1)
  }
  again(
    simulation,
    world.start + HOUR,
    () => random.exponential(5 * HOUR),
    () => {
      const one = mayCrash()
      if (one !== undefined) fleet.restart(one)
    },
  )
  // something that it needs is not there: it starts, ends, waits longer each time, for an hour or two
  again(
    simulation,
    world.start + HOUR,
    () => random.exponential(2 * DAY),
    () => {
      const one = mayCrash()
      if (one !== undefined) crashLoop(life, one, simulation.now + random.between(0.3, 2) * HOUR)
    },
  )
}

/** What crashes is started anew after 10 s, 20 s, 40 s … five minutes. */
export function crashLoop({ simulation, fleet }: Life, { workload, name }: Instance, until: number): void {
  const again = (wait: number): void => {
    const one = fleet.of(workload).find((other) => other.name === name)
    if (one === undefined || simulation.now >= until) return
    fleet.restart(one)
    simulation.at(simulation.now + wait + 5_000, () => again(Math.min(2 * wait, 5 * MINUTE)))
  }
  again(10_000)
}

/** Once a month the machines get a new version, one after the other; Docker's hosts are started anew. */
function startUpgrade(life: Life): void {
  const { world, simulation, fleet, metering } = life
  const random = randomOf(world.seed, 'upgrade')
  const begin = inWorkingHours(random, world.start + random.between(2, 28) * DAY)
  const operator = random.pick(OPERATORS)
  for (const [n, node] of world.nodes.entries())
    simulation.at(begin + n * 15 * MINUTE, () => {
      const { now } = simulation
      moveAway(life, node, random, operator)
      metering.silent(node, now + 2 * MINUTE, now + 8 * MINUTE)
      fillAgain(life, node, now + 10 * MINUTE, random)
    })
  for (const [n, host] of world.hosts.entries())
    simulation.at(begin + DAY + n * 20 * MINUTE, () => {
      metering.silent(host, simulation.now, simulation.now + 3 * MINUTE)
      for (const one of fleet.on(host)) simulation.at(simulation.now + 3 * MINUTE, () => fleet.restart(one))
    })
}

/** What ran there starts anew elsewhere: evicted by who empties the machine, or removed by a controller. */
function moveAway({ world, simulation, fleet }: Life, node: string, random: Random, by: string): void {
  const others = world.nodes.filter((other) => other !== node)
  const isDrained = OPERATORS.includes(by)
  for (const one of fleet.on(node)) {
    const { name, workload } = one
    if (workload.role === 'ci' || workload.role === 'cron') continue
    const base = { resource: 'pods', namespace: workload.namespace, name }
    simulation.write(
      STREAMS.audit,
      auditLine(
        simulation.now,
        random,
        isDrained
          ? { ...base, verb: 'create', subresource: 'eviction', user: by, agent: 'kubectl/v1.34' }
          : { ...base, verb: 'delete', user: `system:serviceaccount:kube-system:${by}` },
      ),
    )
    fleet.stop(one)
    simulation.at(simulation.now + random.between(1, 60) * 1_000, () => {
      fleet.start(workload, { node: random.pick(others) })
    })
  }
}

function fillAgain(life: Life, node: string, back: number, random: Random): void {
  for (let hour = 0; hour < 3; hour += 1)
    life.simulation.at(back + hour * 20 * MINUTE, () => rebalance(life, node, random))
}

/** Some pods of the other nodes are moved to one that is empty, as a descheduler does. */
function rebalance({ world, simulation, fleet }: Life, node: string, random: Random): void {
  const others = world.nodes.filter((other) => other !== node).flatMap((other) => fleet.on(other))
  const movable = others.filter(({ workload }) => workload.role !== 'ci' && workload.role !== 'cron')
  const fair = movable.length / world.nodes.length
  for (const one of random.some(movable, Math.ceil(fair / 3))) {
    const { workload, name } = one
    const evicted = { resource: 'pods', namespace: workload.namespace, name, subresource: 'eviction' }
    simulation.write(
      STREAMS.audit,
      auditLine(simulation.now, random, {
        ...evicted,
        verb: 'create',
        user: 'system:serviceaccount:kube-system:descheduler',
        agent: 'descheduler/v0.34',
      }),
    )
    fleet.start(workload, { node })
    simulation.at(simulation.now + 30_000, () => {
      const there = fleet.of(workload).find((other) => other.name === name)
      if (there !== undefined) fleet.stop(there)
    })
  }
}

import { randomOf, type Random } from '../random.ts'
import { DAY, HOUR, MINUTE, START } from '../rhythm.ts'
import { again, type Life } from './life.ts'

/** Nodes that fail or are drained; containers that crash and come again by themselves. */
export function startFailures(life: Life): void {
  const { world, simulation, fleet, metering } = life
  const random = randomOf(world.seed, 'failures')
  again(
    simulation,
    START + DAY,
    () => random.exponential(8 * DAY),
    (time) => {
      const node = random.pick(world.nodes)
      const back = time + random.between(5, 40) * MINUTE
      // a node that is gone tells nothing until it is back
      metering.silent(node, time, back)
      moveAway(life, node, random)
      for (let hour = 0; hour < 3; hour += 1)
        simulation.at(back + hour * 20 * MINUTE, () => rebalance(life, node, random))
    },
  )
  again(
    simulation,
    START + HOUR,
    () => random.exponential(5 * HOUR),
    () => {
      const workload = random.pick(world.workloads)
      const one = workload.role === 'ci' || workload.role === 'cron' ? undefined : fleet.of(workload).at(-1)
      if (one === undefined) return
      fleet.stop(one)
      simulation.at(simulation.now + 2_000, () => {
        fleet.start(workload, { node: one.node })
      })
    },
  )
}

/** What ran there starts anew elsewhere. */
function moveAway({ world, simulation, fleet }: Life, node: string, random: Random): void {
  const others = world.nodes.filter((other) => other !== node)
  for (const one of fleet.on(node)) {
    if (one.workload.role === 'ci' || one.workload.role === 'cron') continue
    fleet.stop(one)
    simulation.at(simulation.now + random.between(1, 60) * 1_000, () => {
      fleet.start(one.workload, { node: random.pick(others) })
    })
  }
}

/** Some pods of the other nodes are moved to one that is empty, as a descheduler does. */
function rebalance({ world, simulation, fleet }: Life, node: string, random: Random): void {
  const others = world.nodes.filter((other) => other !== node).flatMap((other) => fleet.on(other))
  const movable = others.filter(({ workload }) => workload.role !== 'ci' && workload.role !== 'cron')
  const fair = movable.length / world.nodes.length
  for (const one of random.some(movable, Math.ceil(fair / 3))) {
    fleet.start(one.workload, { node })
    simulation.at(simulation.now + 30_000, () => {
      if (fleet.of(one.workload).includes(one)) fleet.stop(one)
    })
  }
}

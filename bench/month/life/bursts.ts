import { DAY, localTime, MINUTE } from '../calendar.ts'
import { randomOf } from '../random.ts'
import { again, type Life } from './life.ts'

/** Something fails again and again, and a workload that logs into files writes it all down. */
export function startLogBursts({ world, simulation, metering }: Life): void {
  for (const workload of world.workloads) {
    if (!workload.isLogging || workload.role === 'cron' || workload.role === 'ci') continue
    const random = randomOf(world.seed, 'logs', workload.name)
    again(
      simulation,
      world.start,
      () => random.exponential(60 * DAY),
      (from) => {
        const much = workload.usage.writes * random.between(5, 40)
        metering.instead(workload, 'writes', from, from + random.between(10, 40) * MINUTE, much)
      },
    )
  }
}

/** Who closes the books. */
const CLOSING: readonly string[] = ['billing', 'ledger']

/** At the end of a month some workloads count everything once more, in the nights around it, and send what they found. */
export function startClosing({ world, simulation, fleet, traffic, metering }: Life): void {
  for (const workload of world.workloads) {
    const random = randomOf(world.seed, 'closing', workload.name)
    const { role, usage, namespace } = workload
    if (!CLOSING.includes(namespace) || role === 'cron' || !random.chance(0.2)) continue
    const minutes = random.between(60, 240)
    const factor = random.between(2, 5)
    const size = random.logNormal(15_000_000, 0.6)
    for (let day = 0; day < 400; day += 1) {
      const from = world.start + day * DAY + random.between(20, 26) * 60 * MINUTE
      if (![1, 2].includes(new Date(localTime(from)).getUTCDate())) continue
      metering.instead(workload, 'cpu', from, from + minutes * MINUTE, usage.cpu * factor)
      const edge = workload.edges.find(({ isOutside }) => isOutside) ?? workload.edges[0]
      if (edge === undefined) continue
      simulation.at(from + minutes * MINUTE, () => {
        const one = fleet.of(workload).at(-1)
        if (one !== undefined) traffic.usual(one, edge, { sent: size * random.logNormal(1, 0.2) })
      })
    }
  }
}

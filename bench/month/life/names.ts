import { DAY, MINUTE } from '../calendar.ts'
import { randomOf } from '../random.ts'
import { again, type Life } from './life.ts'

/** What filters mail asks lists of senders for hashes of what it read, and for keys: long names, answered by text. */
export function startNames({ world, simulation, fleet, traffic }: Life): void {
  const filter = world.workloads.find(({ namespace, role }) => namespace === 'mail' && role === 'worker')
  if (filter === undefined) return
  const random = randomOf(world.seed, 'names')
  again(
    simulation,
    world.start,
    () => random.exponential(DAY / 4 / Math.max(0.2, filter.rhythm(simulation.now))),
    (from) => {
      const minutes = random.between(2, 12)
      const each = random.between(5, 50)
      for (let n = 0; n < minutes * each; n += 1)
        simulation.at(from + random.between(0, minutes) * MINUTE, () => {
          const [one] = fleet.of(filter)
          if (one === undefined) return
          if (random.chance(0.5)) traffic.ask(one.address, `${random.hex(32)}.hashes.lists.example`, 'A', [])
          else traffic.ask(one.address, `k${random.below(9)}._domainkey.${random.hex(6)}.example`, 'TXT', [])
        })
    },
  )
}

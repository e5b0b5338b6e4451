import { DAY, HOUR, MINUTE } from '../calendar.ts'
import { randomOf } from '../random.ts'
import type { Life } from './life.ts'

/** Most databases are dumped every night to a store outside, and on Sundays with all that lies beside them. */
export function startBackups({ world, simulation, fleet, traffic }: Life): void {
  for (const workload of world.workloads.filter(({ role }) => role === 'database')) {
    const random = randomOf(world.seed, 'backup', workload.name)
    const edge = workload.edges.find(({ isOutside }) => isOutside)
    if (edge === undefined || random.chance(0.4)) continue
    const at = random.between(0, 4 * HOUR)
    const size = random.logNormal(25_000_000, 0.7)
    for (let day = 0; day < 400; day += 1) {
      const time = world.start + day * DAY + at + random.between(0, 2 * MINUTE)
      const share = new Date(time).getUTCDay() === 0 ? 4 : 1
      simulation.at(time, () => {
        const [one] = fleet.of(workload)
        if (one === undefined) return
        fleet.execute(one, '/bin/sh', '-c /opt/backup.sh', '/usr/bin/crond')
        fleet.execute(one, '/usr/bin/pg_dump', '-Fc app', '/bin/sh')
        fleet.execute(one, '/usr/bin/gzip', '', '/bin/sh')
        traffic.usual(one, edge, { sent: share * size * random.logNormal(1, 0.05) })
      })
    }
  }
}

import { HOUR, MINUTE } from '../calendar.ts'
import { randomOf } from '../random.ts'
import type { Workload } from '../world.ts'
import { again, type Life } from './life.ts'

const METRICS_PORT = 9_100
const LOOKED = 2 * MINUTE
/** A connection is kept for some hours: what is asked over it every half a minute is no record of its own. */
const KEPT = 6 * HOUR

/** Asks every container how it does: the new ones at once, and all of them again after it was started itself. */
export function startMonitoring(life: Life, monitor: Workload | undefined): void {
  if (monitor === undefined) return
  const { world, simulation, fleet, traffic } = life
  const random = randomOf(world.seed, 'monitoring')
  let by = ''
  let connected = new Set<string>()
  again(
    simulation,
    world.start + 10 * MINUTE,
    () => LOOKED,
    () => {
      const [one] = fleet.of(monitor)
      if (one === undefined) return
      if (one.address !== by) connected = new Set()
      by = one.address
      const there = new Set<string>()
      for (const workload of world.workloads) {
        if (workload === monitor || workload.role === 'ci' || workload.role === 'cron') continue
        for (const { address, started } of fleet.of(workload)) {
          if (simulation.now - started < LOOKED) continue
          there.add(address)
          if (connected.has(address) && !random.chance(LOOKED / KEPT)) continue
          simulation.at(simulation.now + random.between(0, LOOKED), () =>
            traffic.connect({
              client: one.address,
              server: address,
              port: METRICS_PORT,
              service: 'http',
              sent: random.logNormal(90_000, 0.3),
              received: random.logNormal(4_000_000, 0.3),
              duration: random.exponential(KEPT / 1_000),
            }),
          )
        }
      }
      connected = there
    },
  )
}

import { HOUR, MINUTE } from '../calendar.ts'
import { randomOf } from '../random.ts'
import { again, type Life } from './life.ts'

/** In reality every ten seconds: one of thirty is in the month. */
const PROBED = 5 * MINUTE

/** Programs that workloads start by themselves: helpers, probes, the rotation of logs; half of them by a shell. */
export function startPrograms({ world, simulation, fleet }: Life): void {
  for (const workload of world.workloads) {
    if (workload.role === 'cron' || workload.role === 'ci') continue
    const random = randomOf(world.seed, 'programs', workload.name)
    const { isScripted } = workload
    if (workload.isProbed)
      again(
        simulation,
        world.start + random.between(0, PROBED),
        () => PROBED,
        () => {
          for (const one of fleet.of(workload))
            if (isScripted) fleet.execute(one, '/bin/sh', '-c "exec health-probe"', '/pause')
            else fleet.execute(one, '/bin/health-probe', '', '/pause')
        },
      )
    const every = random.logNormal(1.4 * HOUR, 0.5)
    const helpers = workload.programs.slice(1)
    again(
      simulation,
      world.start,
      () => random.exponential(every),
      () => {
        const running = fleet.of(workload)
        if (running.length === 0 || helpers.length === 0) return
        // the last of them is needed once or twice a week
        const helper =
          (random.chance(0.03) ? helpers.at(-1) : helpers[random.below(Math.max(1, helpers.length - 1))]) ??
          '/usr/bin/date'
        const one = random.pick(running)
        if (isScripted) {
          fleet.execute(one, '/bin/sh', `-c "${helper}"`, '/usr/bin/tini')
          fleet.execute(one, helper, '', '/bin/sh')
        } else fleet.execute(one, helper, '', '/usr/bin/tini')
      },
    )
  }
}

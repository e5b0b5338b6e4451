import { randomOf } from '../random.ts'
import { DAY, START } from '../rhythm.ts'
import { ISSUERS } from '../world.ts'
import { again, type Life } from './life.ts'

/** Servers outside renew their certificates; now and then another of the public issuers signs the new one. */
export function startRenewals({ world, simulation, traffic }: Life): void {
  const random = randomOf(world.seed, 'renewals')
  again(
    simulation,
    START,
    () => random.exponential(12 * DAY),
    () => traffic.renew(random.pick([...world.outside.keys()]), random.pick(ISSUERS)),
  )
}

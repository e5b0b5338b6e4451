import { DAY } from '../calendar.ts'
import { randomOf } from '../random.ts'
import { ISSUERS } from '../world.ts'
import { again, type Life } from './life.ts'

/**
 * Servers outside renew their certificates; now and then another of the public issuers signs the new one, and once in
 * two months one that nobody here has seen. Our own authority gets a new name about twice a year.
 */
export function startRenewals({ world, simulation, traffic }: Life): void {
  const random = randomOf(world.seed, 'renewals')
  again(
    simulation,
    world.start,
    () => random.exponential(6 * DAY),
    () => {
      const issuer = random.chance(0.1)
        ? `CN=Public TLS ${random.hex(2).toUpperCase()},O=Another Trust,C=US`
        : random.pick(ISSUERS)
      traffic.renew(random.pick([...world.outside.keys()]), issuer)
    },
  )
  again(
    simulation,
    world.start,
    () => random.exponential(180 * DAY),
    () => traffic.rotateOwn(`CN=cluster-ca-${random.hex(2)},O=corp.example`),
  )
}

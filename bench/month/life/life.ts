import type { Fleet } from '../fleet.ts'
import type { Simulation } from '../simulation.ts'
import type { World } from '../world.ts'
import type { Traffic } from './traffic.ts'
import type { Metering } from './usage.ts'

/** What everyday life, and what is planted into it, acts upon. */
export interface Life {
  readonly world: World
  readonly simulation: Simulation
  readonly fleet: Fleet
  readonly traffic: Traffic
  readonly metering: Metering
}

/** Does it again and again, after waits that are asked for each time; the first one from `from` on. */
export function again(
  { at }: Simulation,
  from: number,
  wait: () => number,
  happens: (time: number) => void,
): void {
  const next = (time: number): void => {
    const then = time + wait()
    at(then, () => {
      happens(then)
      next(then)
    })
  }
  next(from)
}

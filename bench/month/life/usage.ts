import type { Fleet } from '../fleet.ts'
import type { Instance } from '../instance.ts'
import { randomOf } from '../random.ts'
import { cadvisorLines, statsLine } from '../records/metrics.ts'
import { DAY, MINUTE } from '../calendar.ts'
import type { Simulation } from '../simulation.ts'
import { STREAMS } from '../streams.ts'
import type { Workload, World } from '../world.ts'

/** How often each machine is asked. */
export const SCRAPE = 10 * MINUTE

export type Resource = 'cpu' | 'memory' | 'writes'

/** What containers use, as their machines tell it when they are asked. */
export interface Metering {
  /** From then until then the workload uses so much instead: `value` of a resource, in its unit (a second, for counters). */
  instead(workload: Workload, resource: Resource, from: number, until: number, value: number): void
  /** The machine is not asked, or does not answer. */
  silent(node: string, from: number, until: number): void
  /** The median of what one container of the workload uses at a time. */
  median(workload: Workload, resource: Resource, time: number): number
}

interface Override {
  readonly resource: Resource
  readonly from: number
  readonly until: number
  readonly value: number
}

export function startUsage(world: World, simulation: Simulation, fleet: Fleet): Metering {
  const random = randomOf(world.seed, 'usage')
  const overrides = new Map<string, Override[]>()
  const silences = new Map<string, { readonly from: number; readonly until: number }[]>()

  const median: Metering['median'] = ({ usage, rhythm }, resource, time) =>
    resource === 'memory'
      ? usage.memory * (0.85 + 0.15 * rhythm(time))
      : (resource === 'cpu' ? usage.cpu : usage.writes) * rhythm(time)
  const used = (one: Instance, resource: Resource): number => {
    const { now } = simulation
    const { workload, started } = one
    const found = overrides
      .get(workload.name)
      ?.find((each) => each.resource === resource && each.from <= now && now < each.until)
    const spread = resource === 'memory' ? workload.usage.spread / 4 : workload.usage.spread
    const leaked = resource === 'memory' ? 1 + (workload.leak * (now - started)) / DAY : 1
    const usual = median(workload, resource, now) * leaked * random.logNormal(1, spread)
    // caches are filled and code is compiled at the start; collectors and compactions come at random, briefly
    const warm = resource !== 'memory' && now - started < 12 * MINUTE ? random.between(1.5, 4) : 1
    const burst = resource !== 'memory' && random.chance(0.002) ? random.between(2, 6) : 1
    return (found?.value ?? usual * warm) * (found === undefined ? burst : random.logNormal(1, 0.03))
  }
  const measure = (one: Instance): void => {
    const { now } = simulation
    const { used: total } = one
    const passed = (now - total.asked) / 1_000
    const before = { cpu: total.cpu, time: total.asked }
    total.cpu += used(one, 'cpu') * passed
    total.writes += used(one, 'writes') * passed
    total.asked = now
    const memory = used(one, 'memory')
    const { processes } = one.workload.usage
    const measured = { ...total, memory, processes, before }
    if (one.workload.host === undefined)
      for (const line of cadvisorLines(now, one, measured)) simulation.write(STREAMS.cadvisor, line)
    else simulation.write(STREAMS.stats, statsLine(now, one, measured))
  }
  for (const node of [...world.nodes, ...world.hosts]) {
    const ask = (): void => {
      const { now } = simulation
      const isSilent = silences.get(node)?.some(({ from, until }) => from <= now && now < until) === true
      if (!isSilent) for (const one of fleet.on(node)) if (now > one.started) measure(one)
      simulation.at(now + SCRAPE, ask)
    }
    simulation.at(world.start + random.between(0, SCRAPE), ask)
  }
  return {
    instead(workload, resource, from, until, value) {
      const known = overrides.get(workload.name) ?? []
      overrides.set(workload.name, [...known, { resource, from, until, value }])
    },
    silent(node, from, until) {
      silences.set(node, [...(silences.get(node) ?? []), { from, until }])
    },
    median,
  }
}

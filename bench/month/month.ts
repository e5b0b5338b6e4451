import { createFleet, startAll } from './fleet.ts'
import { startBackups } from './life/backups.ts'
import { startClosing, startLogBursts } from './life/bursts.ts'
import { startRenewals } from './life/certificates.ts'
import { startDeploys } from './life/deploys.ts'
import { startApiUse, startAutoscaling, startCron, startPipelines } from './life/jobs.ts'
import { startFailures } from './life/failures.ts'
import { startMonitoring } from './life/monitoring.ts'
import { startNames } from './life/names.ts'
import { startLoadTests, startPeople } from './life/people.ts'
import { startPrograms } from './life/programs.ts'
import { createTraffic, startTraffic } from './life/traffic.ts'
import { startUsage } from './life/usage.ts'
import { plant, type Planted } from './planted/planted.ts'
import { DAY, START } from './calendar.ts'
import { createSimulation, type MonthLine } from './simulation.ts'
import { createWorld, type World } from './world.ts'

export interface MonthOptions {
  readonly seed: number
  /** 00:00 UTC of its first day, ms since the epoch; `START` unless told. */
  readonly start?: number
  readonly workloads: number
  readonly days: number
  /** How many anomalies are planted; none are before `learning` days are over. */
  readonly anomalies: number
  readonly learning: number
}

/** A month of telemetry, and what is wrong in it. */
export interface Month {
  readonly world: World
  /** ms since the epoch. */
  readonly start: number
  readonly end: number
  /** Nothing is planted before, ms since the epoch. */
  readonly learned: number
  readonly planted: readonly Planted[]
  /** In the order of time, made as they are asked for; once. */
  readonly lines: Iterable<MonthLine>
}

export function generateMonth({
  seed,
  start = START,
  workloads,
  days,
  anomalies,
  learning,
}: MonthOptions): Month {
  const world = createWorld(seed, workloads, start)
  const simulation = createSimulation(start)
  const fleet = createFleet(world, simulation)
  const traffic = createTraffic(world, simulation, fleet)
  startAll(world, simulation, fleet)
  const metering = startUsage(world, simulation, fleet)
  const life = { world, simulation, fleet, traffic, metering }
  startTraffic(world, simulation, fleet, traffic)
  startPrograms(life)
  startDeploys(life)
  startCron(life)
  startPipelines(life)
  startAutoscaling(life)
  startFailures(life)
  startApiUse(life)
  startPeople(life)
  startLoadTests(life)
  startRenewals(life)
  startBackups(life)
  startClosing(life)
  startLogBursts(life)
  startNames(life)
  startMonitoring(life, world.monitor)
  const [learned, end] = [start + learning * DAY, start + days * DAY]
  const planted = plant(life, { count: anomalies, from: learned, until: end })
  return { world, start, end, learned, planted, lines: simulation.run(end) }
}

import { randomOf } from '../random.ts'
import { auditLine } from '../records/kubernetes.ts'
import { DAY, HOUR, MINUTE, START } from '../rhythm.ts'
import { STREAMS } from '../streams.ts'
import { inWorkingHours } from './deploys.ts'
import { again, type Life } from './life.ts'

/** Who mends things by hand, now and then. */
export const OPERATORS = ['ana@corp.example', 'bo@corp.example', 'chen@corp.example']

const TOOLS = [
  '/usr/bin/ls',
  '/usr/bin/ps',
  '/usr/bin/cat',
  '/usr/bin/top',
  '/usr/bin/env',
  '/usr/bin/df',
  '/usr/bin/tail',
]

/** People look into a container a few times a week, with what is there: a shell, and what one looks around with. */
export function startPeople({ world, simulation, fleet }: Life): void {
  const random = randomOf(world.seed, 'people')
  // what breaks is what broke before
  const known = random.some(
    world.workloads.filter(({ role }) => role !== 'ci' && role !== 'cron'),
    Math.ceil(world.workloads.length / 12),
  )
  again(
    simulation,
    START + DAY / 2,
    () => random.exponential(1.2 * DAY),
    (time) =>
      simulation.at(inWorkingHours(random, time), () => {
        const workload = random.chance(0.8) ? random.pick(known) : random.pick(world.workloads)
        const one = fleet.of(workload).at(-1)
        if (one === undefined) return
        if (workload.host === undefined)
          simulation.write(
            STREAMS.audit,
            auditLine(simulation.now, random, {
              verb: 'get',
              code: 101,
              user: random.pick(OPERATORS),
              agent: 'kubectl/v1.34',
              source: '10.9.0.4',
              resource: 'pods',
              subresource: 'exec',
              namespace: workload.namespace,
              name: one.name,
              query: 'command=sh&container=main&stdin=true&stdout=true&tty=true',
            }),
          )
        simulation.at(simulation.now + 200, () => fleet.execute(one, '/bin/sh', '', '/pause'))
        for (const tool of random.some(TOOLS, 1 + random.below(4)))
          simulation.at(simulation.now + random.between(5_000, 10 * MINUTE), () =>
            fleet.execute(one, tool, '', '/bin/sh'),
          )
      }),
  )
}

/** Twice a month somebody drives a service hard, to see what it can take. */
export function startLoadTests({ world, simulation, metering }: Life): void {
  const random = randomOf(world.seed, 'load')
  const servers = world.workloads.filter(({ role }) => role === 'web' || role === 'api')
  again(
    simulation,
    START,
    () => random.exponential(14 * DAY),
    (time) => {
      const workload = random.pick(servers)
      const from = inWorkingHours(random, time)
      metering.instead(workload, 'cpu', from, from + HOUR, workload.usage.cpu * random.between(2, 5))
    },
  )
}

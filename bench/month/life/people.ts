import { DAY, HOUR, isWeekend, localHour, MINUTE } from '../calendar.ts'
import { randomOf, type Random } from '../random.ts'
import { eventLine } from '../records/docker.ts'
import { auditLine } from '../records/kubernetes.ts'
import { engineStreamOf, STREAMS } from '../streams.ts'
import type { Workload } from '../world.ts'
import { again, type Life } from './life.ts'

/** Who mends things by hand, now and then. */
export const OPERATORS = ['ana@corp.example', 'bo@corp.example', 'chen@corp.example']

/** What one looks around with: those at the front in almost every session, those at the end once in a year. */
const TOOLS =
  'ls ps cat top env df tail grep du head find curl less nslookup free netstat vi getent jq mount uptime wget dig pgrep strace'.split(
    ' ',
  )

/** The next working hour: people roll out and look into things when others are there. */
export function inWorkingHours(random: Random, time: number): number {
  let at = time
  while (isAway(at)) at += HOUR
  return at + random.between(0, 30 * MINUTE)
}

function isAway(time: number): boolean {
  const hour = localHour(time)
  return isWeekend(time) || hour < 8 || hour >= 17
}

/** People look into containers, with what is there; mostly by day, and into what broke before. */
export function startPeople(life: Life): void {
  const { world, simulation, fleet } = life
  const random = randomOf(world.seed, 'people')
  const services = world.workloads.filter(({ role }) => role !== 'ci' && role !== 'cron')
  const known = random.some(services, Math.ceil(world.workloads.length / 12))
  const choose = (): Workload => (random.chance(0.75) ? random.pick(known) : random.pick(services))
  again(
    simulation,
    world.start + DAY / 2,
    () => random.exponential((100 * DAY) / world.workloads.length),
    (time) => simulation.at(inWorkingHours(random, time), () => lookInto(life, random, choose())),
  )
  // on call
  again(
    simulation,
    world.start + DAY / 2,
    () => random.exponential((800 * DAY) / world.workloads.length),
    () => lookInto(life, random, choose()),
  )
  // what hangs is restarted
  again(
    simulation,
    world.start + DAY / 2,
    () => random.exponential((500 * DAY) / world.workloads.length),
    (time) =>
      simulation.at(inWorkingHours(random, time), () => {
        const workload = choose()
        if (workload.host === undefined)
          ask(life, random, workload, {
            verb: 'patch',
            resource: workload.role === 'database' ? 'statefulsets' : 'deployments',
            group: 'apps',
            name: workload.name,
          })
        fleet.replace(workload)
      }),
  )
}

/** A shell in a container, and what one looks around with; or only its log. */
function lookInto(life: Life, random: Random, workload: Workload): void {
  const { simulation, fleet } = life
  const one = fleet.of(workload).at(-1)
  if (one === undefined) return
  const isExec = random.chance(0.6)
  if (workload.host === undefined)
    ask(life, random, workload, {
      verb: 'get',
      resource: 'pods',
      name: one.name,
      ...(isExec
        ? {
            code: 101,
            subresource: 'exec',
            query: 'command=sh&container=main&stdin=true&stdout=true&tty=true',
          }
        : { subresource: 'log', query: 'container=main' }),
    })
  if (!isExec) return
  if (workload.host !== undefined)
    for (const action of ['exec_create: sh', 'exec_start: sh'])
      simulation.write(engineStreamOf(workload.host), eventLine(simulation.now, action, one))
  simulation.at(simulation.now + 200, () => fleet.execute(one, '/bin/sh', '', '/pause'))
  const count = 1 + random.below(5)
  for (let n = 0; n < count; n += 1) {
    const tool = TOOLS[Math.floor(TOOLS.length * random.next() ** 2.5)] ?? 'ls'
    simulation.at(simulation.now + random.between(5_000, 10 * MINUTE), () =>
      fleet.execute(one, `/usr/bin/${tool}`, '', '/bin/sh'),
    )
  }
}

/** Somebody on call asks the API server. */
function ask(
  { simulation }: Pick<Life, 'simulation'>,
  random: Random,
  { namespace }: Workload,
  request: Omit<Parameters<typeof auditLine>[2], 'user'>,
): void {
  const who = { user: random.pick(OPERATORS), agent: 'kubectl/v1.34', source: '10.9.0.4' }
  simulation.write(STREAMS.audit, auditLine(simulation.now, random, { namespace, ...who, ...request }))
}

/** Twice a month somebody drives a service hard, to see what it can take. */
export function startLoadTests({ world, simulation, metering }: Life): void {
  const random = randomOf(world.seed, 'load')
  const servers = world.workloads.filter(({ role }) => role === 'web' || role === 'api')
  again(
    simulation,
    world.start,
    () => random.exponential(14 * DAY),
    (time) => {
      const workload = random.pick(servers)
      const from = inWorkingHours(random, time)
      metering.instead(workload, 'cpu', from, from + HOUR, workload.usage.cpu * random.between(2, 5))
    },
  )
}

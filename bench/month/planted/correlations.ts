import { accountOf, auditLine, podObject } from '../records/kubernetes.ts'
import { eventLine } from '../records/docker.ts'
import { instanceOf } from '../instance.ts'
import { MINUTE } from '../calendar.ts'
import { engineStreamOf, STREAMS } from '../streams.ts'
import type { Recipe } from './planted.ts'
import { isInCluster, isService, namesOf, wellAbove, within } from './suits.ts'

const search: Recipe = {
  kind: 'correlation',
  row: 'D08',
  strategy: 't1491.001-internal-defacement',
  what: 'twenty or more addresses and ports tried within a minute',
  share: 2,
  plant({ life, random, from, excess, target }) {
    const workload = target(isService)
    if (workload === undefined) return undefined
    const count = Math.ceil(20 * excess)
    for (let n = 0; n < count; n += 1)
      within(life, workload, from + (n * 50_000) / count, ({ address: client }) => {
        const server = `10.64.${random.below(4)}.${1 + random.below(250)}`
        const port = random.pick([80, 443, 3306, 5432, 6379, 8080, 8443, 9200])
        life.traffic.connect({ client, server, port, sent: 0, received: 0, duration: 0.001 })
      })
    return { names: namesOf(workload), until: from + MINUTE, magnitude: excess }
  },
}

const churn: Recipe = {
  kind: 'correlation',
  row: 'A06',
  strategy: 't1560.003-archive-via-custom-method',
  what: 'more than ten pods made and removed by one account within five minutes',
  share: 1,
  plant({ life: { simulation, fleet, world }, random, from, excess, target }) {
    const workload = target((one) => isInCluster(one) && one.role !== 'database')
    if (workload === undefined) return undefined
    const { namespace } = workload
    const count = Math.ceil(11 * excess)
    const base = { user: accountOf(workload), agent: 'python-requests/2.32', resource: 'pods', namespace }
    for (let n = 0; n < count; n += 1) {
      const place = { address: '', node: random.pick(world.nodes), started: from }
      const one = instanceOf(random, { ...place, workload, release: fleet.release(workload) })
      const pod = podObject(one)
      const made = from + (n * 200_000) / count
      simulation.at(made, () => {
        const line = auditLine(simulation.now, random, { ...base, verb: 'create', asked: pod, answered: pod })
        simulation.write(STREAMS.audit, line)
      })
      simulation.at(made + 40_000, () =>
        simulation.write(
          STREAMS.audit,
          auditLine(simulation.now, random, { ...base, name: one.name, verb: 'delete', answered: pod }),
        ),
      )
    }
    return { names: [...namesOf(workload), namespace], until: from + 5 * MINUTE, magnitude: excess }
  },
}

const brief: Recipe = {
  kind: 'correlation',
  row: 'D10',
  strategy: 't1491.001-internal-defacement',
  what: 'five or more containers of one image within ten minutes, none of which lives for a minute',
  share: 1,
  plant({ life: { simulation, fleet }, random, from, excess, target }) {
    const workload = target((one) => isService(one) && one.host !== undefined)
    if (workload?.host === undefined) return undefined
    const { host } = workload
    const count = Math.ceil(5 * excess)
    for (let n = 0; n < count; n += 1) {
      const started = Math.floor(from + (n * 540_000) / count)
      const place = { address: '', node: host, started }
      const made = instanceOf(random, { ...place, workload, release: fleet.release(workload) })
      const one = { ...made, name: `${workload.name}-run-${n}` }
      for (const [action, after] of [
        ['create', 0],
        ['start', 200],
        ['die', 25_000],
        ['destroy', 25_100],
      ] as const)
        simulation.at(started + after, () =>
          simulation.write(engineStreamOf(host), eventLine(simulation.now, action, one)),
        )
    }
    const names = Array.from({ length: count }, (_, n) => `${workload.name}-run-${n}`)
    return {
      names: [...namesOf(workload), ...names, host, workload.image],
      until: from + 10 * MINUTE,
      magnitude: excess,
    }
  },
}

const both: Recipe = {
  kind: 'correlation',
  row: 'D15',
  strategy: 't1491.001-internal-defacement',
  what: 'within a quarter of an hour much more processor time than usual and much more sent outside',
  share: 2,
  plant({ life, from, excess, target }) {
    const workload = target((one) => isService(one) && one.edges.some(({ isOutside }) => isOutside))
    const edge = workload?.edges.find(({ isOutside }) => isOutside)
    if (workload === undefined || edge === undefined) return undefined
    const { usage } = workload
    const until = from + 40 * MINUTE
    const cores = wellAbove(life.metering.median(workload, 'cpu', from), Math.hypot(usage.spread, 0.1))
    life.metering.instead(workload, 'cpu', from, until, Math.max(0.5, cores) * excess)
    const sent = Math.max(5e6, wellAbove(edge.sent, edge.spread)) * excess
    within(life, workload, from + 22 * MINUTE, (one) => life.traffic.usual(one, edge, { sent }))
    return { names: namesOf(workload), until, magnitude: excess }
  },
}

const patches: Recipe = {
  kind: 'correlation',
  row: 'S12',
  strategy: 't1074.002-remote-data-staging',
  what: 'a service account writes a ConfigMap more than ten times a minute',
  share: 2,
  plant({ life: { simulation }, random, from, excess, target }) {
    const workload = target(isInCluster)
    if (workload === undefined) return undefined
    const minutes = 3 + random.below(4)
    const { name, namespace } = workload
    for (let n = 0; n < minutes * Math.ceil(11 * excess); n += 1)
      simulation.at(from + random.between(0, minutes) * MINUTE, () =>
        simulation.write(
          STREAMS.audit,
          auditLine(simulation.now, random, {
            verb: 'patch',
            user: accountOf(workload),
            agent: `${name}/2`,
            resource: 'configmaps',
            namespace,
            name: `${name}-state`,
            asked: { data: { offset: random.hex(200) } },
          }),
        ),
      )
    return { names: namesOf(workload), until: from + minutes * MINUTE, magnitude: excess }
  },
}

const questions: Recipe = {
  kind: 'correlation',
  row: 'D33',
  strategy: 't1491.001-internal-defacement',
  what: 'more than a hundred questions for long names a minute',
  share: 2,
  plant({ life, random, from, excess, target }) {
    const workload = target(isService)
    if (workload === undefined) return undefined
    const minutes = 3
    for (let n = 0; n < minutes * Math.ceil(110 * excess); n += 1)
      within(life, workload, from + random.between(0, minutes) * MINUTE, ({ address }) =>
        life.traffic.ask(address, `${random.hex(48)}.sync.cloudfiles.example`, 'TXT', []),
      )
    return { names: namesOf(workload), until: from + minutes * MINUTE, magnitude: excess }
  },
}

/** Several events that mean something together. */
export const CORRELATIONS: readonly Recipe[] = [search, both, patches, questions, churn, brief]

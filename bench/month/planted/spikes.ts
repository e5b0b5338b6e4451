import { HOUR, MINUTE } from '../calendar.ts'
import type { Resource } from '../life/usage.ts'
import type { Edge } from '../world.ts'
import type { Recipe } from './planted.ts'
import { isInCluster, isService, namesOf, wellAbove, within } from './suits.ts'

const MIB = 2 ** 20
/** That no day is like the other adds to how far values are apart. */
const DAILY = 0.1

interface Used extends Pick<Recipe, 'row' | 'strategy' | 'what' | 'share'> {
  readonly resource: Resource
  /** In the resource's unit; a second, of counters. */
  readonly floor: number
  readonly minutes: readonly [number, number]
}

/** A container uses much more than at the same hour of other weeks. */
function usage({ resource, floor, minutes, ...about }: Used): Recipe {
  return {
    ...about,
    kind: 'spike',
    plant({ life: { metering }, random, from, excess, target }) {
      const workload = target(isService)
      if (workload === undefined) return undefined
      const until = from + random.between(...minutes) * MINUTE
      const spread = Math.hypot(workload.usage.spread, DAILY)
      const most = Math.max(
        ...[from, until].map((time) => wellAbove(metering.median(workload, resource, time), spread)),
      )
      metering.instead(workload, resource, from, until, Math.max(floor, most) * excess)
      return { names: namesOf(workload), until, magnitude: excess }
    },
  }
}

const processor = usage({
  row: 'D09',
  strategy: 't1491.001-internal-defacement',
  what: 'processor time beyond six times the usual spread and half a core, for more than ten minutes',
  share: 3,
  resource: 'cpu',
  floor: 0.5,
  minutes: [30, 180],
})

const memory = usage({
  row: 'D09',
  strategy: 't1491.001-internal-defacement',
  what: 'memory beyond six times the usual spread and 256 MiB, for more than ten minutes',
  share: 3,
  resource: 'memory',
  floor: 256 * MIB,
  minutes: [40, 240],
})

const writes = usage({
  row: 'S07',
  strategy: 't1074.002-remote-data-staging',
  what: 'more written than six times the usual spread, and more than 100 MB in half an hour',
  share: 2,
  resource: 'writes',
  floor: 1e8 / 1_800,
  minutes: [35, 90],
})

interface Sent extends Pick<Recipe, 'row' | 'strategy' | 'what' | 'share'> {
  readonly floor: number
  readonly suits: (edge: Edge) => boolean
  /** Within so many minutes, in so many connections. */
  readonly minutes: number
  readonly parts: number
}

/** Over a connection that is made every day much more goes out than ever. */
function bytes({ floor, suits, minutes, parts, ...about }: Sent): Recipe {
  return {
    ...about,
    kind: 'spike',
    plant({ life, from, excess, target }) {
      const workload = target((one) => isService(one) && one.edges.some(suits))
      const edge = workload?.edges.find(suits)
      if (workload === undefined || edge === undefined) return undefined
      const sent = Math.max(floor, wellAbove(edge.sent, edge.spread)) * excess
      for (let n = 0; n < parts; n += 1)
        within(life, workload, from + (n * minutes * MINUTE) / (parts + 1), (one) =>
          life.traffic.usual(one, edge, { sent: sent / parts }),
        )
      return { names: namesOf(workload), until: from + minutes * MINUTE, magnitude: excess }
    },
  }
}

const upload = bytes({
  row: 'D08',
  strategy: 't1491.001-internal-defacement',
  what: 'more than 5 MB, and six times the usual spread, sent outside within five minutes',
  share: 3,
  floor: 5e6,
  suits: ({ isOutside }) => isOutside,
  minutes: 5,
  parts: 2,
})

const transfer = bytes({
  row: 'S08',
  strategy: 't1074.002-remote-data-staging',
  what: 'more than 50 MB, and six times the usual spread, to another workload within a quarter of an hour',
  share: 2,
  floor: 5e7,
  suits: ({ isOutside }) => !isOutside,
  minutes: 15,
  parts: 4,
})

const creations: Recipe = {
  kind: 'spike',
  row: 'A06',
  strategy: 't1560.003-archive-via-custom-method',
  what: 'more than ten pods made within an hour, and six times the usual spread, in one namespace',
  share: 2,
  plant({ life: { simulation, fleet }, random, from, excess, target }) {
    const workload = target((one) => isInCluster(one) && one.role !== 'database')
    if (workload === undefined) return undefined
    // in an hour without a roll-out hardly any are made
    const count = Math.ceil(11 * excess)
    for (let n = 0; n < count; n += 1)
      simulation.at(from + random.between(0, 50) * MINUTE, () => {
        const one = fleet.start(workload)
        simulation.at(simulation.now + random.between(2, 9) * MINUTE, () => fleet.stop(one))
      })
    return { names: [...namesOf(workload), workload.namespace], until: from + HOUR, magnitude: excess }
  },
}

/** Numbers far beyond their own past. */
export const SPIKES: readonly Recipe[] = [processor, upload, memory, transfer, creations, writes]

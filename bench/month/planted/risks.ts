import { cipherOf } from '../records/zeek.ts'
import { HOUR } from '../calendar.ts'
import { HELPERS, type Edge, type Workload } from '../world.ts'
import type { Recipe } from './planted.ts'
import { isService, namesOf, within } from './suits.ts'

const toOutside = ({ isOutside, tls }: Edge): boolean => isOutside && tls !== undefined

const talkative = (one: Workload): boolean => isService(one) && one.edges.some(toOutside)

const heap: Recipe = {
  kind: 'risk',
  row: 'A14',
  strategy: 't1560.003-archive-via-custom-method',
  what: 'four small things that are new to one workload and usual for others, of several tactics, within some hours',
  share: 3,
  plant({ life, random, from, target }) {
    const workload = target(talkative)
    const edge = workload?.edges.find(toOutside)
    if (workload === undefined || edge === undefined) return undefined
    const known = new Set(workload.edges.map(({ to }) => to))
    const others = [...life.world.outside.values()].filter(
      ({ name, port }) => port === 443 && !known.has(name),
    )
    const [stranger, friend] = random.some(others, 2)
    if (stranger === undefined || friend === undefined) return undefined
    const program = random.pick(HELPERS.filter((one) => !workload.programs.includes(one)))
    // of those that others use
    const { ja3 } = random.pick(
      life.world.workloads.filter(
        (one) => isService(one) && one.ja3 !== workload.ja3 && one.edges.length > 1,
      ),
    )
    const hours = random.between(4, 7)
    const at = (step: number): number => from + (step * hours * HOUR) / 4
    within(life, workload, at(0), (one) => life.fleet.execute(one, program, '', '/bin/sh'))
    within(life, workload, at(1), (one) => life.traffic.usual(one, edge, { ja3 }))
    within(life, workload, at(2), ({ address: client }) => {
      const server = random.pick(stranger.addresses)
      life.traffic.ask(client, stranger.name, 'A', stranger.addresses)
      const flow = { client, server, port: 443, service: 'ssl', sent: 4_000, received: 9_000, duration: 3 }
      const { name, issuer } = stranger
      life.traffic.connect(flow, { version: 'TLSv12', cipher: cipherOf('TLSv12'), name, issuer, ja3 })
    })
    within(life, workload, at(3), ({ address: client }) => {
      const server = random.pick(friend.addresses)
      life.traffic.connect({
        client,
        server,
        port: 443,
        service: 'ssl',
        sent: 4_000,
        received: 9_000,
        duration: 3,
      })
    })
    return { names: namesOf(workload), until: from + hours * HOUR }
  },
}

/** What adds up. */
export const RISKS: readonly Recipe[] = [heap]

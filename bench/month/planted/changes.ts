import { HOUR, MINUTE } from '../calendar.ts'
import type { Edge, Workload } from '../world.ts'
import type { Recipe } from './planted.ts'
import { isService, namesOf, within } from './suits.ts'

function alwaysNewest({ edges }: Workload): Edge | undefined {
  // talked to often enough to know what is usual
  return edges.find(({ tls, every }) => tls?.versions.join() === 'TLSv13' && every < HOUR)
}

const weaker: Recipe = {
  kind: 'change',
  row: 'W06',
  strategy: 't1600-weaken-encryption',
  what: 'a pair that always agreed on TLS 1.3 agrees on TLS 1.2',
  share: 3,
  plant({ life, from, target }) {
    const workload = target((one) => isService(one) && alwaysNewest(one) !== undefined)
    const edge = workload && alwaysNewest(workload)
    if (workload === undefined || edge === undefined) return undefined
    for (let n = 0; n < 3; n += 1)
      within(life, workload, from + n * 10 * MINUTE, (one) =>
        life.traffic.usual(one, edge, { version: 'TLSv12' }),
      )
    return { names: namesOf(workload), until: from + 20 * MINUTE }
  },
}

const plain: Recipe = {
  kind: 'change',
  row: 'W06',
  strategy: 't1600-weaken-encryption',
  what: 'a pair that always spoke TLS speaks HTTP at the same port',
  share: 3,
  plant({ life, from, target }) {
    const often = ({ tls, every }: Edge): boolean => tls !== undefined && every < HOUR
    const workload = target((one) => isService(one) && one.edges.some(often))
    const edge = workload?.edges.find(often)
    if (workload === undefined || edge === undefined) return undefined
    for (let n = 0; n < 3; n += 1)
      within(life, workload, from + n * 10 * MINUTE, (one) => life.traffic.usual(one, edge, { plain: true }))
    return { names: namesOf(workload), until: from + 20 * MINUTE }
  },
}

/** What was always the same, and is another or less. */
export const CHANGES: readonly Recipe[] = [weaker, plain]

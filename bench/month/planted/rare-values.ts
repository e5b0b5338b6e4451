import { HOUR, MINUTE } from '../calendar.ts'
import type { Recipe } from './planted.ts'
import { isService, namesOf, within } from './suits.ts'

const fingerprint: Recipe = {
  kind: 'rare_value',
  row: 'W19',
  strategy: 't1600-weaken-encryption',
  what: 'a TLS library that neither the workload nor anybody else uses, to a server that it always talks to',
  share: 3,
  plant({ life, random, from, target }) {
    const workload = target((one) => isService(one) && one.edges.some(({ tls }) => tls !== undefined))
    const edge = workload?.edges.find(({ tls }) => tls !== undefined)
    if (workload === undefined || edge?.tls === undefined) return undefined
    const { tls } = edge
    const ja3 = random.hex(32)
    for (let n = 0; n < 3; n += 1)
      within(life, workload, from + n * 15 * MINUTE, (one) =>
        life.traffic.usual(one, { ...edge, tls }, { ja3 }),
      )
    return { names: namesOf(workload), until: from + HOUR }
  },
}

/** Values that hardly anybody has. */
export const RARE_VALUES: readonly Recipe[] = [fingerprint]

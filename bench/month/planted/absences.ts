import { HOUR } from '../calendar.ts'
import type { Recipe } from './planted.ts'

const quiet: Recipe = {
  kind: 'absence',
  row: 'W18',
  strategy: 't1600-weaken-encryption',
  what: 'less than a fifth of what a machine’s sensor told at the same hour of the week before',
  share: 3,
  plant({ life: { fleet }, random, from, excess, machine }) {
    const node = machine()
    if (node === undefined) return undefined
    const until = from + random.between(4, 7) * HOUR
    // of what is left over, a little less than a fifth, or nothing
    fleet.muffle(node, from, until, Math.max(0, 0.19 - 0.06 * (excess - 1)))
    return { names: [node], until, magnitude: excess }
  },
}

/** What was always there, and is there no more. */
export const ABSENCES: readonly Recipe[] = [quiet]

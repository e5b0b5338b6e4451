import type { Ticked, Trouble } from '../engine/baselines/baseline-analytic.ts'
import type { Store } from '../store/store.ts'
import type { Observed } from './observed.ts'

/** Keys that one step looks at. */
export const A_STEP = 500
/** Answers that are remembered. */
const REMEMBERED = 200_000

export type Troubles = (entity: string, since: number, until: number) => readonly Trouble[]

/** Asked once for what many keys of a round ask. */
function troublesOf(store: Pick<Store, 'troubles'>): Troubles {
  const known = new Map<string, readonly Trouble[]>()
  return (entity, since, until) => {
    const name = `${since} ${until} ${entity}`
    const found = known.get(name) ?? store.troubles(entity, since, until)
    if (known.size > REMEMBERED) known.clear()
    known.set(name, found)
    return found
  }
}

/** A horizon that is being gone to. Times in ms. */
export interface Round {
  readonly horizon: number
  readonly since: number
  readonly work: Work[]
  readonly troubles: Troubles
  /** Something was told that waits in the store for the end of the round. */
  toldIsKept: boolean
}

/** A key that is to be looked at. */
export interface Work {
  readonly hash: string
  readonly key: string
  readonly cells: readonly Ticked[]
}

/** What was observed since the last one, to be looked at in steps. */
export function newRound(
  since: number,
  horizon: number,
  observed: Pick<Observed, 'take'>,
  store: Pick<Store, 'troubles' | 'keptTold'>,
): Round {
  const work = worksOf(observed.take(since, horizon))
  // of one that was not over when the process ended
  const toldIsKept = store.keptTold(1).length > 0
  return { since, horizon, work, troubles: troublesOf(store), toldIsKept }
}

function worksOf(taken: ReadonlyMap<string, ReadonlyMap<string, readonly Ticked[]>>): Work[] {
  const work: Work[] = []
  for (const [hash, keys] of taken) for (const [key, cells] of keys) work.push({ hash, key, cells })
  return work.reverse()
}

/** As much as one step looks at: what was observed, then what is due though nothing was. */
export function nextWork(
  work: Work[],
  due: (limit: number) => readonly { readonly baseline: string; readonly key: string }[],
): readonly Work[] {
  const chosen = work.splice(-A_STEP).reverse()
  if (chosen.length === A_STEP) return chosen
  const taken = new Set(chosen.map(({ hash, key }) => `${hash}${key}`))
  for (const { baseline, key } of due(A_STEP))
    if (chosen.length < A_STEP && !taken.has(`${baseline}${key}`))
      chosen.push({ hash: baseline, key, cells: [] })
  return chosen
}

import type { Evidence } from '../../domain/alert.ts'
import { localHours } from '../../domain/local-hour.ts'
import type { Match } from '../../domain/match.ts'
import type { SignalBody } from '../../domain/state.ts'
import type { Baseline } from '../../sigma/sigma.ts'
import { evidenceOf } from '../evidence.ts'
import { addTo, newCell, TICK, type Cell } from './cell.ts'
import { kindOf } from './kinds.ts'
import { createObserver } from './observer.ts'
import { matchOfTold } from './told-match.ts'

/**
 * What baselines tell over matches, as if these were all that happened until then (event time, ms), nobody had an
 * incident and nothing was blind: for tests of rules. With what each is about.
 */
export function toldBy(
  baselines: readonly Baseline[],
  matches: readonly Match[],
  until: number,
): readonly ReturnType<typeof matchOfTold>[] {
  if (baselines.length === 0) return []
  const observer = createObserver(baselines)
  const keys = new Map<Baseline, Map<string, Map<number, Cell>>>()
  for (const match of matches) {
    const body = new Body(match)
    const tick = Math.floor(match.event.time / TICK) * TICK
    observer.observe(match, (baseline, key, observation) => {
      addTo(cellIn(keys, baseline, key, tick), observation, () => body)
    })
  }
  const end = Math.ceil(until / TICK) * TICK
  const hourOf = localHours('UTC')
  return [...keys].flatMap(([baseline, of]) =>
    [...of].flatMap(([key, cells]) => {
      const ordered = [...cells].sort(([a], [b]) => a - b).map(([tick, cell]) => ({ tick, cell }))
      const alone = { until: end, hourOf, troubles: () => [], isBlind: () => false }
      const { told } = kindOf(baseline).judge(undefined, ordered, alone)
      return told.map((each) => matchOfTold(baseline, key, each))
    }),
  )
}

function cellIn(
  keys: Map<Baseline, Map<string, Map<number, Cell>>>,
  baseline: Baseline,
  key: string,
  tick: number,
): Cell {
  const of = keys.get(baseline) ?? new Map<string, Map<number, Cell>>()
  keys.set(baseline, of)
  const cells = of.get(key) ?? new Map<number, Cell>()
  of.set(key, cells)
  const cell = cells.get(tick) ?? newCell()
  cells.set(tick, cell)
  return cell
}

/** Made when somebody looks: of most observations nobody does. */
class Body implements SignalBody {
  readonly #match: Match

  constructor(match: Match) {
    this.#match = match
  }

  get evidence(): readonly Evidence[] {
    return [evidenceOf(this.#match)]
  }

  get resource(): SignalBody['resource'] {
    return this.#match.event.resource
  }

  get source(): SignalBody['source'] {
    return this.#match.event.source
  }
}

import type { Life } from '../life/life.ts'
import { randomOf, type Random } from '../random.ts'
import { HOUR, MINUTE } from '../calendar.ts'
import type { Workload } from '../world.ts'
import { ABSENCES } from './absences.ts'
import { CHANGES } from './changes.ts'
import { CORRELATIONS } from './correlations.ts'
import { NEW_VALUES } from './new-values.ts'
import { RARE_VALUES } from './rare-values.ts'
import { RISKS } from './risks.ts'
import { SPIKES } from './spikes.ts'

export const PLANTED_KINDS = [
  'new_value',
  'rare_value',
  'change',
  'spike',
  'absence',
  'risk',
  'correlation',
] as const
export type PlantedKind = (typeof PLANTED_KINDS)[number]

/** Something that is wrong, and where and when it is to be found. */
export interface Planted {
  readonly kind: PlantedKind
  /** Of the content matrix: the observable that it is one of. */
  readonly row: string
  /** The document that is to find it. */
  readonly strategy: string
  readonly what: string
  /** Whom it happens to: one of these is a value of the alert's entity. */
  readonly names: readonly string[]
  /** ms since the epoch. */
  readonly from: number
  readonly until: number
  /** How often the row's threshold, or what it asks for; 1 where it asks for no number. */
  readonly magnitude: number
}

/** How one sort of anomaly is planted. */
export interface Recipe extends Pick<Planted, 'kind' | 'row' | 'strategy' | 'what'> {
  /** Of sixty there are so many of it. */
  readonly share: number
  /** What happens, and to whom until when; undefined where there is nobody left whom it could happen to. */
  plant(scene: Scene): (Pick<Planted, 'names' | 'until'> & Partial<Pick<Planted, 'magnitude'>>) | undefined
}

/** Where an anomaly is planted. */
export interface Scene {
  readonly life: Life
  readonly random: Random
  /** When it begins, ms since the epoch. */
  readonly from: number
  /** So many times what the row asks for at least: mostly a little. */
  readonly excess: number
  /** A workload to which nothing else happens. */
  readonly target: (suits: (workload: Workload) => boolean) => Workload | undefined
  /** A machine of the cluster to which nothing else happens. */
  readonly machine: () => string | undefined
}

const RECIPES: readonly Recipe[] = [
  ...NEW_VALUES,
  ...SPIKES,
  ...CHANGES,
  ...RARE_VALUES,
  ...ABSENCES,
  ...RISKS,
  ...CORRELATIONS,
]

/** Plants so many anomalies of all kinds at times of chance, each in another workload. */
export function plant(
  life: Life,
  { count, from, until }: { readonly count: number; readonly from: number; readonly until: number },
): readonly Planted[] {
  const { world } = life
  const taken = new Set<string>()
  const planted: Planted[] = []
  for (const [n, recipe] of inTurn(RECIPES).entries()) {
    if (planted.length >= count) break
    const random = randomOf(world.seed, 'planted', n)
    const begin = Math.floor(random.between(from + HOUR, until - 8 * HOUR) / MINUTE) * MINUTE
    const excess = Math.exp(random.between(Math.log(1.05), Math.log(5)))
    const target: Scene['target'] = (suits) => {
      const found = world.workloads.filter((one) => one.launched === 0 && !taken.has(one.name) && suits(one))
      const chosen = found[random.below(found.length)]
      if (chosen !== undefined) taken.add(chosen.name)
      return chosen
    }
    const machine: Scene['machine'] = () => {
      const found = world.nodes.filter((one) => !taken.has(one))
      const chosen = found[random.below(found.length)]
      if (chosen !== undefined) taken.add(chosen)
      return chosen
    }
    const { kind, row, strategy, what } = recipe
    const done = recipe.plant({ life, random, from: begin, excess, target, machine })
    if (done !== undefined) planted.push({ kind, row, strategy, what, from: begin, magnitude: 1, ...done })
  }
  return planted.toSorted((a, b) => a.from - b.from)
}

/** One of each as long as there are of it, again and again. */
function inTurn(recipes: readonly Recipe[]): readonly Recipe[] {
  const most = Math.max(...recipes.map(({ share }) => share))
  return Array.from({ length: most }, (_, round) => recipes.filter(({ share }) => share > round)).flat()
}

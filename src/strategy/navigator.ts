import { ATTACK_VERSION } from './attack.ts'
import { STRATEGY_LEVELS, type StrategyLevel } from './levels.ts'
import type { Strategy } from './strategy.ts'

/** A strategy, how far it is proven, and what its telemetry is worth now. */
export interface LayerStrategy {
  readonly strategy: Pick<Strategy, 'id' | 'title' | 'attack'>
  readonly level: StrategyLevel | undefined
  readonly state: 'blind' | 'degraded' | 'covered' | 'unmeasured' | 'not-present'
}

/** A layer of the ATT&CK Navigator, of those fields of format 4.5 that are used here. */
export interface Layer {
  readonly name: string
  readonly versions: { readonly attack: string; readonly navigator: string; readonly layer: string }
  readonly domain: 'enterprise-attack'
  readonly description: string
  readonly sorting: number
  readonly hideDisabled: boolean
  readonly techniques: readonly LayerTechnique[]
  readonly gradient: {
    readonly colors: readonly string[]
    readonly minValue: number
    readonly maxValue: number
  }
  readonly legendItems: readonly { readonly label: string; readonly color: string }[]
}

export interface LayerTechnique {
  readonly techniqueID: string
  /** The level of the strategy that covers it best, 0 where none sees anything now; absent while no level is known. */
  readonly score?: number
  readonly comment: string
  readonly enabled: boolean
  readonly showSubtechniques: boolean
  readonly metadata: readonly { readonly name: string; readonly value: string }[]
}

/** From what nobody sees to L5. */
const COLORS = ['#d9534f', '#f2d16b', '#a8cf8e', '#5fae6b', '#2f8f57', '#14663a'] as const

/**
 * What the strategies cover, by technique: the level of the best, and 0 while it is blind. Form:
 * https://github.com/mitre-attack/attack-navigator/blob/master/layers/LAYERFORMATv4_5.md
 */
export function navigatorLayer(
  strategies: readonly LayerStrategy[],
  { description }: { readonly description: string },
): Layer {
  const by = new Map<string, LayerStrategy[]>()
  for (const one of strategies) {
    for (const technique of coveredBy(one.strategy)) {
      const others = by.get(technique)
      if (others === undefined) by.set(technique, [one])
      else others.push(one)
    }
  }
  return {
    name: 'Tallyman coverage',
    versions: { attack: ATTACK_VERSION.split('.')[0] ?? ATTACK_VERSION, navigator: '5.0.0', layer: '4.5' },
    domain: 'enterprise-attack',
    description,
    sorting: 3,
    hideDisabled: false,
    techniques: [...by]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([technique, covering]) => layerTechnique(technique, covering)),
    gradient: { colors: COLORS, minValue: 0, maxValue: STRATEGY_LEVELS.length - 1 },
    legendItems: COLORS.map((color, level) => ({
      label: level === 0 ? 'L0, or its telemetry is missing now' : `L${level}`,
      color,
    })),
  }
}

/** Coverage is counted on what is observed; on the technique itself where the document names nothing else. */
export function coveredBy({ attack }: Pick<Strategy, 'attack'>): readonly string[] {
  const { primary, observedAs } = attack
  const named = observedAs.length > 0 ? observedAs : primary === undefined ? [] : [primary]
  return [...new Set(named.map(({ technique }) => technique))]
}

/**
 * The level as a number; what is blind scores nothing, whatever its level. What is about systems that the site says it
 * does not have has no score at all.
 */
function scoresOf({ level, state }: LayerStrategy): readonly number[] {
  if (state === 'blind') return [0]
  if (state === 'not-present') return []
  return level === undefined ? [] : [STRATEGY_LEVELS.indexOf(level)]
}

const STATE_WORDS: Readonly<Record<LayerStrategy['state'], string>> = {
  blind: 'blind',
  degraded: 'degraded',
  covered: 'covered',
  unmeasured: 'unmeasured',
  'not-present': 'not present, by the site’s word',
}

function layerTechnique(technique: string, covering: readonly LayerStrategy[]): LayerTechnique {
  const words = covering.map(
    ({ strategy, level, state }) => `${strategy.id}: ${level ?? 'no level'}, ${STATE_WORDS[state]}`,
  )
  const scores = covering.flatMap(scoresOf)
  return {
    techniqueID: technique,
    ...(scores.length > 0 && { score: Math.max(...scores) }),
    comment: words.join('\n'),
    enabled: true,
    showSubtechniques: technique.includes('.'),
    metadata: covering.map(({ strategy: { id }, level, state }) => ({
      name: id,
      value: `${level ?? 'no level'}, ${STATE_WORDS[state]}`,
    })),
  }
}

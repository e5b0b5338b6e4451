import { instant } from './domain/alert-view.ts'
import type { BaselineRow } from './domain/state.ts'
import type { KeyDescription } from './engine/baselines/baseline-analytic.ts'
import { kindOf } from './engine/baselines/kinds.ts'
import { groupValues } from './engine/signals.ts'
import { baselineWords, type Baseline, type Ruleset } from './sigma/sigma.ts'
import type { BaselineQuery, BaselineReader } from './store/baselines.ts'

/** What baselines learned: what 'tallyman baseline' and the console show. Times are ISO 8601. Hostile text. */
export interface BaselineView {
  /** The rule's id, and its name where it has one. */
  readonly rule: string
  readonly name?: string
  readonly title: string
  readonly strategy: string
  readonly type: Baseline['test']['type']
  /** What it looks for, in one line. */
  readonly words: string
  /** Whether it alerts, or is a weak signal, and what it counts for then. */
  readonly alert: boolean
  readonly weight: number
  /** How many keys are how far. */
  readonly keys: Readonly<Record<KeyState, number>>
}

/** `stale`: armed, and not seen for as long as it learned. */
export type KeyState = 'learning' | 'armed' | 'stale' | 'drifted'

export interface KeyView {
  /** As the store addresses it: JSON of the values of what it is a key of. */
  readonly key: string
  /** The same by their names. */
  readonly of: Readonly<Record<string, string>>
  readonly state: KeyState
  readonly first: string
  readonly last: string
  readonly samples: number
  readonly days: number
  /** When it will have learned for long enough; it needs samples and days as well. */
  readonly learnsUntil?: string
  /** Epochs that are held back because of an incident. */
  readonly held: number
}

/** With what it learned, from whom and when. */
export interface WholeKeyView extends KeyView {
  readonly learned: Omit<KeyDescription, 'first' | 'last' | 'samples' | 'days' | 'held'>
}

export function baselinesReport(
  { baselines, rules }: Pick<Ruleset, 'baselines' | 'rules'>,
  reader: BaselineReader,
): readonly BaselineView[] {
  const counts = reader.baselineCounts()
  const place = reader.baselinePlace() ?? -Infinity
  return baselines.map((baseline) => {
    const { rule, hash, test, alert, weight, learning, retain } = baseline
    const of = (status: string): number =>
      counts.find((each) => each.baseline === hash && each.status === status)?.keys ?? 0
    // what is forgotten so soon was not seen for as long as it learned
    const stale = reader.expiringBaselines(hash, place + retain - learning.span)
    const name = rules.find(({ id }) => id === rule.id)?.name
    return {
      rule: rule.id,
      ...(name === undefined ? {} : { name }),
      title: rule.title,
      strategy: rule.strategy,
      type: test.type,
      words: baselineWords(baseline),
      alert,
      weight,
      keys: { learning: of('learning'), armed: of('armed') - stale, stale, drifted: of('drifted') },
    }
  })
}

/** The baseline of a rule by its id, its name or its title. */
export function baselineNamed(
  { baselines, rules }: Pick<Ruleset, 'baselines' | 'rules'>,
  typed: string,
): Baseline | undefined {
  const named = rules.find(
    ({ id, name, title, baseline }) => baseline !== undefined && [id, name, title].includes(typed),
  )
  return baselines.find(({ rule }) => rule.id === named?.id)
}

export function keysReport(
  baseline: Baseline,
  query: Omit<BaselineQuery, 'baseline'>,
  reader: BaselineReader,
): readonly KeyView[] {
  const place = reader.baselinePlace() ?? -Infinity
  const rows = reader.baselineKeys({ ...query, baseline: baseline.hash })
  return rows.map((row) => keyView(baseline, row, described(baseline, row), place))
}

export function keyReport(baseline: Baseline, key: string, reader: BaselineReader): WholeKeyView | undefined {
  const row = reader.baselineKey(baseline.hash, key)
  if (row === undefined) return undefined
  const description = described(baseline, row)
  const { first: _first, last: _last, samples: _samples, days: _days, held: _held, ...learned } = description
  return { ...keyView(baseline, row, description, reader.baselinePlace() ?? -Infinity), learned }
}

function described(baseline: Baseline, { state, past }: BaselineRow): KeyDescription {
  const kind = kindOf(baseline)
  return kind.describe(kind.fromJson(state, past))
}

function keyView(
  { peers, learning }: Baseline,
  { key, status, last }: BaselineRow,
  { first, samples, days, held }: KeyDescription,
  place: number,
): KeyView {
  const state = status === 'armed' && last < place - learning.span ? 'stale' : (status as KeyState)
  return {
    key,
    of: groupValues(peers, key),
    state,
    first: instant(first),
    last: instant(last),
    samples,
    days,
    ...(state === 'learning' ? { learnsUntil: instant(first + learning.span) } : {}),
    held,
  }
}

/** Of a strategy's baselines, for coverage: while a key learns, nothing is told of it. */
export function learnedOf(
  { baselines }: Pick<Ruleset, 'baselines'>,
  reader: Pick<BaselineReader, 'baselineCounts'>,
): (strategy: string) => readonly { title: string; learning: number; armed: number }[] {
  const counts = reader.baselineCounts()
  const of = (hash: string, isLearning: boolean): number =>
    counts
      .filter((each) => each.baseline === hash && (each.status === 'learning') === isLearning)
      .reduce((sum, { keys }) => sum + keys, 0)
  return (strategy) =>
    baselines
      .filter(({ rule }) => rule.strategy === strategy)
      .map(({ rule, hash }) => ({
        title: rule.title,
        learning: of(hash, true),
        armed: of(hash, false),
      }))
}

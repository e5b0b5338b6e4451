import { alertView, instant, type AlertView } from './domain/alert-view.ts'
import type { Resource } from './domain/event.ts'
import { beginningOf } from './domain/local-hour.ts'
import type { BaselineRow } from './domain/state.ts'
import type { KeyDescription, Learned, PastNumber } from './engine/baselines/baseline-analytic.ts'
import { keysOfResource } from './engine/baselines/keys-of-resource.ts'
import { kindOf } from './engine/baselines/kinds.ts'
import { toldOfAlert, type ToldMoment } from './engine/baselines/told-of-alert.ts'
import { groupValues } from './engine/signals.ts'
import { baselineWords, type Baseline, type Ruleset, type SpikeTest } from './sigma/sigma.ts'
import type { BaselineQuery, BaselineReader } from './store/baselines.ts'
import type { Reader } from './store/store.ts'

/** What a baseline looks for, and what it takes to learn. What 'tallyman baseline' and the console show. Hostile text. */
export interface BaselineHead {
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
  /** What its keys are of, and what it looks at. */
  readonly of: readonly string[]
  readonly fields: readonly string[]
  /** What a key has to have shown: `span` in ms. */
  readonly learning: Baseline['learning']
  /** Of a spike: what its numbers are, and how far they have to be; `timespan` in ms. */
  readonly spike?: Pick<SpikeTest, 'timespan' | 'aggregate' | 'threshold' | 'direction' | 'floor'>
}

export interface BaselineView extends BaselineHead {
  /** How many keys are how far. */
  readonly keys: Readonly<Record<KeyState, number>>
}

/** `stale`: armed, and not seen for as long as it learned. */
export const KEY_STATES = ['learning', 'armed', 'stale', 'drifted'] as const
export type KeyState = (typeof KEY_STATES)[number]

/** Times are ISO 8601. */
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

/** With what it learned, from whom and when, what was told of it, and who approved it. */
export interface WholeKeyView extends KeyView {
  readonly baseline: BaselineHead
  readonly learned: Omit<Learned, 'past'> & {
    /** Hours, with when each began, ms. */
    readonly past?: readonly (PastNumber & { readonly time: number })[]
    /** Since when it is drifted, ms. */
    readonly drifted?: number
  }
  /** The newest that tell something of the key. */
  readonly alerts: readonly (Pick<AlertView, 'id' | 'incident' | 'rule' | 'level' | 'status' | 'time'> & {
    readonly moments: readonly ToldMoment[]
  })[]
  /** What people approved and forgot, the newest first. */
  readonly changes: readonly {
    readonly at: string
    readonly actor: string
    readonly action: string
    readonly value?: string
  }[]
}

/** Alerts of a baseline among which those of a key are looked for. */
const ALERTS = 100
/** Keys of one baseline that are shown of somebody. */
const KEYS_OF = 20

type Rules = Pick<Ruleset, 'baselines' | 'rules'>

export function baselinesReport(ruleset: Rules, reader: BaselineReader): readonly BaselineView[] {
  const counts = reader.baselineCounts()
  const place = reader.baselinePlace() ?? -Infinity
  return ruleset.baselines.map((baseline) => {
    const { hash, learning, retain } = baseline
    const of = (status: string): number =>
      counts.find((each) => each.baseline === hash && each.status === status)?.keys ?? 0
    // what is forgotten so soon was not seen for as long as it learned
    const stale = reader.expiringBaselines(hash, place + retain - learning.span)
    const keys = { learning: of('learning'), armed: of('armed') - stale, stale, drifted: of('drifted') }
    return { ...headOf(ruleset, baseline), keys }
  })
}

function headOf({ rules }: Pick<Rules, 'rules'>, baseline: Baseline): BaselineHead {
  const { rule, test, alert, weight, peers, fields, learning } = baseline
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
    of: peers,
    fields,
    learning,
    ...(test.type === 'spike' ? { spike: spikeView(test) } : {}),
  }
}

function spikeView({ timespan, aggregate, threshold, direction, floor }: SpikeTest) {
  return { timespan, aggregate, threshold, direction, floor }
}

/** The baseline of a rule by its id, its name or its title. */
export function baselineNamed({ baselines, rules }: Rules, typed: string): Baseline | undefined {
  const named = rules.find(
    ({ id, name, title, baseline }) => baseline !== undefined && [id, name, title].includes(typed),
  )
  return baselines.find(({ rule }) => rule.id === named?.id)
}

/** Which keys of a baseline: `text` is looked for in their values. */
export type KeysQuery = Pick<BaselineQuery, 'limit' | 'after' | 'text' | 'prefix'> & {
  readonly status?: KeyState
}

export function keysReport(
  baseline: Baseline,
  { status, text, ...query }: KeysQuery,
  reader: BaselineReader,
): readonly KeyView[] {
  const place = reader.baselinePlace() ?? -Infinity
  const stale = place - baseline.learning.span
  const rows = reader.baselineKeys({
    ...query,
    baseline: baseline.hash,
    ...(text === undefined ? {} : { text: JSON.stringify(text).slice(1, -1) }),
    ...(status === undefined ? {} : { status: status === 'stale' ? 'armed' : status }),
    ...(status === 'armed' ? { since: stale } : status === 'stale' ? { before: stale } : {}),
  })
  return rows.map((row) => keyView(baseline, row, described(baseline, row), place))
}

/** Keys of all baselines that fit, each with whose it is; the first `limit` of them. */
export function keysOfAll(
  ruleset: Rules,
  { limit = 100, ...query }: Omit<KeysQuery, 'after' | 'prefix'>,
  reader: BaselineReader,
): readonly (KeyView & { readonly baseline: BaselineHead })[] {
  const found: (KeyView & { readonly baseline: BaselineHead })[] = []
  for (const baseline of ruleset.baselines) {
    if (found.length >= limit) break
    const keys = keysReport(baseline, { ...query, limit: limit - found.length }, reader)
    if (keys.length > 0) found.push(...keys.map((key) => ({ ...key, baseline: headOf(ruleset, baseline) })))
  }
  return found
}

/** What was learned of whom a resource names: of each baseline the keys that are about it, at most 20. */
export function learnedAbout(
  ruleset: Rules,
  resource: Resource,
  reader: BaselineReader,
): readonly { readonly baseline: BaselineHead; readonly keys: readonly KeyView[] }[] {
  const place = reader.baselinePlace() ?? -Infinity
  return ruleset.baselines.flatMap((baseline) => {
    const keys = keysOfResource(baseline, resource, 'custom').flatMap((of) =>
      of.kind === 'key'
        ? (reader.baselineKey(baseline.hash, of.key) ?? [])
        : reader.baselineKeys({ baseline: baseline.hash, limit: KEYS_OF, ...wordsOf(of) }),
    )
    if (keys.length === 0) return []
    const views = keys.map((row) => keyView(baseline, row, described(baseline, row), place))
    return [{ baseline: headOf(ruleset, baseline), keys: views }]
  })
}

function wordsOf(
  of: { readonly kind: 'prefix'; readonly prefix: string } | { readonly kind: 'text'; readonly text: string },
) {
  return of.kind === 'prefix' ? { prefix: of.prefix } : { text: of.text }
}

/** One key, whole. `zone` is in which it learned hours and days (IANA). Undefined where there is no such key. */
export function keyReport(
  ruleset: Rules,
  { baseline, key, zone }: { readonly baseline: Baseline; readonly key: string; readonly zone: string },
  reader: BaselineReader & Pick<Reader, 'alerts'>,
): WholeKeyView | undefined {
  const row = reader.baselineKey(baseline.hash, key)
  if (row === undefined) return undefined
  const kind = kindOf(baseline)
  const state = kind.fromJson(row.state, row.past)
  const description = kind.describe(state)
  const { past, ...learned } = kind.learned(state)
  const { drifted } = description
  return {
    ...keyView(baseline, row, description, reader.baselinePlace() ?? -Infinity),
    baseline: headOf(ruleset, baseline),
    learned: {
      ...learned,
      ...(past === undefined
        ? {}
        : { past: past.map((each) => ({ ...each, time: beginningOf(each, zone) })) }),
      ...(drifted === undefined ? {} : { drifted }),
    },
    alerts: alertsOf(baseline, key, reader),
    changes: reader.baselineAudit(baseline.rule.id, key).map(({ at, actor, action, detail }) => {
      const { value } = detail as { readonly value?: string }
      return { at: instant(at), actor, action, ...(value === undefined ? {} : { value }) }
    }),
  }
}

function alertsOf(baseline: Baseline, key: string, reader: Pick<Reader, 'alerts'>): WholeKeyView['alerts'] {
  const { id, strategy } = baseline.rule
  const { items } = reader.alerts({ strategy, rule: id, limit: ALERTS })
  return items.flatMap((alert) => {
    const told = toldOfAlert([baseline], alert).find((each) => each.key === key)
    if (told === undefined) return []
    const { id: name, incident, rule, level, status, time } = alertView(alert)
    return [{ id: name, incident, rule, level, status, time, moments: told.moments }]
  })
}

/** What an alert tells of keys of baselines: its own rule's, or of those that it takes as signals. */
export function toldReport(ruleset: Rules, alert: Parameters<typeof toldOfAlert>[1]) {
  return toldOfAlert(ruleset.baselines, alert).map(({ baseline, key, moments }) => ({
    baseline: headOf(ruleset, baseline),
    key,
    of: groupValues(baseline.peers, key),
    moments,
  }))
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

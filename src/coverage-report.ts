import type { Detection } from './detection.ts'
import { instant } from './domain/alert-view.ts'
import type { CoverageInterval, CoverageRow } from './domain/coverage.ts'
import { SOURCE_NAMES, type Logsource, type SourceName } from './domain/event.ts'
import { worstOf, type Assessment, type AssessmentStatus } from './engine/assumptions.ts'
import { recentOf } from './engine/coverage.ts'
import { TURN_ON } from './sources/turn-on.ts'
import type { StoredCoverage } from './store/coverage.ts'
import type { StrategyLevel } from './strategy/levels.ts'
import { navigatorLayer, coveredBy, type Layer } from './strategy/navigator.ts'
import { measuredBy, type Assumption, type Strategy } from './strategy/strategy.ts'

/** What the strategies see now, and what arrives: what 'tallyman coverage' and the console show. Times are ISO 8601. */
export interface CoverageReport {
  /** When it was judged; absent where no daemon judges: states are as it left them. */
  readonly judged?: string
  readonly strategies: readonly StrategyCoverage[]
  readonly sources: readonly SourceCoverage[]
  readonly layer: Layer
}

export interface StrategyCoverage {
  readonly id: string
  readonly title: string
  readonly level?: StrategyLevel
  readonly state: 'covered' | 'degraded' | 'blind' | 'unmeasured' | 'not-present'
  /** ATT&CK techniques that it observes. */
  readonly techniques: readonly string[]
  readonly assumptions: readonly AssumptionCoverage[]
  /** Its baselines, and how many of their keys learn or can tell something. */
  readonly baselines: readonly LearnedOf[]
  /** Stretches in which one of its assumptions did not hold, the newest first. */
  readonly intervals: readonly IntervalView[]
}

/** How many keys of a baseline learn, and how many can tell something. */
export interface LearnedOf {
  readonly title: string
  readonly learning: number
  readonly armed: number
}

export interface AssumptionCoverage {
  readonly id: string
  readonly claim: string
  readonly onFail: Assumption['on_fail']
  readonly sources: readonly string[]
  readonly status: AssessmentStatus
  /** Where it fails, or what is to be said of it. */
  readonly places: readonly { readonly place: string; readonly why: string; readonly since?: string }[]
  /** How what is missing is turned on; where it fails. */
  readonly mend?: string
}

export interface IntervalView {
  readonly assumption: string
  readonly place: string
  readonly state: CoverageInterval['state']
  readonly why: string
  readonly since: string
  readonly until?: string
}

/** What came by one input of one kind from one machine. */
export interface SourceCoverage {
  readonly input: string
  /** Empty for all that the input brought. */
  readonly source: string
  readonly node: string
  readonly cluster: string
  /** `process_creation`; `heartbeat` of what a source tells of itself; empty for all that the input brought. */
  readonly kind: string
  readonly events: number
  readonly rate: number
  /** Share of its events that name a container, or whose container is known; and of those that the inventory joined. */
  readonly attributed?: number
  readonly joined?: number
  readonly first: string
  readonly last: string
  readonly lastArrival: string
  readonly lost: number
  /** Seconds, the most of the last minutes: on its way, and ahead of our clock. */
  readonly delay: number
  readonly ahead: number
  /** Share of events that whoever wrote them cut off. */
  readonly truncated?: number
  /** Share of events in which a field had a value, the least filled first. */
  readonly fill: readonly { readonly field: string; readonly share: number }[]
}

export interface ReportOf {
  readonly detection: Pick<Detection, 'strategies'>
  /** Undefined where nothing was stored yet. */
  readonly stored: StoredCoverage | undefined
  /** As they were judged last; undefined where nobody judges. */
  readonly assessments: readonly Assessment[] | undefined
  readonly levelOf: (strategy: Strategy) => StrategyLevel | undefined
  /** Of a strategy's baselines. */
  readonly learned?: (strategy: string) => readonly LearnedOf[]
  readonly now: number
}

export function coverageReport({
  detection,
  stored,
  assessments,
  levelOf,
  learned,
  now,
}: ReportOf): CoverageReport {
  const intervals = stored?.intervals ?? []
  const strategies = detection.strategies
    .filter(({ rules }) => rules.length > 0)
    .map((strategy) => ({
      strategy,
      covered: strategyCoverage(
        strategy,
        intervals.filter((interval) => interval.strategy === strategy.id),
        assessments?.filter((one) => one.strategy === strategy.id),
        levelOf(strategy),
        learned?.(strategy.id) ?? [],
      ),
    }))
  return {
    ...(assessments !== undefined && { judged: instant(now) }),
    strategies: strategies.map(({ covered }) => covered),
    sources: (stored?.rows ?? []).map((row) => sourceCoverage(row, now)),
    layer: navigatorLayer(
      strategies.map(({ strategy, covered: { level, state } }) => ({ strategy, level, state })),
      {
        description: `What Tallyman's strategies cover, by their level and by what arrives, at ${instant(now)}`,
      },
    ),
  }
}

function strategyCoverage(
  strategy: Strategy,
  intervals: readonly CoverageInterval[],
  assessments: readonly Assessment[] | undefined,
  level: StrategyLevel | undefined,
  baselines: readonly LearnedOf[],
): StrategyCoverage {
  const open = intervals.filter(({ until }) => until === undefined)
  const assumptions = strategy.assumptions.map((one) =>
    assumptionCoverage(
      one,
      open.filter(({ assumption }) => assumption === one.id),
      assessments?.filter(({ assumption }) => assumption.id === one.id),
    ),
  )
  const worst = worstOf(open.map(({ state }) => state))
  const some = assumptions.some(({ status }) => status === 'holds')
  return {
    id: strategy.id,
    title: strategy.title,
    ...(level !== undefined && { level }),
    state: worst ?? (some ? 'covered' : isNotPresent(assumptions) ? 'not-present' : 'unmeasured'),
    techniques: coveredBy(strategy),
    assumptions,
    baselines,
    intervals: intervals.toSorted((a, b) => b.since - a.since).map(intervalView),
  }
}

/** All that it needs is of systems that the site says it does not have, or that are not here. */
function isNotPresent(assumptions: readonly AssumptionCoverage[]): boolean {
  const statuses = new Set(assumptions.map(({ status }) => status))
  return statuses.has('not-present') && statuses.isSubsetOf(new Set(['not-present', 'not-here']))
}

function assumptionCoverage(
  assumption: Assumption,
  open: readonly CoverageInterval[],
  assessments: readonly Assessment[] | undefined,
): AssumptionCoverage {
  const sources = sourcesOf(assumption)
  const told = (assessments ?? []).filter(({ why }) => why !== '')
  const statuses = new Set(told.map(({ status }) => status))
  const status = open.length > 0 ? 'fails' : (ORDER.find((one) => statuses.has(one)) ?? 'unmeasured')
  const places =
    open.length > 0
      ? open.map(({ place, why, since }) => ({ place, why, since: instant(since) }))
      : told.filter((one) => one.status === status).map(({ place, why }) => ({ place, why }))
  // of those that were heard once, what is silent now is what is to be mended
  const named = sources.filter((source) => places.some(({ why }) => why.split(' ').includes(source)))
  const mend = (named.length > 0 ? named : sources)
    .map((source) => `${source}: ${TURN_ON[source]}`)
    .join('; or ')
  return {
    id: assumption.id,
    claim: assumption.claim,
    onFail: assumption.on_fail,
    sources,
    status,
    places:
      places.length === 0 && assessments === undefined
        ? [{ place: '', why: 'no daemon judges it now' }]
        : places,
    ...((status === 'fails' || status === 'not-here') && mend !== '' && { mend }),
  }
}

/** What is said of several places as one. */
const ORDER = ['fails', 'holds', 'unmeasured', 'not-here', 'not-present'] as const

function sourcesOf(assumption: Assumption): readonly SourceName[] {
  const named = measuredBy(assumption)?.sources ?? assumption.source
  return SOURCE_NAMES.filter((name) => named.includes(name))
}

export function intervalView({
  assumption,
  place,
  state,
  why,
  since,
  until,
}: CoverageInterval): IntervalView {
  return {
    assumption,
    place,
    state,
    why,
    since: instant(since),
    ...(until !== undefined && { until: instant(until) }),
  }
}

function sourceCoverage(row: CoverageRow, now: number): SourceCoverage {
  const { input, source, node, cluster, kinds, events, attributed, joined, lost, fill } = row
  const recent = recentOf(row, now)
  const { sampled } = fill
  const shares = Object.entries(fill.filled).map(([field, filled]) => ({
    field,
    share: share(filled / sampled),
  }))
  return {
    input,
    source,
    node,
    cluster,
    kind: source === '' ? '' : kindOf(kinds),
    events,
    rate: rounded(recent.events / recent.seconds),
    ...(kinds.length > 0 && events > 0 && { attributed: share(attributed / events) }),
    ...(kinds.length > 0 && events > 0 && joined !== undefined && { joined: share(joined / events) }),
    first: instant(row.first),
    last: instant(row.last),
    lastArrival: instant(row.lastArrival),
    lost,
    delay: rounded(recent.delay / 1_000),
    ahead: rounded(recent.ahead / 1_000),
    ...(sampled > 0 && { truncated: share(fill.truncated / sampled) }),
    fill: shares.toSorted((a, b) => a.share - b.share || (a.field < b.field ? -1 : 1)),
  }
}

function kindOf([own]: readonly Logsource[]): string {
  return own === undefined ? 'heartbeat' : (own.category ?? own.service ?? own.product ?? '')
}

function share(of: number): number {
  return Math.round(of * 1_000) / 1_000
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

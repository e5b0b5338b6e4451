import type { Match } from '../domain/match.ts'
import type {
  PendingSignal,
  SignalBody,
  SignalRow,
  SignalUse,
  WindowKey,
  WindowRow,
} from '../domain/state.ts'
import type { Correlation, Ruleset } from '../sigma/sigma.ts'
import type { RatedMatch } from './alerting.ts'
import type { Analytic, Contribution, Firing } from './analytic.ts'
import { analyticOf } from './analytics.ts'
import { eventOfFiring, evidenceOfFiring, groupEntity } from './firing.ts'
import type { Judge } from './judge.ts'
import { createSignals, type Signals } from './signals.ts'
import { createWindowCache, type WindowCache } from './window-cache.ts'

/** What was committed before, asked by key. */
export interface Held {
  /** Those of the groups that have one. */
  windows(correlation: string, groups: readonly string[]): readonly WindowRow[]
  /** Windows that have to be looked at before that event time, ms. */
  due(before: number): readonly WindowKey[]
  /** What alerts are made of; what is no longer kept is left out. */
  bodies(signals: readonly number[]): ReadonlyMap<number, SignalBody>
}

export interface StepParts {
  readonly held: Held
  readonly judge: Judge
  /** A number for a new signal. */
  readonly number: () => number
  /** Whether its causes may have gone unheard for a part of that time: then what is missing says nothing. */
  readonly isBlind: (correlation: Correlation, since: number, until: number) => boolean
}

/** What a step of the correlations led to: to be committed together. */
export interface Step {
  readonly windows: readonly WindowRow[]
  readonly closed: readonly WindowKey[]
  /** Firings that other correlations take; this step has shown them already. */
  readonly signals: readonly SignalRow[]
  readonly matches: readonly RatedMatch[]
  /** Ids of the filters and silences that held a firing back, one for each. */
  readonly suppressed: readonly string[]
  /** Those of which more was there than is kept exactly. */
  readonly bounded: readonly Correlation[]
}

/** The correlations of a ruleset, over what a store holds for them. */
export interface Correlator {
  readonly correlations: readonly Correlation[]
  readonly signals: Signals
  /** Whether some of the rules are baselines, whose matches come in later. */
  readonly hasBaselines: boolean
  /** Whether matches of the rule are signals of a correlation and raise no alert themselves. */
  readonly isSignal: (rule: string) => boolean
  /**
   * Looks at the signals, which are all that are left before the event time `until`, in the order of (time, event
   * id), and at what is due by then. What it answers must be committed before the next step.
   */
  step(pending: readonly PendingSignal[], until: number, parts: StepParts): Step
  /** A match that came after its time: looked at alone, as if nothing else had happened. */
  late(signal: SignalRow, parts: Pick<StepParts, 'judge' | 'number'>): Step
  /** The windows were removed from the store. */
  forget(windows: readonly WindowKey[]): void
}

export function createCorrelator({
  correlations,
  rules,
}: Pick<Ruleset, 'correlations' | 'rules'>): Correlator {
  const signals = createSignals(correlations)
  const plans = correlations.map((correlation): Plan => ({ correlation, analytic: analyticOf(correlation) }))
  const silent = new Set(rules.flatMap(({ id, signalOf }) => (signalOf === undefined ? [] : [id])))
  const isSignal = (rule: string): boolean => silent.has(rule)
  const cache = createWindowCache()
  return {
    correlations,
    signals,
    hasBaselines: rules.some(({ baseline }) => baseline !== undefined),
    isSignal,
    step: (pending, until, parts) => run(pending, until, { ...parts, plans, signals, cache, isSignal }),
    late(signal, parts) {
      const alone = {
        ...parts,
        // what is decided at the end of a window is not decided by a part of it
        plans: plans.filter(({ correlation }) => !correlation.decidedAtEnd),
        signals,
        isSignal,
        cache: createWindowCache(),
        held: { windows: () => [], due: () => [], bodies: () => new Map([[signal.n, signal.body]]) },
        isBlind: () => false,
      }
      return { ...run([signal], Infinity, alone), windows: [], closed: [], signals: [] }
    },
    forget: (windows) => windows.forEach(({ correlation, group }) => cache.drop(correlation, group)),
  }
}

interface Plan {
  readonly correlation: Correlation
  readonly analytic: Analytic<unknown>
}

interface Run extends StepParts {
  readonly plans: readonly Plan[]
  readonly signals: Signals
  readonly cache: WindowCache
  readonly isSignal: (rule: string) => boolean
}

type Groups = Map<string, Contribution[]>
type Waiting = Map<string, Groups>
type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }

interface Found {
  readonly group: string
  readonly firing: Firing
}

/** Those that are referred to first: what they fire is there for those that refer to them. */
function run(pending: readonly PendingSignal[], until: number, parts: Run): Step {
  const waiting: Waiting = new Map()
  for (const signal of pending) for (const use of signal.uses) take(waiting, signal, use)
  for (const { correlation, group } of parts.held.due(until)) contributionsOf(waiting, correlation, group)
  const step = emptyStep()
  const fired = new Map<number, SignalBody>()
  const chained = new Set<string>()
  for (const plan of parts.plans) {
    const { hash } = plan.correlation
    const groups = waiting.get(hash)
    if (groups === undefined) continue
    if (chained.has(hash)) for (const contributions of groups.values()) contributions.sort(byTime)
    const found = reduceGroups(plan, groups, until, parts, step)
    if (found.length === 0) continue
    const bodies = bodiesOf(found, parts.held, fired)
    for (const { group, firing } of found.sort(byFiring)) {
      const signal = fire(plan.correlation, group, firing, bodies, parts, step)
      if (signal === undefined) continue
      fired.set(signal.n, signal.body)
      for (const use of signal.uses) {
        take(waiting, signal, use)
        chained.add(use.correlation)
      }
    }
  }
  parts.cache.trim()
  return step
}

function emptyStep(): Writable<Step> {
  return { windows: [], closed: [], signals: [], matches: [], suppressed: [], bounded: [] }
}

function contributionsOf(waiting: Waiting, correlation: string, group: string): Contribution[] {
  let groups = waiting.get(correlation)
  if (groups === undefined) {
    groups = new Map()
    waiting.set(correlation, groups)
  }
  let found = groups.get(group)
  if (found === undefined) {
    found = []
    groups.set(group, found)
  }
  return found
}

function take(waiting: Waiting, { time, event, n }: PendingSignal, use: SignalUse): void {
  const { correlation, input, groups, values } = use
  const contribution = { time, event, n, input, values }
  for (const group of groups) contributionsOf(waiting, correlation, group).push(contribution)
}

function byTime(a: Contribution, b: Contribution): number {
  return a.time - b.time || (a.event < b.event ? -1 : Number(a.event > b.event))
}

function byFiring(a: Found, b: Found): number {
  const sooner = a.firing.time - b.firing.time
  if (sooner !== 0) return sooner
  if (a.firing.event !== b.firing.event) return a.firing.event < b.firing.event ? -1 : 1
  return a.group < b.group ? -1 : 1
}

/** Every group's state after what came, and what it fired. */
function reduceGroups(
  { correlation, analytic }: Plan,
  groups: Groups,
  until: number,
  { cache, held, isBlind }: Run,
  step: Writable<Step>,
): Found[] {
  const { hash } = correlation
  const states = cache.load(hash, groups, analytic, held)
  const found: Found[] = []
  let isBounded = false
  for (const [group, contributions] of groups) {
    const before = states.get(group)
    const { state, firings, deadline, expires, isBounded: is } = analytic.reduce(before, contributions, until)
    isBounded ||= is
    for (const firing of firings) if (!isUnheard(correlation, firing, isBlind)) found.push({ group, firing })
    if (state !== undefined) {
      states.set(group, state, analytic.size(state))
      step.windows.push(new ChangedWindow(hash, group, deadline, expires, analytic, state))
    } else if (before !== undefined) {
      states.delete(group)
      step.closed.push({ correlation: hash, group })
    }
  }
  if (isBounded) step.bounded.push(correlation)
  return found
}

/** Whether a cause was perhaps not heard of: that is told as blindness, and is no finding. */
function isUnheard(correlation: Correlation, { time }: Firing, isBlind: StepParts['isBlind']): boolean {
  const { type, timespan, lookback = timespan } = correlation
  return type === 'unexplained' && isBlind(correlation, time - timespan - lookback, time)
}

/** Written as JSON when it is committed, before anything changes it. */
class ChangedWindow implements WindowRow {
  readonly correlation: string
  readonly group: string
  readonly deadline: number | undefined
  readonly expires: number
  readonly #analytic: Analytic<unknown>
  readonly #state: unknown

  constructor(
    correlation: string,
    group: string,
    deadline: number | undefined,
    expires: number,
    analytic: Analytic<unknown>,
    state: unknown,
  ) {
    this.correlation = correlation
    this.group = group
    this.deadline = deadline
    this.expires = expires
    this.#analytic = analytic
    this.#state = state
  }

  get state(): unknown {
    return this.#analytic.toJson(this.#state)
  }
}

function bodiesOf(
  found: readonly Found[],
  held: Held,
  fired: ReadonlyMap<number, SignalBody>,
): ReadonlyMap<number, SignalBody> {
  const wanted = new Set(found.flatMap(({ firing }) => firing.members))
  const stored = held.bodies([...wanted].filter((n) => !fired.has(n)))
  return fired.size === 0 ? stored : new Map([...stored, ...fired])
}

/** A firing becomes a match, held back or rated as any other; a signal too where correlations refer to it. */
function fire(
  correlation: Correlation,
  group: string,
  firing: Firing,
  known: ReadonlyMap<number, SignalBody>,
  { judge, signals, isSignal, number }: Run,
  step: Writable<Step>,
): SignalRow | undefined {
  const bodies = firing.members.flatMap((n) => known.get(n) ?? [])
  const event = eventOfFiring(correlation, group, firing, bodies)
  const match: Match = { rule: correlation.rule, event }
  const suppressed = judge.suppressedBy(match)
  if (suppressed !== undefined) {
    step.suppressed.push(suppressed)
    return undefined
  }
  const evidence = evidenceOfFiring(bodies)
  if (!isSignal(correlation.rule.id)) {
    const entity = groupEntity(correlation, group, event)
    const counted = { evidence, count: firing.count, ...(entity === undefined ? {} : { entity }) }
    step.matches.push({ ...judge.rate(match), ...counted })
  }
  const uses = signals.usesOf(correlation.rule.id, event)
  if (uses.length === 0) return undefined
  const { id, time, resource, source } = event
  const body = { evidence, resource, source }
  const signal = { n: number(), time, event: id, uses, body, expires: time + signals.spanOf(uses) }
  // it was shown: its place is before all others of its time
  step.signals.push({ ...signal, event: '' })
  return signal
}

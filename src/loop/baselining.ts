import { commitLearned, type BatchResult } from './commit-batch.ts'
import { crowdedBaseline, driftFinding, forgottenWords, inexactBaseline } from './baseline-findings.ts'
import { createKeyCache, type KeyCache } from './key-cache.ts'
import { createObserved } from './observed.ts'
import type { Finding } from '../domain/event.ts'
import { localHours } from '../domain/local-hour.ts'
import type { Match } from '../domain/match.ts'
import type { Route } from '../domain/notice.ts'
import type { BaselineRow, ObservedRow, SignalBody, SignalRow } from '../domain/state.ts'
import type { RatedMatch } from '../engine/alerting.ts'
import type {
  BaselineAnalytic,
  Surroundings,
  Ticked,
  Told,
  Trouble,
} from '../engine/baselines/baseline-analytic.ts'
import { addTo, TICK } from '../engine/baselines/cell.ts'
import { EPOCH, epochOf } from '../engine/baselines/holding.ts'
import { kindOf } from '../engine/baselines/kinds.ts'
import { createObserver, type Observer } from '../engine/baselines/observer.ts'
import { matchOfTold } from '../engine/baselines/told-match.ts'
import { evidenceOf } from '../engine/evidence.ts'
import type { Judge } from '../engine/judge.ts'
import type { Signals } from '../engine/signals.ts'
import type { Baseline, Ruleset } from '../sigma/sigma.ts'
import type { Store } from '../store/store.ts'
import { createTally, type Tally } from './tally.ts'

/** Keys, and entries of their states, that one step looks at. */
const A_STEP = { keys: 500, entries: 50_000 } as const
/** Keys of one baseline at most, and to what share they are brought down. */
const KEYS = 1_000_000
const ENOUGH = 0.9
/** Where nothing happens, how far the baselines came is written so often, ms of event time. */
const IDLE = 60_000
/** First observations that are remembered, so that no other keeps what an alert is made of. */
const FIRSTS = 200_000

export interface BaseliningParts {
  readonly store: Store
  readonly now: () => number
  readonly routes?: readonly Route[]
  readonly told?: (line: string) => void
  readonly arriving?: true
  /** IANA zone of hours and days; UTC unless told. */
  readonly zone?: string | undefined
  /** Keys of one baseline at most. */
  readonly keys?: number
  /** A number for a new signal. */
  readonly number: () => number
}

/** What is in force for a batch or a step. */
export interface Current {
  readonly ruleset: Ruleset
  readonly judge: Judge
  readonly signals: Signals
}

/** What a step led to, and how many signals and keys of baselines it wrote. */
export interface Stepped {
  readonly result: BatchResult | undefined
  readonly signals: number
  readonly keys: number
}

/** Between the matches of batches and the baselines, which see them by ticks of event time. */
export interface Baselining {
  /** What matches are to the baselines, to be committed with their batch. */
  take(matches: readonly RatedMatch[], current: Current, tally: Tally): readonly ObservedRow[]
  /** Everything before this event time is folded, ms; Infinity where there are no baselines. */
  place(): number
  /** The newest event time of which something may have been observed that is not folded, ms. */
  newest(): number
  /** So far they have to go though inputs have not come there, because too much waits; undefined where it does not. */
  pressed(): number | undefined
  /** How far the baselines can go next: whole ticks, and no hour before what is older has led to its alerts. */
  horizon(wanted: number, isEnd: boolean): number
  /** Folds what was observed before a horizon, in steps that are committed each on its own. */
  steps(horizon: number, current: () => Current): Generator<Stepped, void>
}

interface Plan {
  readonly baseline: Baseline
  readonly kind: BaselineAnalytic<unknown>
}

interface Known {
  readonly ruleset: Ruleset
  readonly observer: Observer
  readonly plans: ReadonlyMap<string, Plan>
}

export function createBaselining(parts: BaseliningParts): Baselining {
  const { store, now } = parts
  const observed = createObserved(store)
  const hourOf = localHours(parts.zone ?? 'UTC')
  const most = parts.keys ?? KEYS
  let place = store.baselinePlace() ?? -Infinity
  let changes = store.baselineChanges()
  let known: Known | undefined
  let counts = new Map(store.baselineKeyCounts())
  const firsts = new Map<string, number>()
  let written = place
  /** A horizon that is being gone to: what comes from now on for an earlier time is late. */
  let round: Round | undefined
  const reached = (): number => round?.horizon ?? place
  let cache: KeyCache = createKeyCache(store)

  const plansOf = ({ ruleset }: Current): Known => {
    if (known?.ruleset === ruleset) return known
    const gone = store.keepBaselinesOf(new Set(ruleset.baselines.map(({ hash }) => hash)))
    const before = known?.ruleset.baselines ?? []
    for (const line of forgottenWords(gone, before, ruleset.baselines)) parts.told?.(line)
    const plans = new Map(
      ruleset.baselines.map((baseline) => [baseline.hash, { baseline, kind: kindOf(baseline) }]),
    )
    cache = createKeyCache(store)
    known = { ruleset, observer: createObserver(ruleset.baselines), plans }
    return known
  }

  /** What an alert is made of is kept where it may be needed: most of what is observed is as it always was. */
  const isNeeded = ({ baseline, kind }: Plan, key: string, slot: string, time: number): boolean => {
    const state = cache.get(baseline.hash, key, kind)
    // what is known of a key by now is all that came before, but for the lateness
    if (state === undefined && parts.arriving === true && time - place < baseline.learning.span) return false
    if (!kind.mayTell(state, slot, time)) return false
    if (!kind.tellsOnce) return true
    const name = `${baseline.hash}${key}\n${slot}`
    const first = firsts.get(name)
    if (first !== undefined && first >= place && time > first) return false
    if (firsts.size >= FIRSTS) firsts.clear()
    firsts.set(name, time)
    return true
  }

  const surroundingsAt = (until: number, baseline: Baseline, troubles: Troubles): Surroundings => ({
    until,
    hourOf,
    troubles,
    isBlind: (since, end) => store.wasBlind(baseline.rule.strategy, since, end),
  })

  const tooMany = (keys: readonly BaselineRow[], plans: Known['plans'], findings: Finding[]) => {
    // at most so many: one that was there before is counted again
    for (const { baseline } of keys) counts.set(baseline, (counts.get(baseline) ?? 0) + 1)
    if (![...counts.values()].some((count) => count > most)) return []
    counts = new Map(store.baselineKeyCounts())
    const kept = new Set(keys.map(({ baseline, key }) => `${baseline}${key}`))
    return [...plans.values()].flatMap(({ baseline }) => {
      const count = counts.get(baseline.hash) ?? 0
      if (count <= most) return []
      findings.push(crowdedBaseline(baseline, most, now()))
      const stale = store
        .stalestBaselines(baseline.hash, count - Math.floor(most * ENOUGH))
        .filter((each) => !kept.has(`${each.baseline}${each.key}`))
      for (const { key } of stale) cache.drop(baseline.hash, key)
      counts.set(baseline.hash, count - stale.length)
      return stale
    })
  }

  const isOther = (): void => {
    if (store.baselineChanges() === changes) return
    changes = store.baselineChanges()
    cache = createKeyCache(store)
  }

  const isDue = (until: number): boolean => (store.nextDueBaseline() ?? Infinity) <= until

  const oneStep = (
    { horizon, since, work, troubles }: Round,
    { judge, signals }: Current,
    plans: Known['plans'],
  ): Step & { readonly isDone: boolean } => {
    const step: Step = { rows: [], matches: [], signals: [], findings: [], tally: createTally() }
    const chosen = nextWork(work, (limit) => store.dueBaselines(horizon, limit))
    const isLast = chosen.length < A_STEP.keys
    let [entries, done] = [0, 0]
    for (const { hash, key, cells } of chosen) {
      done += 1
      const plan = plans.get(hash)
      // of a baseline that is gone since
      if (plan === undefined) continue
      const { baseline, kind } = plan
      const judged = kind.judge(
        cache.get(hash, key, kind),
        cells,
        surroundingsAt(horizon, baseline, troubles),
      )
      if (judged.state !== undefined) entries += keep(judged, { hash, key, kind, cache }, step)
      if (judged.isBounded) step.findings.push(inexactBaseline(baseline, key, now()))
      for (const told of judged.told) {
        if (told.reason === 'drift') step.findings.push(driftFinding(baseline, key, now()))
        tell(told, { baseline, key, judge, signals, number: parts.number, since }, step)
      }
      if (entries > A_STEP.entries) break
    }
    // what is due is asked for again
    for (const left of chosen.slice(done).reverse()) if (left.cells.length > 0) work.push(left)
    return { ...step, isDone: isLast && done === chosen.length }
  }

  return {
    place: () => (known !== undefined && known.plans.size === 0 ? Infinity : place),
    take(matches, current, tally) {
      const { observer, plans } = plansOf(current)
      if (plans.size === 0) return []
      isOther()
      const batch = observed.batch()
      for (const { match } of matches) {
        if (!observer.takes(match.rule.id)) continue
        const { time } = match.event
        // what is late is looked at now
        if (time < reached()) tally.late(match.rule.id)
        const tick = Math.floor(Math.max(time, reached()) / TICK) * TICK
        let whole: SignalBody | undefined
        let bare: SignalBody | undefined
        observer.observe(match, (baseline, key, observation) => {
          const plan = plans.get(baseline.hash)
          if (plan === undefined) return
          addTo(batch.cell(tick, baseline.hash, key), observation, () =>
            !isNeeded(plan, key, observation.slot, time)
              ? undefined
              : plan.kind.keepsEvidence
                ? (whole ??= bodyOf(match))
                : (bare ??= { evidence: [], resource: match.event.resource, source: match.event.source }),
          )
        })
      }
      return batch.rows()
    },
    pressed: () => (parts.arriving === true ? observed.pressing() : undefined),
    newest: () => (store.newestObserved() ?? -Infinity) + TICK - 1,
    horizon(wanted, isEnd) {
      if (round !== undefined) return round.horizon
      // nothing more can come of the tick that is last
      const ticks = (isEnd ? Math.ceil(wanted / TICK) : Math.floor(wanted / TICK)) * TICK
      const next = Math.min(observed.firstEpoch() ?? Infinity, store.nextDueBaseline() ?? Infinity)
      if (next >= ticks) return ticks
      const epoch = epochOf(Math.max(next, place))
      return Math.min(ticks, epoch > place ? epoch : epoch + EPOCH)
    },
    *steps(horizon, current) {
      if (plansOf(current()).plans.size === 0 || horizon <= place) return
      isOther()
      round ??= {
        horizon,
        since: place,
        work: worksOf(observed.take(place, horizon)),
        troubles: troublesOf(store),
      }
      // time passes, and nothing happened
      if (round.work.length === 0 && horizon - written < IDLE && !isDue(horizon)) {
        place = horizon
        round = undefined
        return
      }
      const { horizon: end } = round
      while (round !== undefined) {
        const here = current()
        const step = oneStep(round, here, plansOf(here).plans)
        const { isDone } = step
        const dropped = tooMany(step.rows, plansOf(here).plans, step.findings)
        const commit = { keys: step.rows, dropped, ...(isDone ? { place: end } : {}) }
        const result = commitLearned({ ...step, commit }, parts)
        cache.trim()
        if (isDone) {
          place = end
          written = end
          round = undefined
        }
        yield { result, signals: step.signals.length, keys: step.rows.length }
      }
    },
  }
}

type Troubles = (entity: string, since: number, until: number) => readonly Trouble[]

/** Asked once for what many keys of a round ask. */
function troublesOf(store: Pick<Store, 'troubles'>): Troubles {
  const known = new Map<string, readonly Trouble[]>()
  return (entity, since, until) => {
    const name = `${since} ${until} ${entity}`
    const found = known.get(name) ?? store.troubles(entity, since, until)
    if (known.size > FIRSTS) known.clear()
    known.set(name, found)
    return found
  }
}

interface Round {
  readonly horizon: number
  readonly since: number
  readonly work: Work[]
  readonly troubles: Troubles
}

interface Work {
  readonly hash: string
  readonly key: string
  readonly cells: readonly Ticked[]
}

interface Step {
  readonly rows: BaselineRow[]
  readonly matches: RatedMatch[]
  readonly signals: SignalRow[]
  readonly findings: Finding[]
  readonly tally: Tally
}

function worksOf(taken: ReadonlyMap<string, ReadonlyMap<string, readonly Ticked[]>>): Work[] {
  const work: Work[] = []
  for (const [hash, keys] of taken) for (const [key, cells] of keys) work.push({ hash, key, cells })
  return work.reverse()
}

/** What was observed, then what is due though nothing was. */
function nextWork(
  work: Work[],
  due: (limit: number) => readonly { readonly baseline: string; readonly key: string }[],
): readonly Work[] {
  const chosen = work.splice(-A_STEP.keys).reverse()
  if (chosen.length === A_STEP.keys) return chosen
  const taken = new Set(chosen.map(({ hash, key }) => `${hash}${key}`))
  for (const { baseline, key } of due(A_STEP.keys))
    if (chosen.length < A_STEP.keys && !taken.has(`${baseline}${key}`))
      chosen.push({ hash: baseline, key, cells: [] })
  return chosen
}

/** How many entries it holds. */
function keep(
  { state, status, deadline, expires }: ReturnType<BaselineAnalytic<unknown>['judge']>,
  { hash, key, kind, cache }: Pick<Plan, 'kind'> & { hash: string; key: string; cache: KeyCache },
  step: Step,
): number {
  const size = kind.size(state)
  cache.set(hash, key, state, size)
  const past = kind.pastJson(state)
  step.rows.push({
    baseline: hash,
    key,
    state: kind.toJson(state),
    ...(past === undefined ? {} : { past }),
    status,
    last: kind.last(state),
    deadline,
    expires,
  })
  return size
}

function tell(
  told: Told,
  about: {
    readonly baseline: Baseline
    readonly key: string
    readonly judge: Judge
    readonly signals: Signals
    readonly number: () => number
    /** Signals are looked at from then on. */
    readonly since: number
  },
  { matches, signals, tally }: Step,
): void {
  const { baseline, key, judge } = about
  const { match, evidence, count, entity } = matchOfTold(baseline, key, told)
  const by = judge.suppressedBy(match)
  if (by !== undefined) {
    tally.suppressed(by)
    return
  }
  const more = { evidence, count, ...(entity === undefined ? {} : { entity }) }
  if (baseline.alert) matches.push({ ...judge.rate(match), ...more })
  const uses = about.signals.usesOf(match.rule.id, match.event)
  if (uses.length === 0) return
  const { id, resource, source } = match.event
  const time = Math.max(told.time, about.since)
  const body = { evidence, resource, source }
  signals.push({ n: about.number(), time, event: id, uses, body, expires: time + about.signals.spanOf(uses) })
}

function bodyOf(match: Match): SignalBody {
  const { event } = match
  return { evidence: [evidenceOf(match)], resource: event.resource, source: event.source }
}

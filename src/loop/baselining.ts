import { commitLearned, type BatchResult } from './commit-batch.ts'
import { crowdedBaseline, forgottenWords } from './baseline-findings.ts'
import { newRound, type Round } from './baseline-round.ts'
import { oneStep, type Plan } from './baseline-step.ts'
import { inOrder, isToldBefore, tell } from './baseline-telling.ts'
import { createKeyCache, type KeyCache } from './key-cache.ts'
import { createObserved } from './observed.ts'
import type { Finding } from '../domain/event.ts'
import { localHours } from '../domain/local-hour.ts'
import type { Match } from '../domain/match.ts'
import type { Route } from '../domain/notice.ts'
import type { BaselineRow, ObservedRow, SignalBody } from '../domain/state.ts'
import type { RatedMatch } from '../engine/alerting.ts'
import { addTo, TICK } from '../engine/baselines/cell.ts'
import { EPOCH, epochOf } from '../engine/baselines/holding.ts'
import { kindOf } from '../engine/baselines/kinds.ts'
import { createObserver, type Observer } from '../engine/baselines/observer.ts'
import { evidenceOf } from '../engine/evidence.ts'
import type { Judge } from '../engine/judge.ts'
import type { Signals } from '../engine/signals.ts'
import type { Ruleset } from '../sigma/sigma.ts'
import type { Store } from '../store/store.ts'
import type { Tally } from './tally.ts'

/** Keys of one baseline at most. */
const KEYS = 1_000_000
/** Where nothing happens, how far the baselines came is written so often, ms of event time. */
const IDLE = 60_000
/** What was told of several steps that one commit makes alerts of. */
const TOLD_AT_ONCE = 200
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
  /** Event time up to which the inputs were heard that may tell what these rules match, by their ids, ms. */
  readonly heardUntil?: (rules: ReadonlySet<string>) => number
  /** Whether nobody listened for a part of that time. */
  readonly stoodStill?: (since: number, until: number) => boolean
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
  /** The newest event time of which something may have been observed, or told, that is not looked at, ms. */
  newest(): number
  /** So far they have to go though inputs have not come there, because too much waits; undefined where it does not. */
  pressed(): number | undefined
  /** How far the baselines can go next: whole ticks, and no hour before what is older has led to its alerts. */
  horizon(wanted: number, isEnd: boolean): number
  /** Where they came further than that: a clock ran ahead and was set right. They go on from then, ms. */
  setBack(most: number, to: number): void
  /** Folds what was observed before a horizon, in steps that are committed each on its own. */
  steps(horizon: number, current: () => Current): Generator<Stepped, void>
}

interface Known {
  readonly ruleset: Ruleset
  readonly observer: Observer
  readonly plans: ReadonlyMap<string, Plan>
}

export function createBaselining(parts: BaseliningParts): Baselining {
  const { store, now, stoodStill = () => false, heardUntil = () => Infinity } = parts
  let observed = createObserved(store)
  const hourOf = localHours(parts.zone ?? 'UTC')
  const most = parts.keys ?? KEYS
  let place = store.baselinePlace() ?? -Infinity
  let changes = store.baselineChanges()
  let known: Known | undefined
  const firsts = new Map<string, number>()
  let written = place
  /** What was told before is alerts and signals. */
  let told = isToldBefore(store.keptTold(1), place) ? -Infinity : place
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
    const { state } = cache.get(baseline.hash, key, kind)
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

  const tooMany = (keys: readonly BaselineRow[], plans: Known['plans'], findings: Finding[]) => {
    const crowded = [...store.baselineKeyCounts()].filter(([, count]) => count > most)
    if (crowded.length === 0) return []
    const kept = new Set(keys.map(({ baseline, key }) => `${baseline}${key}`))
    return crowded.flatMap(([hash, count]) => {
      const baseline = plans.get(hash)?.baseline
      if (baseline === undefined) return []
      findings.push(crowdedBaseline(baseline, most, now()))
      const stale = store
        .stalestBaselines(hash, count - most)
        .filter((each) => !kept.has(`${hash}${each.key}`))
      for (const { key } of stale) cache.drop(hash, key)
      return stale
    })
  }

  const isOther = (): void => {
    if (store.baselineChanges() === changes) return
    changes = store.baselineChanges()
    cache = createKeyCache(store)
  }

  const isDue = (until: number): boolean => (store.nextDueBaseline() ?? Infinity) <= until

  const finish = ({ horizon, toldIsKept }: Round): void => {
    place = horizon
    written = horizon
    if (!toldIsKept) told = horizon
    round = undefined
  }

  function* tellKept(current: () => Current): Generator<Stepped, void> {
    while (told < place) {
      const kept = store.keptTold(TOLD_AT_ONCE)
      const here = current()
      const made = tell(kept, plansOf(here).plans, { ...here, number: parts.number })
      const learned = { keys: [], dropped: [], over: place, taken: kept.map(({ n }) => n) }
      const result =
        kept.length === 0 ? undefined : commitLearned({ ...made, findings: [], commit: learned }, parts)
      if (kept.length < TOLD_AT_ONCE) told = place
      yield { result, signals: made.signals.length, keys: kept.length }
    }
  }

  return {
    place: () => (known !== undefined && known.plans.size === 0 ? Infinity : told),
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
    setBack(most, to) {
      if (place <= most) return
      place = Math.floor(to / TICK) * TICK
      ;[told, written, round] = [place, -Infinity, undefined]
      // what the round had taken is there again
      observed = createObserved(store)
    },
    pressed: () => (parts.arriving === true ? observed.pressing() : undefined),
    newest: () =>
      Math.max((store.newestObserved() ?? -Infinity) + TICK - 1, told < place ? place : -Infinity),
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
      if (plansOf(current()).plans.size === 0 || horizon <= told) return
      isOther()
      yield* tellKept(current)
      if (horizon <= place) return
      round ??= newRound(place, horizon, observed, store)
      // time passes, and nothing happened
      if (round.work.length === 0 && horizon - written < IDLE && !isDue(horizon)) {
        place = horizon
        told = horizon
        round = undefined
        return
      }
      for (let isDone = false; !isDone;) {
        const here = current()
        const { plans } = plansOf(here)
        const step = oneStep(round, { plans, cache, store, hourOf, now, stoodStill, heardUntil })
        isDone = step.isDone
        // of a round of several steps it waits until all is there: alerts are made in the order of time
        round.toldIsKept ||= !isDone && step.told.length > 0
        const learned = {
          keys: step.rows,
          dropped: [...step.dropped, ...tooMany(step.rows, plans, step.findings)],
          over: place,
          ...(round.toldIsKept ? { told: step.told } : {}),
          ...(isDone ? { place: round.horizon } : {}),
        }
        const made = tell(round.toldIsKept ? [] : inOrder(step.told), plans, {
          ...here,
          number: parts.number,
        })
        const result = commitLearned({ ...made, findings: step.findings, commit: learned }, parts)
        cache.trim()
        if (isDone) finish(round)
        yield { result, signals: made.signals.length, keys: step.rows.length }
      }
      yield* tellKept(current)
    },
  }
}

function bodyOf(match: Match): SignalBody {
  const { event } = match
  return { evidence: [evidenceOf(match)], resource: event.resource, source: event.source }
}

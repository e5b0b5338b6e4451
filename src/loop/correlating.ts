import { commitLearned, commitStep, type BatchResult, type Taking } from './commit-batch.ts'
import { astrayFinding, crowdedFinding, goneWords, lateFinding, leapFinding } from './correlation-findings.ts'
import { createBaselining } from './baselining.ts'
import { createClockLeaps } from './clock-leaps.ts'
import type { Detection } from '../detection.ts'
import type { Route } from '../domain/notice.ts'
import type { PendingSignal, SignalRow } from '../domain/state.ts'
import type { RatedMatch } from '../engine/alerting.ts'
import { createCorrelator, type Correlator, type Held, type StepParts } from '../engine/correlate.ts'
import type { Judge } from '../engine/judge.ts'
import { createGroupBounds } from './group-bounds.ts'
import type { Ruleset } from '../sigma/sigma.ts'
import type { SignalPlace } from '../store/signals.ts'
import type { Store } from '../store/store.ts'
import { createTally } from './tally.ts'
import { unheard } from './unheard.ts'

/** Signals, and windows that are due, that one step looks at. */
const A_STEP = 5_000
/** What is done between two yields, in signals and keys that are looked at, and what a commit counts for. */
const A_TURN = 1_000
const A_COMMIT = 25
/** Signals of one instant that one step looks at, so that their order does not depend on where steps end. */
const AN_INSTANT = 100_000
/** Where nothing happens, how far the correlations came is written so often, ms of event time. */
const IDLE = 60_000

export interface CorrelatingParts {
  readonly store: Store
  /** Asked anew, so that a reload counts from the next batch on. */
  readonly detection: () => { readonly ruleset: Ruleset; readonly judge: Judge }
  readonly now: () => number
  readonly routes?: readonly Route[]
  /** Signals that wait at most, where inputs go on: beyond, they are looked at before their time. */
  readonly waiting?: number
  /** One line for people. */
  readonly told?: (line: string) => void
  /** Records are read as they arrive: what is dated far ahead of the clock is dated by it. */
  readonly arriving?: true
  /** Event time up to which the inputs were heard that may tell what these rules match, by their ids, ms. */
  readonly heardUntil?: (rules: ReadonlySet<string>) => number
  /** The process's own clock, which nobody sets, ms. */
  readonly elapsed?: () => number
  /** IANA zone in which baselines know hours and days; UTC unless told. */
  readonly zone?: string | undefined
  /** Keys of one baseline at most. */
  readonly keys?: number
  /** Whose assumptions are judged, where coverage is kept. */
  readonly strategies?: (() => Detection['strategies']) | undefined
}

/** Between the matches of batches and the correlations, which see them in the order of their event times. */
export interface Correlating extends Taking {
  /**
   * Shows the baselines and correlations what is before the watermark, in steps that are committed each on its own
   * when they are asked for: one that led to something, or several that nobody need know of.
   */
  steps(watermark: number): Generator<BatchResult | undefined, void>
}

export function createCorrelating(parts: CorrelatingParts): Correlating {
  const { store, detection, now } = parts
  const stored = store.signalPlace()
  let place: SignalPlace = stored.place ?? { time: BEFORE_ALL, event: '', n: 0 }
  let written = place.time
  let { last, waiting } = stored
  let newest = BEFORE_ALL
  let known: { readonly ruleset: Ruleset; readonly correlator: Correlator } | undefined
  const bounds = createGroupBounds(store)
  const number = (): number => (last += 1)
  const held: Held = {
    windows: (correlation, groups) => store.windows(correlation, groups),
    due: (before) => store.dueWindows(before, Number.MAX_SAFE_INTEGER),
    bodies: (signals) => store.signalBodies(signals),
  }

  /** Rules whose matches were signals, where no coverage says who is heard. */
  const heard = new Set<string>()
  const isUnheard = unheard({
    store,
    ruleset: () => detection().ruleset,
    strategies: parts.strategies ?? (() => []),
  })
  const isBlind: StepParts['isBlind'] = (correlation, since, until) =>
    (parts.strategies === undefined && !correlation.inputs.slice(1).some(({ rule }) => heard.has(rule))) ||
    isUnheard(correlation, since, until)

  const leaps = createClockLeaps(now, parts.elapsed ?? (() => performance.now()))
  const baselining = createBaselining({ ...parts, number, stoodStill: leaps.stoodStill })

  const current = (): { readonly correlator: Correlator; readonly judge: Judge } => {
    const { ruleset, judge } = detection()
    if (known?.ruleset !== ruleset) {
      const correlator = createCorrelator(ruleset)
      const gone = store.keepWindowsOf(new Set(ruleset.correlations.map(({ hash }) => hash)))
      const before = known?.correlator.correlations ?? []
      for (const line of goneWords(gone, before, ruleset.correlations)) parts.told?.(line)
      known = { ruleset, correlator }
    }
    return { correlator: known.correlator, judge }
  }

  const learning = () => {
    const { correlator, judge } = current()
    return { ruleset: detection().ruleset, judge, signals: correlator.signals }
  }

  const isLate = ({ time, event }: Pick<SignalRow, 'time' | 'event'>): boolean =>
    time < place.time || (time === place.time && event <= place.event)

  /** A clock that ran ahead, and was set right, must not make all that comes until then late. */
  let astray: number | undefined
  const backFromTheFuture = (): void => {
    if (parts.arriving !== true) return
    baselining.setBack(now() + AHEAD, now())
    if (place.time <= now() + AHEAD) return
    astray = place.time
    place = { time: now(), event: '', n: 0 }
    written = -Infinity
  }

  /** What was done since somebody else could do something. */
  let effort = 0
  const isTired = (result: BatchResult | undefined): boolean => {
    if (result === undefined && effort < A_TURN) return false
    effort = 0
    return true
  }

  const oneStep = (until: number, crowded: boolean): BatchResult | undefined => {
    const { correlator, judge } = current()
    const { pending, end } = nextSignals(store, place, until)
    const { seen, next } = withinDue(store, pending, end)
    const isIdle = seen.length === 0 && store.dueWindows(next.time, 1).length === 0
    effort += isIdle ? 0 : seen.length
    if (isIdle && next.time - written < IDLE) {
      place = next
      return undefined
    }
    effort += A_COMMIT
    const step = correlator.step(seen, next.time, { held, judge, number, isBlind })
    waiting -= seen.length
    const { stale, findings } = bounds.look(step, correlator, now())
    if (crowded) findings.push(crowdedFinding(now()))
    if (astray !== undefined) findings.push(astrayFinding(astray, now()))
    astray = undefined
    const tally = createTally()
    for (const by of step.suppressed) tally.suppressed(by)
    const closed = [...step.closed, ...stale]
    const correlations = { place: next, windows: step.windows, closed, over: next.time }
    const result = commitStep({ step, correlations, findings, tally }, parts)
    place = next
    written = next.time
    return result
  }

  const tellLeap = (by: number): BatchResult | undefined => {
    const findings = [leapFinding(by, now())]
    return commitLearned({ matches: [], signals: [], findings, tally: createTally() }, parts)
  }

  return {
    reached(time) {
      if (time > newest) newest = time
    },
    take(input, matches, tally) {
      const { correlator, judge } = current()
      backFromTheFuture()
      const observed = baselining.take(matches, learning(), tally)
      if (correlator.correlations.length === 0)
        return {
          matches: matches.filter(({ match }) => !correlator.isSignal(match.rule.id)),
          signals: [],
          observed,
          findings: [],
        }
      const alerting: RatedMatch[] = []
      const signals: SignalRow[] = []
      const late: SignalRow[] = []
      for (const rated of matches) {
        const { id } = rated.match.rule
        if (!correlator.isSignal(id)) alerting.push(rated)
        const signal = correlator.signals.of(rated.match)
        if (signal === undefined) continue
        if (parts.strategies === undefined) heard.add(id)
        const row = { n: number(), ...signal }
        if (!isLate(row)) {
          signals.push(row)
          continue
        }
        late.push(row)
        tally.late(id)
        const step = correlator.late(row, { judge, number })
        alerting.push(...step.matches)
        for (const by of step.suppressed) tally.suppressed(by)
      }
      waiting += signals.length
      return {
        matches: alerting,
        signals,
        observed,
        findings: late.length === 0 ? [] : [lateFinding(input, late, now())],
      }
    },
    *steps(promised) {
      const { correlator } = current()
      if (correlator.correlations.length === 0 && !correlator.hasBaselines) return
      const watermark = parts.arriving === true ? leaps.believed(promised) : promised
      const by = leaps.leapt()
      if (by !== undefined) yield tellLeap(by)
      backFromTheFuture()
      // the end of what there is is not the end of time: windows that are open stay open
      const wanted =
        watermark === Infinity
          ? Math.max(newest, newestSignal(store, place), baselining.newest()) + 1
          : watermark
      const most = parts.waiting ?? Infinity
      const forced = waiting > most ? (store.crowdedSince(place, Math.ceil(most * ENOUGH)) ?? wanted) : wanted
      const until = Math.max(wanted, forced, baselining.pressed() ?? -Infinity)
      while (place.time < until) {
        if (baselining.place() < until) {
          const horizon = baselining.horizon(until, watermark === Infinity)
          for (const { result, signals, keys } of baselining.steps(horizon, learning)) {
            waiting += signals
            effort += A_COMMIT + keys
            if (isTired(result)) yield result
          }
        }
        // nothing is looked at before what baselines tell of that time
        const reach = Math.min(until, baselining.place())
        if (reach <= place.time) return
        while (place.time < reach) {
          const result = oneStep(reach, until > wanted)
          if (isTired(result)) yield result
        }
      }
    },
  }
}

/** No record is dated further ahead of the clock than that, ms. */
const AHEAD = 86_400_000
/** Where too many wait they are brought down to this share, so that they are not at the bound all the time. */
const ENOUGH = 0.9
/** The first instant that a date can name, ms. */
const BEFORE_ALL = -8.64e15

function newestSignal(store: Store, place: SignalPlace): number {
  return store.crowdedSince(place, 0) ?? -Infinity
}

interface Next {
  readonly pending: readonly PendingSignal[]
  readonly end: SignalPlace
}

/** The signals before `until`, or as many as one step looks at: all of one instant, or none. */
function nextSignals(store: Store, place: SignalPlace, until: number): Next {
  const found = store.pendingSignals(place, until, A_STEP + 1)
  const last = found.at(-1)
  if (found.length <= A_STEP || last === undefined)
    return { pending: found.toSorted(bySignal), end: { time: until, event: '', n: 0 } }
  const whole = found.filter(({ time }) => time < last.time)
  if (whole.length > 0)
    return { pending: whole.toSorted(bySignal), end: { time: last.time, event: '', n: 0 } }
  const instant = store.pendingSignals(place, justAfter(last.time), AN_INSTANT)
  const { time, event, n } = instant.at(-1) ?? last
  return { pending: instant.toSorted(bySignal), end: { time, event, n } }
}

/** As reducers want them: the store compares bytes, not characters. */
function bySignal(a: PendingSignal, b: PendingSignal): number {
  if (a.time !== b.time) return a.time - b.time
  if (a.event !== b.event) return a.event < b.event ? -1 : 1
  return a.n - b.n
}

/** The step ends sooner where more windows are due than it looks at. */
function withinDue(
  store: Store,
  pending: readonly PendingSignal[],
  end: SignalPlace,
): { readonly seen: readonly PendingSignal[]; readonly next: SignalPlace } {
  const due = store.dueWindows(end.time, A_STEP + 1)
  const [first, last] = [due[0]?.deadline ?? 0, due.at(-1)?.deadline ?? 0]
  if (due.length <= A_STEP) return { seen: pending, next: end }
  const time = last > first ? last : justAfter(first)
  return { seen: pending.filter((signal) => signal.time < time), next: { time, event: '', n: 0 } }
}

/** Later by less than two times differ, ms, and by enough to be told from the time itself, however far that is. */
function justAfter(time: number): number {
  return time + Math.max(0.001, Math.abs(time) * Number.EPSILON)
}

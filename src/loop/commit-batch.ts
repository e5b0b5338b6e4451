import type { Covering } from './covering.ts'
import type { Decided } from './decide.ts'
import type { CoverageCommit } from '../domain/coverage.ts'
import type { Finding } from '../domain/event.ts'
import type { Match } from '../domain/match.ts'
import type { Route } from '../domain/notice.ts'
import type { FoldOutput, ObservedRow, SignalRow } from '../domain/state.ts'
import { fold, stateKeys, type RatedMatch } from '../engine/alerting.ts'
import type { Step } from '../engine/correlate.ts'
import type { Judge } from '../engine/judge.ts'
import { noticesOf } from '../engine/notices.ts'
import type { InputBatch } from '../inputs/input.ts'
import type { BaselineCommit } from '../store/baselines.ts'
import type { CorrelationCommit } from '../store/signals.ts'
import type { Commit, Counters, Store } from '../store/store.ts'
import { createTally, type Tally } from './tally.ts'

/** One batch of an input, whose records are decided and evaluated. */
export interface EvaluatedBatch extends Pick<Commit, 'streams' | 'bodies' | 'rests'> {
  readonly input: string
  readonly batch: Pick<InputBatch, 'checkpoint' | 'position' | 'committed' | 'unreadable'>
  readonly tally: Tally
  readonly decided: Decided
  /** In the order of the events, of one event in that of the rules. */
  readonly matches: readonly Match[]
}

/** What becomes of the matches of a batch. */
export interface Taken {
  /** They raise alerts. */
  readonly matches: readonly RatedMatch[]
  readonly signals: readonly SignalRow[]
  readonly observed?: readonly ObservedRow[]
  readonly findings: readonly Finding[]
}

/** What correlations ask of a batch. */
export interface Taking {
  /** Matches that correlations take are to be committed with the batch; what is late is looked at at once. */
  take(input: string, matches: readonly RatedMatch[], tally: Tally): Taken
  /** The newest event was of this time, ms. */
  reached(time: number): void
}

export interface CommitParts {
  readonly store: Store
  readonly judge: Judge
  readonly now: () => number
  readonly correlating: Taking
  readonly routes?: readonly Route[]
  /** Where coverage is kept. */
  readonly covering?: Covering | undefined
}

export interface BatchResult {
  readonly input: string
  readonly counters: Counters
  /** Files or streams that could not be read at all, or not to their end. */
  readonly unreadable: InputBatch['unreadable']
  readonly findings: readonly Finding[]
  readonly alerts: readonly {
    readonly id: string
    readonly opened: boolean
    readonly posture: boolean
    readonly incident: string
  }[]
}

/** Judges and folds what matched, and commits all that the batch led to as one. */
export function commitBatch(
  { input, batch, tally, decided, matches: found, streams, bodies, rests }: EvaluatedBatch,
  { store, judge, now, correlating, covering, routes = [] }: CommitParts,
): BatchResult {
  const rated: RatedMatch[] = []
  for (const match of found) {
    const held = judge.suppressedBy(match)
    if (held === undefined) rated.push(judge.rate(match))
    else tally.suppressed(held)
  }
  const { matches, signals, findings: late, observed = [] } = correlating.take(input, rated, tally)
  const before = store.load(stateKeys(matches))
  const output = fold(before, matches)
  const at = now()
  const { newest, made: _made, ...rows } = decided
  correlating.reached(newest)
  const findings = [...rows.findings, ...late]
  const outbox = noticesOf({ routes, before, output, findings, at })
  const { counters, failures } = tally.total()
  const coverage = covering?.batch(input, counters, findings)
  store.commit({
    at,
    input,
    checkpoint: batch.checkpoint,
    streams: latest(streams),
    bodies,
    rests: rests ?? [],
    position: batch.position,
    promised: batch.committed !== undefined,
    counters,
    failures,
    ...rows,
    findings,
    ...(coverage !== undefined && { coverage }),
    signals,
    observed,
    output,
    outbox,
  })
  return { input, counters, unreadable: batch.unreadable, findings, alerts: alertsOf(output) }
}

/** What a step of the correlations led to. */
export interface SteppedCorrelations {
  readonly step: Step
  readonly correlations: CorrelationCommit
  readonly findings: readonly Finding[]
  readonly tally: Tally
}

/** Folds what correlations fired, and commits it with what they remember as one; undefined where nobody need know. */
export function commitStep(
  { step, correlations, findings, tally }: SteppedCorrelations,
  { store, now, routes = [] }: Pick<CommitParts, 'store' | 'now' | 'routes'>,
): BatchResult | undefined {
  const before = store.load(stateKeys(step.matches))
  const output = fold(before, step.matches)
  const at = now()
  const { counters } = tally.total()
  store.commit({
    at,
    ...OF_NO_INPUT,
    input: CORRELATIONS,
    counters,
    findings,
    signals: step.signals,
    correlations,
    output,
    outbox: noticesOf({ routes, before, output, findings, at }),
  })
  const alerts = alertsOf(output)
  if (alerts.length + findings.length === 0) return undefined
  return { input: CORRELATIONS, counters, unreadable: [], findings, alerts }
}

/** What a step of the baselines led to. */
export interface SteppedBaselines {
  readonly matches: readonly RatedMatch[]
  readonly signals: readonly SignalRow[]
  readonly findings: readonly Finding[]
  readonly tally: Tally
  readonly commit?: BaselineCommit
}

/** Folds what baselines told, and commits it with what they learned as one; undefined where nobody need know. */
export function commitLearned(
  { matches, signals, findings, tally, commit: baselines }: SteppedBaselines,
  { store, now, routes = [] }: Pick<CommitParts, 'store' | 'now' | 'routes'>,
): BatchResult | undefined {
  const before = store.load(stateKeys(matches))
  const output = fold(before, matches)
  const at = now()
  const { counters } = tally.total()
  store.commit({
    at,
    ...OF_NO_INPUT,
    input: BASELINES,
    counters,
    findings,
    signals,
    ...(baselines === undefined ? {} : { baselines }),
    output,
    outbox: noticesOf({ routes, before, output, findings, at }),
  })
  const alerts = alertsOf(output)
  if (alerts.length + findings.length === 0) return undefined
  return { input: BASELINES, counters, unreadable: [], findings, alerts }
}

/** Commits what was judged of coverage, by the clock; undefined where nobody need know. */
export function commitCoverage(
  { coverage, findings }: { readonly coverage: CoverageCommit; readonly findings: readonly Finding[] },
  { store, now, routes = [] }: Pick<CommitParts, 'store' | 'now' | 'routes'>,
): BatchResult | undefined {
  const at = now()
  const { counters } = createTally().total()
  const output = { alerts: [], incidents: [] }
  store.commit({
    at,
    ...OF_NO_INPUT,
    input: COVERAGE,
    counters,
    findings,
    coverage,
    output,
    outbox: noticesOf({ routes, before: output, output, findings, at }),
  })
  return findings.length === 0
    ? undefined
    : { input: COVERAGE, counters, unreadable: [], findings, alerts: [] }
}

/** What is committed without anything having been read. */
const OF_NO_INPUT = {
  streams: [],
  bodies: [],
  promised: false,
  failures: [],
  seen: [],
  released: [],
  containers: [],
  forgotten: [],
} as const

/** Stand where the name of an input does; inputs have no such name. */
const COVERAGE = '(coverage)'
const CORRELATIONS = '(correlations)'
const BASELINES = '(baselines)'

function alertsOf({ alerts }: FoldOutput): BatchResult['alerts'] {
  return alerts.map(({ alert, opened, posture }) => ({
    id: alert.id,
    opened,
    posture,
    incident: alert.incident,
  }))
}

function latest<T extends { readonly stream: string }>(streams: readonly T[]): readonly T[] {
  return [...new Map(streams.map((stream) => [stream.stream, stream])).values()]
}

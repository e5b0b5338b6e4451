import type { Decided } from './decide.ts'
import type { Finding } from './domain/event.ts'
import type { Match } from './domain/match.ts'
import type { Route } from './domain/notice.ts'
import { fold, stateKeys, type RatedMatch } from './engine/alerting.ts'
import type { Judge } from './engine/judge.ts'
import { noticesOf } from './engine/notices.ts'
import type { InputBatch } from './inputs/input.ts'
import type { Commit, Counters, Store } from './store/store.ts'
import type { Tally } from './tally.ts'

/** One batch of an input, whose records are decided and evaluated. */
export interface EvaluatedBatch extends Pick<Commit, 'streams' | 'bodies'> {
  readonly input: string
  readonly batch: Pick<InputBatch, 'checkpoint' | 'committed' | 'unreadable'>
  readonly tally: Tally
  readonly decided: Decided
  /** In the order of the events, of one event in that of the rules. */
  readonly matches: readonly Match[]
}

export interface CommitParts {
  readonly store: Store
  readonly judge: Judge
  readonly now: () => number
  readonly routes?: readonly Route[]
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
  { input, batch, tally, decided, matches: found, streams, bodies }: EvaluatedBatch,
  { store, judge, now, routes = [] }: CommitParts,
): BatchResult {
  const matches: RatedMatch[] = []
  for (const match of found) {
    const held = judge.suppressedBy(match)
    if (held === undefined) matches.push(judge.rate(match))
    else tally.suppressed(held)
  }
  const before = store.load(stateKeys(matches))
  const output = fold(before, matches)
  const at = now()
  const outbox = noticesOf({ routes, before, output, findings: decided.findings, at })
  const { counters, failures } = tally.total()
  store.commit({
    at,
    input,
    checkpoint: batch.checkpoint,
    streams: latest(streams),
    bodies,
    promised: batch.committed !== undefined,
    counters,
    failures,
    ...decided,
    output,
    outbox,
  })
  return {
    input,
    counters,
    unreadable: batch.unreadable,
    findings: decided.findings,
    alerts: output.alerts.map(({ alert, opened, posture }) => ({
      id: alert.id,
      opened,
      posture,
      incident: alert.incident,
    })),
  }
}

function latest<T extends { readonly stream: string }>(streams: readonly T[]): readonly T[] {
  return [...new Map(streams.map((stream) => [stream.stream, stream])).values()]
}

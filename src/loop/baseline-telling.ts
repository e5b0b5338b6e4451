import type { SignalRow, ToldRow } from '../domain/state.ts'
import type { RatedMatch } from '../engine/alerting.ts'
import type { Told } from '../engine/baselines/baseline-analytic.ts'
import { idOfTold, matchOfTold } from '../engine/baselines/told-match.ts'
import type { Judge } from '../engine/judge.ts'
import type { Signals } from '../engine/signals.ts'
import type { Baseline } from '../sigma/sigma.ts'
import { createTally, type Tally } from './tally.ts'

/** What is told of a key, and from when on signals are looked at, ms. */
type Body = readonly [baseline: string, key: string, since: number, told: Told]

export function toldRow(baseline: Baseline, key: string, told: Told, since: number): ToldRow {
  const body: Body = [baseline.hash, key, since, told]
  return { time: told.time, event: idOfTold(baseline, key, told), body }
}

/** Whether something was told in a round that is over: what comes of it is not there yet. */
export function isToldBefore(kept: readonly ToldRow[], place: number): boolean {
  return kept.some(({ body }) => (body as Body)[2] < place)
}

/** As the store answers it: the order must not depend on which key was looked at first. */
export function inOrder(told: readonly ToldRow[]): readonly ToldRow[] {
  return told.length < 2
    ? told
    : told.toSorted((a, b) => a.time - b.time || (a.event < b.event ? -1 : Number(a.event > b.event)))
}

/** What comes of what was told: matches of what alerts, and signals. Of baselines that are gone nothing. */
export function tell(
  told: readonly ToldRow[],
  plans: ReadonlyMap<string, { readonly baseline: Baseline }>,
  by: {
    readonly judge: Judge
    readonly signals: Signals
    /** A number for a new signal. */
    readonly number: () => number
  },
): {
  readonly matches: readonly RatedMatch[]
  readonly signals: readonly SignalRow[]
  readonly tally: Tally
} {
  const made: Made = { matches: [], signals: [], tally: createTally() }
  for (const { body } of told) {
    const [hash, key, since, its] = body as Body
    const plan = plans.get(hash)
    if (plan !== undefined) tellOne(its, { baseline: plan.baseline, key, since, ...by }, made)
  }
  return made
}

interface Made {
  readonly matches: RatedMatch[]
  readonly signals: SignalRow[]
  readonly tally: Tally
}

function tellOne(
  told: Told,
  {
    baseline,
    key,
    since,
    judge,
    signals: known,
    number,
  }: Parameters<typeof tell>[2] & { baseline: Baseline; key: string; since: number },
  { matches, signals, tally }: Made,
): void {
  const { match, evidence, count, entity } = matchOfTold(baseline, key, told)
  const by = judge.suppressedBy(match)
  if (by !== undefined) {
    tally.suppressed(by)
    return
  }
  const more = { evidence, count, ...(entity === undefined ? {} : { entity }) }
  if (baseline.alert) matches.push({ ...judge.rate(match), ...more })
  const uses = known.usesOf(match.rule.id, match.event)
  if (uses.length === 0) return
  const { id, resource, source } = match.event
  const time = Math.max(told.time, since)
  const body = { evidence, resource, source }
  signals.push({ n: number(), time, event: id, uses, body, expires: time + known.spanOf(uses) })
}

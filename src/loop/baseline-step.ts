import { driftFinding, inexactBaseline } from './baseline-findings.ts'
import { A_STEP, nextWork, type Round } from './baseline-round.ts'
import { toldRow } from './baseline-telling.ts'
import type { KeptKey, KeyCache } from './key-cache.ts'
import type { Finding } from '../domain/event.ts'
import type { LocalHour } from '../domain/local-hour.ts'
import type { BaselineKey, BaselineRow, ToldRow } from '../domain/state.ts'
import type { BaselineAnalytic, Surroundings, Ticked } from '../engine/baselines/baseline-analytic.ts'
import type { Baseline } from '../sigma/sigma.ts'
import type { Store } from '../store/store.ts'

/** Entries of states that one step looks at. */
const ENTRIES = 50_000
/** Expiry is kept by days, so that little of a row changes. */
const DAY = 86_400_000

/** A baseline, and what judges it. */
export interface Plan {
  readonly baseline: Baseline
  readonly kind: BaselineAnalytic<unknown>
}

export interface StepParts {
  /** By the baseline's hash. */
  readonly plans: ReadonlyMap<string, Plan>
  readonly cache: KeyCache
  readonly store: Pick<Store, 'dueBaselines' | 'wasBlind'>
  readonly hourOf: (time: number) => LocalHour
  readonly now: () => number
  /** Event time up to which the inputs were heard that may tell what these rules match, by their ids, ms. */
  readonly heardUntil: (rules: ReadonlySet<string>) => number
  /** Whether nobody listened for a part of that time. */
  readonly stoodStill: (since: number, until: number) => boolean
}

/** What became of the keys that one step of a round looked at, to be committed as one. */
export interface Step {
  readonly rows: BaselineRow[]
  readonly dropped: BaselineKey[]
  readonly told: ToldRow[]
  readonly findings: Finding[]
  /** All keys of the round are looked at. */
  readonly isDone: boolean
}

export function oneStep(round: Round, parts: StepParts): Step {
  const { horizon, work } = round
  const step = { rows: [], dropped: [], told: [], findings: [] }
  const chosen = nextWork(work, (limit) => parts.store.dueBaselines(horizon, limit))
  let [entries, done] = [0, 0]
  for (const { hash, key, cells } of chosen) {
    done += 1
    const plan = parts.plans.get(hash)
    // of a baseline that is gone since
    if (plan === undefined) continue
    entries += lookAt(plan, key, cells, round, parts, step)
    if (entries > ENTRIES) break
  }
  // what is due is asked for again
  for (const left of chosen.slice(done).reverse()) if (left.cells.length > 0) work.push(left)
  return { ...step, isDone: chosen.length < A_STEP && done === chosen.length }
}

/** How many entries its state has. */
function lookAt(
  { baseline, kind }: Plan,
  key: string,
  cells: readonly Ticked[],
  { horizon, since, troubles }: Round,
  { cache, store, hourOf, now, stoodStill, heardUntil }: StepParts,
  step: Omit<Step, 'isDone'>,
): number {
  const { hash, rule } = baseline
  const kept = cache.get(hash, key, kind)
  // what is past is forgotten then, whenever its row is removed
  if (kept.stored !== undefined && kept.stored.expires <= (cells[0]?.tick ?? since)) {
    step.dropped.push({ baseline: hash, key })
    kept.state = undefined
    kept.stored = undefined
  }
  // a clock ran ahead when it was looked at last, and was set right
  if (kept.state !== undefined && kind.at(kept.state) > horizon + DAY)
    kind.setBack(kept.state, since, hourOf(since))
  const surroundings: Surroundings = {
    until: horizon,
    hourOf,
    troubles,
    isBlind: (from, end) =>
      stoodStill(from, end) ||
      heardUntil(new Set(baseline.inputs.map((input) => input.rule))) < end ||
      store.wasBlind(rule.strategy, from, end),
  }
  const judged = kind.judge(kept.state, cells, surroundings)
  if (judged.isBounded) step.findings.push(inexactBaseline(baseline, key, now()))
  for (const told of judged.told) {
    if (told.reason === 'drift') step.findings.push(driftFinding(baseline, key, now()))
    step.told.push(toldRow(baseline, key, told, since))
  }
  if (judged.state === undefined) return 0
  step.rows.push(rowOf(judged, { baseline: hash, key, kind, kept, horizon }))
  cache.resized(kept, kind.size(judged.state))
  return kept.size
}

/** What is to be written of a key that was looked at; what is kept of it is changed. */
function rowOf(
  { state, status, deadline: wanted, expires: until }: ReturnType<BaselineAnalytic<unknown>['judge']>,
  {
    baseline,
    key,
    kind,
    kept,
    horizon,
  }: Pick<Plan, 'kind'> & { baseline: string; key: string; kept: KeptKey; horizon: number },
): BaselineRow {
  const { stored } = kept
  // one that is sooner does no harm, and most move on with each observation
  const isSooner =
    stored?.deadline !== undefined && stored.deadline > horizon && stored.deadline <= (wanted ?? Infinity)
  const deadline = isSooner ? stored.deadline : wanted
  const expires = Math.ceil(until / DAY) * DAY
  const isSteady =
    stored !== undefined &&
    stored.status === status &&
    stored.expires === expires &&
    stored.deadline === deadline
  kept.state = state
  if (!isSteady) kept.stored = { status, deadline, expires }
  const past = kind.pastJson(state)
  return {
    baseline,
    key,
    state: kind.toJson(state),
    ...(past === undefined ? {} : { past }),
    status,
    last: kind.last(state),
    deadline,
    expires,
    ...(isSteady ? { isSteady } : {}),
  }
}

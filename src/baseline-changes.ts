import { UserError } from './domain/errors.ts'
import type { BaselineRow } from './domain/state.ts'
import { kindOf } from './engine/baselines/kinds.ts'
import type { Baseline } from './sigma/sigma.ts'
import type { Store } from './store/store.ts'

/** Rows that one import takes at most. */
const ROWS = 10_000

/** A key that a baseline knows, or one of its values. */
export interface BaselineChange {
  readonly baseline: Baseline
  /** As the store addresses it: JSON of the values. */
  readonly key: string
  readonly value?: string | undefined
}

/** What was exported: one object a line. */
export interface ExportedKey {
  readonly strategy: string
  readonly rule: string
  /** What the baseline means: what it learned is of use to no other. */
  readonly hash: string
  readonly key: string
  readonly state: unknown
  readonly past?: unknown
  readonly status: string
  readonly last: number
  readonly deadline?: number | undefined
  readonly expires: number
}

type Writer = Pick<Store, 'baselineKey' | 'changeBaselines'>

const mend = "see 'tallyman baseline list' and 'tallyman baseline show'"

/**
 * Takes what a key has for learned: all of it, also what was told, held back or drifted, and it is armed from now on;
 * or one value of it. Throws a UserError where there is no such key or value.
 */
export function approveBaseline(store: Writer, change: BaselineChange, actor: string, at: number): void {
  const { row, state, kind } = found(store, change)
  if (!kind.approve(state, change.value))
    throw new UserError('the key has no such value that is not learned', { mend })
  const past = kind.pastJson(state)
  const keys = [
    {
      ...row,
      state: kind.toJson(state),
      ...(past === undefined ? {} : { past }),
      status: change.value === undefined ? 'armed' : row.status,
    },
  ]
  store.changeBaselines({ keys, dropped: [], audit: auditOf('baseline.approve', change, actor), at })
}

/** Forgets a key, which learns anew, or one value of it. Throws a UserError where there is none. */
export function forgetBaseline(store: Writer, change: BaselineChange, actor: string, at: number): void {
  const { row, state, kind } = found(store, change)
  const audit = auditOf('baseline.forget', change, actor)
  if (change.value === undefined) {
    store.changeBaselines({ keys: [], dropped: [row], audit, at })
    return
  }
  if (!kind.forget(state, change.value)) throw new UserError('the key has no such value', { mend })
  store.changeBaselines({ keys: [{ ...row, state: kind.toJson(state) }], dropped: [], audit, at })
}

export function exportedKey({ rule, hash }: Baseline, row: BaselineRow): ExportedKey {
  const { key, state, past, status, last, deadline, expires } = row
  return {
    strategy: rule.strategy,
    rule: rule.id,
    hash,
    key,
    state,
    ...(past === undefined ? {} : { past }),
    status,
    last,
    ...(deadline === undefined ? {} : { deadline }),
    expires,
  }
}

/** Replaces keys by what was exported. Those of a baseline that is not loaded, or means something else, are refused. */
export function importBaselines(
  store: Writer,
  baselines: readonly Baseline[],
  rows: readonly ExportedKey[],
  actor: string,
  at: number,
): { readonly taken: number; readonly refused: number } {
  if (rows.length > ROWS)
    throw new UserError(`${rows.length} keys at once: ${ROWS} are the most`, { mend: 'import them in parts' })
  const hashes = new Map(baselines.map((baseline) => [baseline.hash, baseline]))
  const keys = rows.flatMap((row): BaselineRow[] => {
    const baseline = hashes.get(row.hash)
    if (baseline === undefined || !isWhole(baseline, row)) return []
    const { key, state, past, status, last, deadline, expires } = row
    return [
      {
        baseline: row.hash,
        key,
        state: from(state),
        ...(past === undefined ? {} : { past }),
        status,
        last,
        deadline,
        expires,
      },
    ]
  })
  const detail = { keys: keys.length, refused: rows.length - keys.length }
  if (keys.length > 0)
    store.changeBaselines({ keys, dropped: [], audit: { actor, action: 'baseline.import', detail }, at })
  return { taken: keys.length, refused: rows.length - keys.length }
}

/** How far it had come is that of another place: here it goes on from wherever this one is. */
function from(state: unknown): unknown {
  return [0, ...(state as readonly unknown[]).slice(1)]
}

/** A state that cannot be read would end the daemon that reads it. */
function isWhole(baseline: Baseline, { state, past }: ExportedKey): boolean {
  const kind = kindOf(baseline)
  try {
    const read = kind.fromJson(state, past)
    const { first, last, samples } = kind.describe(read)
    kind.toJson(read)
    kind.learned(kind.fromJson(state, undefined))
    return [first, last, samples, kind.at(read)].every(Number.isFinite)
  } catch {
    return false
  }
}

function found(store: Writer, { baseline, key }: BaselineChange) {
  const row = store.baselineKey(baseline.hash, key)
  if (row === undefined) throw new UserError(`the baseline knows no key ${key}`, { mend })
  const kind = kindOf(baseline)
  return { row, kind, state: kind.fromJson(row.state, row.past) }
}

function auditOf(action: string, { baseline, key, value }: BaselineChange, actor: string) {
  const { id, strategy } = baseline.rule
  return { actor, action, detail: { rule: id, strategy, key, ...(value === undefined ? {} : { value }) } }
}

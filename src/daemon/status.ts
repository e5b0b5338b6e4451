import { instant } from '../domain/alert-view.ts'
import type { Input } from '../inputs/input.ts'
import type { BatchResult } from '../pipeline.ts'
import { VERSION } from '../version.ts'

/** How one input is doing. */
export interface InputStatus {
  readonly name: string
  readonly type: string
  /** `waiting` until its first batch. */
  readonly state: 'waiting' | 'reading'
  readonly records: number
  readonly failed: number
  /** Wall-clock time of its last batch, ms. */
  readonly lastBatch: number | undefined
}

export interface DaemonStatus {
  readonly version: string
  readonly started: number
  readonly inputs: readonly InputStatus[]
}

/** Counts by input since the start; what is stored for good is in the store's totals. */
export function createStatus(
  inputs: readonly { readonly type: string; readonly input: Input }[],
  now: () => number,
): { readonly current: () => DaemonStatus; readonly committed: (result: BatchResult) => void } {
  const started = now()
  const rows = new Map<string, InputStatus>(
    inputs.map(({ type, input: { name } }) => [
      name,
      { name, type, state: 'waiting', records: 0, failed: 0, lastBatch: undefined },
    ]),
  )
  return {
    current: () => ({ version: VERSION, started, inputs: [...rows.values()] }),
    committed({ input, counters }) {
      const row = rows.get(input)
      if (row === undefined) return
      rows.set(input, {
        ...row,
        state: 'reading',
        records: row.records + counters.records,
        failed: row.failed + counters.failed,
        lastBatch: now(),
      })
    },
  }
}

/** The state as it leaves: times are ISO 8601. */
export function statusView({ version, started, inputs }: DaemonStatus) {
  return {
    version,
    started: instant(started),
    inputs: inputs.map(({ lastBatch, ...input }) => ({
      ...input,
      ...(lastBatch === undefined ? {} : { lastBatch: instant(lastBatch) }),
    })),
  }
}

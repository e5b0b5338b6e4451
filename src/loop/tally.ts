import type { Failure } from '../domain/event.ts'
import type { Counters } from '../store/store.ts'

/** Samples of failed records that one batch keeps; all are counted. */
export const SAMPLES_A_BATCH = 50

/** Counts what became of the records of one batch. */
export interface Tally {
  failed(failure: Failure, times?: number): void
  duplicate(): void
  evaluated(source: string): void
  /** An event names a container of which nothing was known in time. */
  unattributed(source: string): void
  suppressed(by: string): void
  /** A match came too late for the correlations that take it. */
  late(rule: string): void
  total(): { readonly counters: Counters; readonly failures: readonly Failure[] }
}

export function createTally(): Tally {
  let [evaluated, failed, duplicates] = [0, 0, 0]
  const sources: Record<string, number> = {}
  const suppressed: Record<string, number> = {}
  const late: Record<string, number> = {}
  const unattributed: Record<string, number> = {}
  const reasons: Record<string, number> = {}
  const samples: Failure[] = []
  const count = (counts: Record<string, number>, name: string, times = 1): void => {
    counts[name] = (counts[name] ?? 0) + times
  }
  return {
    failed(failure, times = 1) {
      failed += times
      count(reasons, failure.reason, times)
      if (samples.length < SAMPLES_A_BATCH) samples.push(failure)
    },
    duplicate() {
      duplicates += 1
    },
    evaluated(source) {
      evaluated += 1
      count(sources, source)
    },
    unattributed: (source) => count(unattributed, source),
    suppressed: (by) => count(suppressed, by),
    late: (rule) => count(late, rule),
    total: () => ({
      counters: {
        records: evaluated + failed + duplicates,
        evaluated,
        failed,
        duplicates,
        suppressed,
        late,
        ...(Object.keys(unattributed).length > 0 && { unattributed }),
        sources,
        failures: reasons,
      },
      failures: samples,
    }),
  }
}

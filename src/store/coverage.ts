import type { CoverageInterval, CoverageRow, CoveredContainer } from '../domain/coverage.ts'

/** What is known of what arrived: rows in the order in which they were heard, the newest last. */
export interface StoredCoverage {
  readonly rows: readonly CoverageRow[]
  /** Those without an end, and the newest of the others. */
  readonly intervals: readonly CoverageInterval[]
}

/** Questions about coverage. */
export interface CoverageReader {
  /** With so many intervals that are over, 500 unless told. */
  coverage(closed?: number): StoredCoverage
  /** In the order in which they were heard, the newest last: many. */
  coveredContainers(): readonly CoveredContainer[]
}

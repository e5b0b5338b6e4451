import type { Baseline } from '../../sigma/sigma.ts'
import type { Surroundings, Told } from './baseline-analytic.ts'
import type { Spike } from './spike-state.ts'

/** One look at a key. */
export interface Run {
  readonly baseline: Baseline
  readonly test: Spike
  /** A bucket without an observation is 0. */
  readonly isZero: boolean
  readonly surroundings: Surroundings
  readonly told: Told[]
  isBounded: boolean
}

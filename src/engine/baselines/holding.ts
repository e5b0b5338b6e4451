import type { Surroundings } from './baseline-analytic.ts'

/** What is observed within one of these is learned, or held back, as one; ms. */
export const EPOCH = 3_600_000
/** It is learned when so many more have passed: what led up to an alert is not. */
const PROBATION = 2
/** An incident that nobody closes holds learning back for so long after its last alert, ms. */
const PATIENCE = 7 * 86_400_000
/** Epochs of one key that are held back at most; of more, the oldest are never learned. */
export const HELD = 48

/** What a key observed in one epoch and has not learned. */
export interface Young {
  /** Its beginning, ms. */
  readonly epoch: number
  entities: string[]
}

export function epochOf(time: number): number {
  return Math.floor(time / EPOCH) * EPOCH
}

/** Whether its probation is over at that event time, ms. */
export function isOld({ epoch }: Young, time: number): boolean {
  return time >= epoch + PROBATION * EPOCH
}

/**
 * What is to become of an epoch whose probation is over: learned; held back, as long as an incident of one of its
 * entities is open; or dropped, where that was found to be true.
 */
export function verdictOn(
  { epoch, entities }: Young,
  { troubles }: Pick<Surroundings, 'troubles'>,
): 'learn' | 'hold' | 'drop' {
  const [until, since] = [epoch + PROBATION * EPOCH, epoch - PATIENCE]
  let verdict: 'learn' | 'hold' | 'drop' = 'learn'
  for (const entity of entities) {
    for (const { first, last, isOpen, isTrue } of troubles(entity, since, until)) {
      if (isOpen) return 'hold'
      if (isTrue && first < until && last + EPOCH >= epoch) verdict = 'drop'
    }
  }
  return verdict
}

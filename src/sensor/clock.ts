/** Turns ns since boot into wall clock time. */
export interface Clock {
  /** A time since boot was just heard of, at the wall clock's `now`, ms. */
  heard(time: number, now: number): void
  /** ISO 8601, UTC, microseconds. */
  at(time: number): string
}

/** So many heartbeats are compared. */
const WINDOW = 60
/** A wall clock that moved more, ms, was set: what was heard before is forgotten. */
const STEP = 250

/**
 * What is heard is heard late, never early: the smallest difference of the last heartbeats is the best. It
 * follows a wall clock that drifts, and one that is set.
 */
export function createClock(): Clock {
  let differences: number[] = []
  let best = 0
  return {
    heard(time, now) {
      const difference = now - time / 1e6
      if (
        differences.length > 0 &&
        difference - best > STEP &&
        differences.slice(-3).every((one) => one - best > STEP)
      )
        differences = []
      differences = [...differences.slice(1 - WINDOW), difference]
      best = Math.min(...differences)
    },
    at(time) {
      const micros = Math.round(best * 1000 + time / 1000)
      const ms = Math.floor(micros / 1000)
      return `${new Date(ms).toISOString().slice(0, -1)}${String(micros - ms * 1000).padStart(3, '0')}Z`
    },
  }
}

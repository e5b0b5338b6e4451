import type { Analytic, Contribution, Firing } from './analytic.ts'

/** Effects of one group that wait for their cause, at most. */
const MOST = 1_000
/** Before every event. */
const NEVER = -1e16

interface Effect {
  /** Event time, ms. */
  readonly time: number
  readonly event: string
  readonly n: number
}

export interface Unexplained {
  /** The newest of what may cause an effect, ms. */
  cause: number
  /** Those that have no cause so far, the oldest first. */
  readonly effects: Effect[]
}

/**
 * Effects without a cause: matches of the first rule where none of the others matched less than `lookback` before or
 * a timespan after. Each is decided when that is over, and fires by itself.
 */
export function unexplained(timespan: number, lookback = timespan): Analytic<Unexplained> {
  /** What stayed without a cause fires. */
  const settle = ({ effects }: Unexplained, isOver: (end: number) => boolean, firings: Firing[]): void => {
    const left = effects.findIndex(({ time }) => !isOver(time + timespan))
    for (const { time, event, n } of effects.splice(0, left < 0 ? effects.length : left))
      firings.push({ time: time + timespan, event, count: 1, members: [n] })
  }
  /** Whether there was no room for it. */
  const add = (state: Unexplained, { time, event, n, input }: Contribution): boolean => {
    if (input > 0) {
      state.cause = time
      // what waited longer has fired
      state.effects.length = 0
    } else if (time - state.cause >= lookback) {
      if (state.effects.length >= MOST) return true
      state.effects.push({ time, event, n })
    }
    return false
  }
  return {
    reduce(before, contributions, watermark) {
      const state = before ?? { cause: NEVER, effects: [] }
      const firings: Firing[] = []
      let isBounded = false
      for (const each of contributions) {
        settle(state, (end) => end <= each.time, firings)
        isBounded = add(state, each) || isBounded
      }
      // strictly: what fires is before the watermark, as everything that was given is
      settle(state, (end) => end < watermark, firings)
      const [first] = state.effects
      const over = state.cause + lookback
      return {
        state: first === undefined && over <= watermark ? undefined : state,
        firings,
        deadline: first === undefined ? undefined : first.time + timespan,
        // looked at by its deadline, and never forgotten before
        expires: Math.max(over, (state.effects.at(-1)?.time ?? NEVER) + 2 * timespan),
        isBounded,
      }
    },
    size: ({ effects }) => 1 + effects.length,
    toJson: ({ cause, effects }) => [cause, effects.map(({ time, event, n }) => [time, event, n])],
    fromJson(json) {
      const [cause, effects] = json as [number, [number, string, number][]]
      return { cause, effects: effects.map(([time, event, n]) => ({ time, event, n })) }
    },
  }
}

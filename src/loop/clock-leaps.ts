/** A clock that goes forward by more than this is not believed at once, ms. */
const LEAP = 86_400_000
/** After so long it is, ms. */
const DOUBT = 3_600_000
/** Nobody listened where the loop stood still for longer, ms. */
const STANDSTILL = 300_000
/** Standstills that are remembered. */
const MOST = 50

/** What the machine's clock did, by the process's own, which nobody sets. */
export interface ClockLeaps {
  /** How far a watermark is believed, ms: after a leap it stays where it was, until the clock is set right or an hour is over. */
  believed(watermark: number): number
  /** By how much the clock leapt, ms, once for each leap; undefined where it did not. */
  leapt(): number | undefined
  /** Whether the process stood still, or the machine was suspended, for a part of that time. */
  readonly stoodStill: (since: number, until: number) => boolean
}

/** `elapsed` is in ms since whenever. */
export function createClockLeaps(now: () => number, elapsed: () => number): ClockLeaps {
  let known = { at: now(), elapsed: elapsed() }
  let last = known.at
  let before = -Infinity
  let leap: { readonly since: number; readonly by: number } | undefined
  let isTold = true
  const standstills: (readonly [since: number, until: number])[] = []
  const look = (): void => {
    const [at, own] = [now(), elapsed()]
    if (at > last + STANDSTILL) {
      standstills.push([last, at])
      if (standstills.length > MOST) standstills.shift()
    }
    last = at
    const by = at - known.at - (own - known.elapsed)
    if (by <= LEAP) leap = undefined
    else if (leap === undefined) {
      leap = { since: own, by }
      isTold = false
    } else if (own - leap.since >= DOUBT) leap = undefined
    else return
    if (leap === undefined) known = { at, elapsed: own }
  }
  return {
    believed(watermark) {
      look()
      if (leap !== undefined) return Math.min(watermark, before)
      before = watermark
      return watermark
    },
    leapt() {
      if (isTold) return undefined
      isTold = true
      return leap?.by
    },
    stoodStill: (since, until) => standstills.some(([from, to]) => from < until && to > since),
  }
}

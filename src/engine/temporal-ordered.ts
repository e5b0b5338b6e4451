import { NEVER } from './temporal.ts'
import type { Aggregate } from './windowed.ts'

/** What has to be there: rules in their order, so many of them, and rules that must not have matched. */
export interface Alternative {
  readonly order: readonly number[]
  readonly least: number
  readonly without: readonly number[]
}

/** Chains of one alternative that were found so far. */
interface Chains {
  /**
   * For each place of the order and each length: when the latest chain began that ends at the place, at
   * `place * most + length - 1`. A chain that began later is there for longer.
   */
  readonly starts: number[]
  readonly signals: (readonly number[])[]
}

export interface Sequence {
  /** Of each rule, when it matched last. */
  readonly times: number[]
  readonly chains: Chains[]
}

/**
 * Whether rules matched one after the other, at equal times in any order. Greedy: of each beginning of a chain only
 * the one is kept that began last. `isMet` decides on the length of the longest chain of each alternative.
 */
export function temporalOrdered(
  rules: number,
  alternatives: readonly Alternative[],
  isMet: (alternative: Alternative, longest: number) => boolean,
): Aggregate<Sequence> {
  const found = (sequence: Sequence, since: number): readonly number[] | undefined => {
    for (const [at, alternative] of alternatives.entries()) {
      if (alternative.without.some((input) => (sequence.times[input] as number) > since)) continue
      const longest = longestOf(alternative, sequence.chains[at] as Chains, since)
      if (isMet(alternative, longest.length)) return longest
    }
    return undefined
  }
  return {
    countsEvents: false,
    open: () => ({
      times: Array<number>(rules).fill(NEVER),
      chains: alternatives.map(({ order }) => ({
        starts: Array<number>(order.length ** 2).fill(NEVER),
        signals: Array.from({ length: order.length ** 2 }, (): readonly number[] => []),
      })),
    }),
    add({ times, chains }, { input, time, n }) {
      times[input] = time
      for (const [at, { order }] of alternatives.entries()) {
        const first = order.indexOf(input)
        if (first < 0) continue
        extend(chains[at] as Chains, order.length, first, time, n)
        // what matched at the same time may as well have come after it
        for (let place = first + 1; place < order.length; place += 1) {
          const signal = (chains[at] as Chains).signals[place * order.length]?.[0]
          if (times[order[place] as number] === time && signal !== undefined)
            extend(chains[at] as Chains, order.length, place, time, signal)
        }
      }
    },
    expire: () => {},
    holds: (sequence, since) => found(sequence, since) !== undefined,
    count: (sequence, since) => found(sequence, since)?.length ?? 0,
    members: (sequence, since) => [...new Set(found(sequence, since))],
    isBounded: () => false,
    size: ({ chains }) => chains.reduce((sum, { starts }) => sum + starts.length, rules),
    toJson: ({ times, chains }) => [times, chains.map(({ starts, signals }) => [starts, signals])],
    fromJson(json) {
      const [times, chains] = json as [number[], [number[], number[][]][]]
      return { times, chains: chains.map(([starts, signals]) => ({ starts, signals })) }
    },
  }
}

/** The match at a place of the order lengthens the chains that end before it. */
function extend({ starts, signals }: Chains, most: number, place: number, time: number, n: number): void {
  for (let length = place + 1; length > 1; length -= 1) {
    const cell = place * most + length - 1
    for (let before = 0; before < place; before += 1) {
      const from = before * most + length - 2
      const start = starts[from] as number
      if (start === NEVER || start < (starts[cell] as number)) continue
      starts[cell] = start
      signals[cell] = [...(signals[from] as readonly number[]), n]
    }
  }
  starts[place * most] = time
  signals[place * most] = [n]
}

/** Signals of the longest chain that began after `since`. */
function longestOf({ order }: Alternative, { starts, signals }: Chains, since: number): readonly number[] {
  for (let length = order.length; length > 0; length -= 1) {
    for (let place = length - 1; place < order.length; place += 1) {
      const cell = place * order.length + length - 1
      if ((starts[cell] as number) > since) return signals[cell] as readonly number[]
    }
  }
  return []
}

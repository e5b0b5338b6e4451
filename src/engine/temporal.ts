import type { Aggregate } from './windowed.ts'

/** Of each rule its newest match: when it was, and its signal. */
export interface Presence {
  readonly times: number[]
  readonly signals: number[]
}

/** Which rules matched, in any order. `isMet` is asked with the places of those that did, in rising order. */
export function temporal(rules: number, isMet: (there: readonly number[]) => boolean): Aggregate<Presence> {
  const there = ({ times }: Presence, since: number): readonly number[] => {
    const found: number[] = []
    for (let input = 0; input < rules; input += 1) if ((times[input] as number) > since) found.push(input)
    return found
  }
  return {
    countsEvents: false,
    open: () => ({ times: Array<number>(rules).fill(NEVER), signals: Array<number>(rules).fill(0) }),
    add({ times, signals }, { input, time, n }) {
      times[input] = time
      signals[input] = n
    },
    expire: () => {},
    holds: (presence, since) => isMet(there(presence, since)),
    count: (presence, since) => there(presence, since).length,
    members: (presence, since) => signalsOf(presence, there(presence, since)),
    isBounded: () => false,
    size: () => rules,
    toJson: ({ times, signals }) => [times, signals],
    fromJson(json) {
      const [times, signals] = json as [number[], number[]]
      return { times, signals }
    },
  }
}

/** Before every event. */
export const NEVER = -1e16

function signalsOf({ times, signals }: Presence, inputs: readonly number[]): readonly number[] {
  const ordered = inputs.toSorted((a, b) => (times[a] as number) - (times[b] as number))
  return [...new Set(ordered.map((input) => signals[input] as number))]
}

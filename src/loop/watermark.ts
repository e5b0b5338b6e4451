import type { Input, Reach } from '../inputs/input.ts'

export interface WatermarkOptions {
  /** How much later than others of its time a record may come, ms. */
  readonly lateness: number
  /** So long an input that is cut is waited for, ms. */
  readonly patience: number
  readonly now: () => number
}

/** The event time before which nothing more is expected: what every input promises. */
export interface Watermark {
  /** ms; -Infinity while an input promises nothing, Infinity once all have ended. */
  current(): number
  /**
   * The event time up to which those were heard that may have something to tell, ms: of the inputs of this machine the
   * one that came least far, cut or not; where there are none, of the inputs of others the one that came furthest.
   */
  heard(mayTell: (input: string) => boolean): number
  ended(input: string): void
  /** It failed at this time, ms: it is cut until it says otherwise. */
  failed(input: string, at: number): void
}

/** No clock that is right says more, ms. */
const AHEAD = 86_400_000

/**
 * An input that is connected and has handed on everything promises that nothing older comes than its lateness ago;
 * one that is behind, or cut, what it promised before; one that ended promises everything. The least promise counts.
 * An input that is cut for longer than anybody waits is left out: what it brings afterwards may be late. So is one of
 * another machine that is behind by so much, whatever it says.
 */
export function createWatermark(
  inputs: readonly Pick<Input, 'name' | 'reach' | 'agents'>[],
  { lateness, patience, now }: WatermarkOptions,
): Watermark {
  /** What each input promised, also those of other machines, and when it was asked first. */
  const promised = new Map<string, { readonly promise: number; readonly asked: number }>()
  const ended = new Set<string>()
  const failed = new Map<string, number>()
  const reachOf = (name: string, said: Reach | undefined): Reach | undefined => {
    const since = failed.get(name)
    if (since === undefined) return said
    if (said?.kind !== 'caught-up' || said.until <= since) return { kind: 'cut', since }
    failed.delete(name)
    return said
  }
  return {
    current() {
      const promises: number[] = []
      for (const { name, reach, isElsewhere } of lanesOf(inputs)) {
        if (ended.has(name)) continue
        const here = reachOf(name, reach)
        const before = promised.get(name) ?? { promise: -Infinity, asked: now() }
        // promised by a clock that ran ahead and was set right
        const held = before.promise > now() + AHEAD ? -Infinity : before.promise
        const promise = here?.kind === 'caught-up' ? Math.max(held, here.until - lateness) : held
        promised.set(name, { promise, asked: before.asked })
        if (here?.kind === 'cut' && now() - here.since > patience) continue
        // how far another machine has come is its own word: it holds nobody up for longer
        const reached = promise === -Infinity ? before.asked : promise + lateness
        if (isElsewhere && now() - reached > patience) continue
        promises.push(promise)
      }
      if (promises.length > 0) return Math.min(...promises)
      return ended.size === inputs.length ? Infinity : now() - lateness
    },
    heard(mayTell) {
      const [here, elsewhere]: [number[], number[]] = [[], []]
      for (const { name, isElsewhere } of lanesOf(inputs)) {
        if (!mayTell(name)) continue
        const promise = ended.has(name) ? Infinity : (promised.get(name)?.promise ?? -Infinity)
        ;(isElsewhere ? elsewhere : here).push(promise)
      }
      return here.length > 0 ? Math.min(...here) : Math.max(-Infinity, ...elsewhere)
    },
    ended: (input) => void ended.add(input),
    failed(input, at) {
      if (!failed.has(input)) failed.set(input, at)
    },
  }
}

/** Every input, and in place of one that hands on what other machines deliver also the inputs of those. */
function* lanesOf(
  inputs: readonly Pick<Input, 'name' | 'reach' | 'agents'>[],
): Iterable<{ readonly name: string; readonly reach: Reach | undefined; readonly isElsewhere: boolean }> {
  for (const { name, reach, agents } of inputs) {
    yield { name, reach: reach?.(), isElsewhere: false }
    for (const agent of agents?.() ?? [])
      for (const input of agent.inputs) yield { name: input.name, reach: input.reach, isElsewhere: true }
  }
}

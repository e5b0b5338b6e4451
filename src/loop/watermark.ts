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
  ended(input: string): void
  /** It failed at this time, ms: it is cut until it says otherwise. */
  failed(input: string, at: number): void
}

/** No clock that is right says more, ms. */
const AHEAD = 86_400_000

/**
 * An input that is connected and has handed on everything promises that nothing older comes than its lateness ago;
 * one that is behind, or cut, what it promised before; one that ended promises everything. The least promise counts.
 * An input that is cut for longer than anybody waits is left out: what it brings afterwards may be late.
 */
export function createWatermark(
  inputs: readonly Pick<Input, 'name' | 'reach' | 'agents'>[],
  { lateness, patience, now }: WatermarkOptions,
): Watermark {
  /** What each input promised, also those of other machines. */
  const promised = new Map<string, number>()
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
      for (const { name, reach } of lanesOf(inputs)) {
        if (ended.has(name)) continue
        const here = reachOf(name, reach)
        const before = promised.get(name) ?? -Infinity
        // promised by a clock that ran ahead and was set right
        const held = before > now() + AHEAD ? -Infinity : before
        const promise = here?.kind === 'caught-up' ? Math.max(held, here.until - lateness) : held
        promised.set(name, promise)
        if (here?.kind === 'cut' && now() - here.since > patience) continue
        promises.push(promise)
      }
      if (promises.length > 0) return Math.min(...promises)
      return ended.size === inputs.length ? Infinity : now() - lateness
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
): Iterable<{ readonly name: string; readonly reach: Reach | undefined }> {
  for (const { name, reach, agents } of inputs) {
    yield { name, reach: reach?.() }
    for (const agent of agents?.() ?? []) yield* agent.inputs
  }
}

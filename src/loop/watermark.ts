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
  inputs: readonly Pick<Input, 'name' | 'reach'>[],
  { lateness, patience, now }: WatermarkOptions,
): Watermark {
  const lanes = new Map(inputs.map((input) => [input.name, { input, promise: -Infinity }]))
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
      for (const lane of lanes.values()) {
        const { name, reach } = lane.input
        if (ended.has(name)) continue
        const here = reachOf(name, reach?.())
        // promised by a clock that ran ahead and was set right
        if (lane.promise > now() + AHEAD) lane.promise = -Infinity
        if (here?.kind === 'caught-up') lane.promise = Math.max(lane.promise, here.until - lateness)
        if (here?.kind === 'cut' && now() - here.since > patience) continue
        promises.push(lane.promise)
      }
      if (promises.length > 0) return Math.min(...promises)
      return ended.size === lanes.size ? Infinity : now() - lateness
    },
    ended: (input) => void ended.add(input),
    failed(input, at) {
      if (!failed.has(input)) failed.set(input, at)
    },
  }
}

/** Chance that is the same for the same seed. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** A whole number in [0, n). */
  below(n: number): number
  between(from: number, to: number): number
  /** Standard normal. */
  normal(): number
  /** Heavy-tailed: `sigma` is that of the logarithm. */
  logNormal(median: number, sigma: number): number
  /** The wait for what comes at random, on average after `mean`. */
  exponential(mean: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** So many different ones, or all. */
  some<T>(from: readonly T[], count: number): readonly T[]
  hex(digits: number): string
  uuid(): string
}

/**
 * mulberry32 (Tommy Ettinger, public domain), begun at the FNV-1a hash of the labels: whatever draws under a label of
 * its own is not changed by how often others draw.
 */
export function randomOf(...labels: readonly (string | number)[]): Random {
  let state = hash(labels.join('/'))
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number): number => Math.floor(next() * n)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => below(16).toString(16)).join('')
  const some = <T>(from: readonly T[], count: number): readonly T[] => {
    const left = [...from]
    return Array.from({ length: Math.min(count, left.length) }, () =>
      left.splice(below(left.length), 1),
    ).flat()
  }
  return {
    next,
    below,
    between: (from, to) => from + next() * (to - from),
    normal,
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    exponential: (mean) => -mean * Math.log(1 - next()),
    chance: (probability) => next() < probability,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    some,
    hex,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  }
}

/** http://www.isthe.com/chongo/tech/comp/fnv/, its bits mixed once more. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x7feb352d)
  return (value ^ (value >>> 15)) | 0
}

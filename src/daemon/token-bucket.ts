/** Something that may be done so many times at once, and once more after each interval. */
export interface TokenBucket {
  /** 0 where it may be done, and then it counts; otherwise ms until it may be. */
  take(): number
}

/** `every` is in ms. Two numbers of memory, whoever asks. */
export function createTokenBucket(
  { capacity, every }: { readonly capacity: number; readonly every: number },
  now: () => number,
): TokenBucket {
  let [level, at] = [capacity, now()]
  return {
    take() {
      const time = now()
      level = Math.min(capacity, level + Math.max(0, time - at) / every)
      at = time
      if (level < 1) return Math.ceil((1 - level) * every)
      level -= 1
      return 0
    },
  }
}

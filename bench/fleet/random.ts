/** Numbers that look random and are the same in each run. */
export interface Random {
  /** From 0 to below `bound`. */
  below(bound: number): number
  of<T>(list: readonly T[]): T
  hex(digits: number): string
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0 || 1
  const next = (): number => {
    // xorshift32
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
  return {
    below: (bound) => next() % bound,
    of: (list) => list[next() % list.length] as (typeof list)[number],
    hex(digits) {
      let text = ''
      while (text.length < digits) text += next().toString(16).padStart(8, '0')
      return text.slice(0, digits)
    },
  }
}

import { alphabetOf, EDGE, KINDS } from './regex-alphabet.ts'
import type { Alphabet } from './regex-alphabet.ts'
import { newWork } from './regex-bounds.ts'
import type { Part } from './regex-positions.ts'
import { JUMP, stepsOf } from './regex-step.ts'
import type { Step } from './regex-step.ts'
import type { Range } from './regex-syntax.ts'
import type { TextSearch } from './text-search.ts'

/** All ways through a pattern that are open at a place of a text; where each letter leads is remembered. */
interface State {
  /** Positions that were just taken. */
  readonly bits: Uint32Array
  /** What stands before the place. */
  readonly before: number
  /** By letter. */
  readonly next: (State | undefined)[]
}

/** States and transitions that are remembered of a pattern: at most some 300 kB. */
const MAX_STATES = 512
const MAX_TRANSITIONS = 32_768

/**
 * Where the first match ends, of all that begin at a place or after it; -1 where there is none. A letter costs one look-up where its way was gone before, and
 * one step otherwise; a text with too many ways to remember is searched step by step to its end.
 */
export function searchFor(alphabet: Alphabet, steps: readonly Step[]): TextSearch {
  const { size, words, kinds, latin1, letterOf } = alphabet
  const limit = Math.min(MAX_STATES, Math.ceil(MAX_TRANSITIONS / size))
  const states = new Map<string, State>()
  const stateOf = (bits: Uint32Array, before: number): State => ({
    bits,
    before,
    next: Array.from({ length: size }),
  })
  const matched = stateOf(new Uint32Array(words), EDGE)
  const start = stateOf(new Uint32Array(words), EDGE)
  const scratch = [new Uint32Array(words), new Uint32Array(words)] as const

  const endsAt = (bits: Uint32Array, before: number, after: number): boolean => {
    const { nullable, last } = steps[KINDS * before + after] as Step
    return nullable || meets(bits, last)
  }
  const follow = (bits: Uint32Array, before: number, letter: number, into: Uint32Array): void =>
    take(bits, steps[KINDS * before + (kinds[letter] as number)] as Step, alphabet, letter, into)

  const discover = (from: State, letter: number): State => {
    const kind = kinds[letter] as number
    let to = matched
    if (!endsAt(from.bits, from.before, kind)) {
      follow(from.bits, from.before, letter, scratch[0])
      const key = `${kind}:${scratch[0].join()}`
      to = states.get(key) ?? stateOf(scratch[0].slice(), kind)
      states.set(key, to)
    }
    from.next[letter] = to
    return to
  }

  const searchOn = (text: string, from: number, state: State): number => {
    let [bits, into] = scratch
    let { before } = state
    bits.set(state.bits)
    for (let index = from; index < text.length; index += 1) {
      const place = index
      const code = codeAt(text, index)
      if (code > 0xff_ff) index += 1
      const letter = code < latin1.length ? (latin1[code] as number) : letterOf(code)
      if (endsAt(bits, before, kinds[letter] as number)) return place
      follow(bits, before, letter, into)
      ;[bits, into] = [into, bits]
      before = kinds[letter] as number
    }
    return endsAt(bits, before, EDGE) ? text.length : -1
  }

  return (text, from) => {
    if (states.size >= limit) {
      states.clear()
      start.next.fill(undefined)
    }
    let state = start
    for (let index = from; index < text.length; index += 1) {
      const code = codeAt(text, index)
      const letter = code < latin1.length ? (latin1[code] as number) : letterOf(code)
      let next = state.next[letter]
      if (next === undefined) {
        if (states.size >= limit) return searchOn(text, index, state)
        next = discover(state, letter)
      }
      if (next === matched) return index
      state = next
      if (code > 0xff_ff) index += 1
    }
    return endsAt(state.bits, state.before, EDGE) ? text.length : -1
  }
}

/** Where the first run of code points ends of which each is in its set: what regular expressions are without choice. */
export function searchForRun(sets: readonly (readonly Range[])[]): TextSearch {
  const items = sets.map((_, position): Part => ({ kind: 'position', position }))
  const positions = {
    part: { kind: 'sequence', items },
    taken: sets,
    hasBoundary: false,
    hasLines: false,
  } as const
  const work = newWork()
  const alphabet = alphabetOf(positions, work)
  return searchFor(alphabet, stepsOf(positions, alphabet.words, work))
}

/** Half of a surrogate pair that stands alone is a code point of its own. */
function codeAt(text: string, index: number): number {
  const unit = text.charCodeAt(index)
  return (unit & 0xfc_00) === 0xd8_00 ? (text.codePointAt(index) as number) : unit
}

function meets(bits: Uint32Array, pairs: Uint32Array): boolean {
  for (let index = 0; index < pairs.length; index += 2)
    if (((bits[pairs[index] as number] as number) & (pairs[index + 1] as number)) !== 0) return true
  return false
}

/** Goes all ways on over one letter, those that begin here included. */
function take(
  bits: Uint32Array,
  { chain, first, jumps, targets }: Step,
  { rows, words }: Alphabet,
  letter: number,
  into: Uint32Array,
): void {
  let carry = 0
  for (let index = 0; index < words; index += 1) {
    const word = bits[index] as number
    into[index] = (((word << 1) | carry) & (chain[index] as number)) | (first[index] as number)
    carry = word >>> 31
  }
  for (let entry = 0; entry < jumps.length;) {
    if (((bits[jumps[entry] as number] as number) & (jumps[entry + 1] as number)) === 0) {
      entry += JUMP
      continue
    }
    const end = jumps[entry + 3] as number
    for (let index = jumps[entry + 2] as number; index < end; index += 2) {
      const word = targets[index] as number
      into[word] = (into[word] as number) | (targets[index + 1] as number)
    }
    entry = jumps[entry + 4] as number
  }
  const row = letter * words
  for (let index = 0; index < words; index += 1)
    into[index] = (into[index] as number) & (rows[row + index] as number)
}

/**
 * Sigma's regular expressions: a subset of PCRE. They are parsed and written anew for the engine that runs
 * them, because engines disagree about what `.`, `\s`, `$` and an escape mean. `\d` and `\w` are ASCII.
 */
export type RegexNode =
  | {
      readonly kind: 'class'
      readonly ranges: readonly Range[]
      /** Anything but the ranges; kept apart, because case folds before it is negated. */
      readonly negated: boolean
      readonly ignoreCase: boolean
    }
  | { readonly kind: 'start' | 'end'; readonly multiline: boolean }
  | { readonly kind: 'boundary'; readonly negated: boolean }
  | { readonly kind: 'sequence' | 'choice'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly item: RegexNode; readonly min: number; readonly max: number }

/** First and last code point. */
export type Range = readonly [number, number]

export interface RegexFlags {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
}

export class RegexSyntaxError extends Error {}

const LAST_CODE_POINT = 0x10_ff_ff
const DIGIT: readonly Range[] = [[0x30, 0x39]]
const WORD: readonly Range[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]
const SPACE: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
]
const HORIZONTAL: readonly Range[] = [
  [0x09, 0x09],
  [0x20, 0x20],
  [0xa0, 0xa0],
]
const SETS: Readonly<Record<string, readonly Range[]>> = {
  d: DIGIT,
  w: WORD,
  s: SPACE,
  h: HORIZONTAL,
  D: complement(DIGIT),
  W: complement(WORD),
  S: complement(SPACE),
  H: complement(HORIZONTAL),
}
/** Without ſ (U+017F) and K (U+212A), which would let s and k in once case is ignored. */
const NOT_WORD_IGNORING_CASE = complement([...WORD, [0x1_7f, 0x1_7f], [0x21_2a, 0x21_2a]])
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7, e: 27, 0: 0 }

const MAX_DEPTH = 100
const MAX_LENGTH = 10_000
const MAX_REPEAT = 1_000

/** Parses a pattern; throws `RegexSyntaxError` with what is wrong, by the name that the feature has. */
export function parseRegex(pattern: string, flags: RegexFlags): RegexNode {
  if (pattern.length > MAX_LENGTH) throw new RegexSyntaxError(`longer than ${MAX_LENGTH} characters`)
  const parser = new Parser(Array.from(pattern))
  const { node } = parser.choice(flags, 0)
  if (!parser.atEnd()) throw new RegexSyntaxError('a closing parenthesis without an opening one')
  return node
}

/** Ranges sorted, merged, and turned into what they leave out. */
export function complement(ranges: readonly Range[]): readonly Range[] {
  const left: Range[] = []
  let next = 0
  for (const [first, last] of merged(ranges)) {
    if (first > next) left.push([next, first - 1])
    next = last + 1
  }
  if (next <= LAST_CODE_POINT) left.push([next, LAST_CODE_POINT])
  return left
}

export function merged(ranges: readonly Range[]): readonly Range[] {
  const result: [number, number][] = []
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const previous = result.at(-1)
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
    else result.push([first, last])
  }
  return result
}

class Parser {
  readonly #characters: readonly string[]
  #position = 0

  constructor(characters: readonly string[]) {
    this.#characters = characters
  }

  atEnd(): boolean {
    return this.#position >= this.#characters.length
  }

  /** Alternatives up to a closing parenthesis or the end; inline flags reach to the end of the group. */
  choice(flags: RegexFlags, depth: number): { readonly node: RegexNode } {
    if (depth > MAX_DEPTH) throw new RegexSyntaxError(`groups nested deeper than ${MAX_DEPTH}`)
    const alternatives: RegexNode[][] = [[]]
    let current = flags
    while (!this.atEnd() && this.#peek() !== ')') {
      if (this.#take('|')) {
        alternatives.push([])
        continue
      }
      const inline = this.#inlineFlags(current)
      if (inline) current = inline
      else alternatives.at(-1)?.push(this.#repeated(this.#atom(current, depth)))
    }
    const items = alternatives.map((sequence): RegexNode => ({ kind: 'sequence', items: sequence }))
    return { node: items.length === 1 ? (items[0] as RegexNode) : { kind: 'choice', items } }
  }

  #peek(ahead = 0): string {
    return this.#characters[this.#position + ahead] ?? ''
  }

  #take(text: string): boolean {
    const characters = Array.from(text)
    if (!characters.every((character, index) => this.#peek(index) === character)) return false
    this.#position += characters.length
    return true
  }

  #next(): string {
    const character = this.#peek()
    if (character === '') throw new RegexSyntaxError('it ends too early')
    this.#position += 1
    return character
  }

  #rest(): string {
    return this.#characters.slice(this.#position, this.#position + 40).join('')
  }

  #inlineFlags(flags: RegexFlags): RegexFlags | undefined {
    const found = /^\(\?([imsx]*)(?:-([imsx]+))?\)/.exec(this.#rest())
    if (!found || found[0] === '(?)') return undefined
    this.#position += found[0].length
    return changed(flags, found[1] ?? '', found[2] ?? '')
  }

  #atom(flags: RegexFlags, depth: number): RegexNode {
    const character = this.#next()
    switch (character) {
      case '(':
        return this.#group(flags, depth)
      case '[':
        return this.#class(flags)
      case '.':
        return classOf(flags.dotAll ? complement([]) : complement([[10, 10]]))
      case '^':
        return { kind: 'start', multiline: flags.multiline }
      case '$':
        return { kind: 'end', multiline: flags.multiline }
      case '*':
      case '+':
      case '?':
        throw new RegexSyntaxError(`${character} has nothing to repeat`)
      case '\\':
        return this.#escape(flags)
      default:
        return single(character.codePointAt(0) ?? 0, flags)
    }
  }

  #group(flags: RegexFlags, depth: number): RegexNode {
    const inner = this.#groupFlags(flags)
    const { node } = this.choice(inner, depth + 1)
    if (!this.#take(')')) throw new RegexSyntaxError('a group is not closed')
    return node
  }

  #groupFlags(flags: RegexFlags): RegexFlags {
    if (this.#peek() === '*') throw new RegexSyntaxError('control verbs (*…) are outside the dialect')
    if (this.#peek() !== '?') return flags
    const rest = this.#rest()
    if (/^\?<?[=!]/.test(rest)) {
      throw new RegexSyntaxError(
        rest.startsWith('?<') ? 'look-behind is outside the dialect' : 'look-ahead is outside the dialect',
      )
    }
    const named = /^\?(?:P?<[A-Za-z_]\w*>|'[A-Za-z_]\w*')/.exec(rest)
    const scoped = /^\?([imsx]*)(?:-([imsx]+))?:/.exec(rest)
    const opening = named ?? scoped
    if (!opening) throw new RegexSyntaxError(groupName(rest))
    this.#position += opening[0].length
    return scoped ? changed(flags, scoped[1] ?? '', scoped[2] ?? '') : flags
  }

  #escape(flags: RegexFlags): RegexNode {
    const character = this.#next()
    const set = Object.hasOwn(SETS, character) ? SETS[character] : undefined
    if (set) return classOf(set)
    if (character === 'b' || character === 'B') return { kind: 'boundary', negated: character === 'B' }
    if (character === 'A') return { kind: 'start', multiline: false }
    if (character === 'z' || character === 'Z') return { kind: 'end', multiline: false }
    if (/[1-9gk]/.test(character)) throw new RegexSyntaxError('back-references are outside the dialect')
    return single(this.#escapedCode(character), flags)
  }

  /** The code point of an escape that stands for one. */
  #escapedCode(character: string): number {
    if (character === 'x' || character === 'u') return this.#hexadecimal(character)
    if (Object.hasOwn(CONTROLS, character)) return CONTROLS[character] as number
    if (/[A-Za-z0-9]/.test(character))
      throw new RegexSyntaxError(`the escape \\${character} is outside the dialect`)
    return character.codePointAt(0) ?? 0
  }

  #hexadecimal(letter: string): number {
    const digits =
      letter === 'x'
        ? /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/
        : /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{4}))/
    const found = digits.exec(this.#rest())
    const code = Number.parseInt(found?.[1] ?? found?.[2] ?? '', 16)
    if (!found || Number.isNaN(code) || code > LAST_CODE_POINT)
      throw new RegexSyntaxError(`\\${letter} without a code point`)
    this.#position += found[0].length
    return code
  }

  #class(flags: RegexFlags): RegexNode {
    const negated = this.#take('^')
    const ranges: Range[] = []
    let first = true
    while (first || this.#peek() !== ']') {
      first = false
      const low = this.#classMember(flags)
      if (this.#peek() === '-' && this.#peek(1) !== ']' && low.length === 1 && low[0]?.[0] === low[0]?.[1]) {
        this.#position += 1
        const high = this.#classMember(flags)
        ranges.push(...rangeTo(low, high))
      } else {
        ranges.push(...low)
      }
    }
    this.#position += 1
    return { kind: 'class', ranges: merged(ranges), negated, ignoreCase: flags.ignoreCase }
  }

  #classMember(flags: RegexFlags): readonly Range[] {
    const character = this.#next()
    if (character === '[' && /^[:.=]/.test(this.#peek()))
      throw new RegexSyntaxError('POSIX classes are outside the dialect')
    if (character !== '\\') return point(character.codePointAt(0) ?? 0)
    const escape = this.#next()
    if (escape === 'W' && flags.ignoreCase) return NOT_WORD_IGNORING_CASE
    const set = Object.hasOwn(SETS, escape) ? SETS[escape] : undefined
    return set ?? point(escape === 'b' ? 8 : this.#escapedCode(escape))
  }

  #repeated(item: RegexNode): RegexNode {
    const counts = this.#quantifier()
    if (!counts) return item
    const [min, max] = counts
    if (max < min) throw new RegexSyntaxError('a quantifier counts down')
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Infinity)) {
      throw new RegexSyntaxError(`a quantifier counts further than ${MAX_REPEAT}`)
    }
    // laziness decides what is captured, never whether there is a match
    if (!this.#take('?') && this.#peek() === '+')
      throw new RegexSyntaxError('possessive quantifiers are outside the dialect')
    if (this.#quantifier()) throw new RegexSyntaxError('a quantifier after a quantifier')
    return { kind: 'repeat', item, min, max }
  }

  #quantifier(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Infinity]
    if (this.#take('+')) return [1, Infinity]
    if (this.#take('?')) return [0, 1]
    const counted = /^\{(\d{1,9})(,?)(\d{0,9})\}/.exec(this.#rest())
    if (!counted || (counted[2] === '' && counted[3] !== '')) return undefined
    this.#position += counted[0].length
    const min = Number(counted[1])
    if (counted[2] === '') return [min, min]
    return [min, counted[3] === '' ? Infinity : Number(counted[3])]
  }
}

function changed(flags: RegexFlags, on: string, off: string): RegexFlags {
  if (on.includes('x')) throw new RegexSyntaxError('the flag x (extended) is outside the dialect')
  return {
    ignoreCase: (flags.ignoreCase || on.includes('i')) && !off.includes('i'),
    multiline: (flags.multiline || on.includes('m')) && !off.includes('m'),
    dotAll: (flags.dotAll || on.includes('s')) && !off.includes('s'),
  }
}

function groupName(rest: string): string {
  if (rest.startsWith('?>')) return 'atomic groups are outside the dialect'
  if (rest.startsWith('?(')) return 'conditionals are outside the dialect'
  if (/^\?(?:R|\d|&|P>)/.test(rest)) return 'recursion is outside the dialect'
  if (rest.startsWith('?P=')) return 'back-references are outside the dialect'
  return `the group (${rest.slice(0, 3)} is outside the dialect`
}

function classOf(ranges: readonly Range[]): RegexNode {
  return { kind: 'class', ranges, negated: false, ignoreCase: false }
}

function single(code: number, flags: RegexFlags): RegexNode {
  return { kind: 'class', ranges: point(code), negated: false, ignoreCase: flags.ignoreCase }
}

function point(code: number): readonly Range[] {
  return [[code, code]]
}

function rangeTo(low: readonly Range[], high: readonly Range[]): readonly Range[] {
  const first = low[0]?.[0] ?? 0
  const last = high[0]?.[0] ?? 0
  const isPoint = high.length === 1 && last === high[0]?.[1]
  // as in PCRE, [a-\d] is a, a dash, and the digits
  if (!isPoint) return [...low, ...point(0x2d), ...high]
  if (last < first) throw new RegexSyntaxError('a range in a class counts down')
  return [[first, last]]
}

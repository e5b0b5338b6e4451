import { mistake, quote } from './problem.ts'
import type { Position, Report } from './problem.ts'
import { parseText, textTest } from './text-pattern.ts'

export type Condition =
  | { readonly kind: 'identifier'; readonly name: string }
  | { readonly kind: 'not'; readonly item: Condition }
  | { readonly kind: 'and' | 'or'; readonly items: readonly Condition[] }

interface Lexeme {
  readonly text: string
  readonly offset: number
}

const LEXEMES = /\s*([()|]|[A-Za-z0-9_*-]+|\S)/gy
const WORD = /^[A-Za-z0-9_-]+$/
const PATTERN = /^[A-Za-z0-9_*-]+$/
const RESERVED: ReadonlySet<string> = new Set(['and', 'or', 'not'])
const QUANTIFIERS: ReadonlySet<string> = new Set(['1', 'any', 'all'])
const MAX_DEPTH = 200
const MAX_LEXEMES = 10_000
/** Identifiers that the quantifiers of one condition may stand for. */
const MAX_SELECTED = 20_000

/** Parses a condition over the identifiers of its detection; undefined if the report tells why not. */
export function parseCondition(
  source: string,
  identifiers: readonly string[],
  at: Position,
  report: Report,
): Condition | undefined {
  const lexemes = [...source.matchAll(LEXEMES)].map((found): Lexeme => ({
    text: found[1] ?? '',
    offset: found.index + found[0].length - (found[1] ?? '').length,
  }))
  const parser = new Parser(lexemes, identifiers, at, report)
  try {
    return parser.whole(source)
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error
    const column = source.includes('\n') ? at.column : at.column + error.offset
    report.mistakes.push(mistake({ line: at.line, column }, `condition: ${error.message}`, error.mend))
    return undefined
  }
}

class ConditionError extends Error {
  readonly offset: number
  readonly mend: string

  constructor(message: string, offset: number, mend: string) {
    super(message)
    this.offset = offset
    this.mend = mend
  }
}

const GRAMMAR = 'combine identifiers with and, or, not, "1 of", "all of" and parentheses, in lower case'
const NO_PIPE = 'write a correlation rule instead of an aggregation after |'

class Parser {
  readonly #lexemes: readonly Lexeme[]
  readonly #identifiers: ReadonlySet<string>
  readonly #at: Position
  readonly #report: Report
  #next = 0
  #selected = 0

  constructor(lexemes: readonly Lexeme[], identifiers: readonly string[], at: Position, report: Report) {
    this.#lexemes = lexemes
    this.#identifiers = new Set(identifiers)
    this.#at = at
    this.#report = report
  }

  whole(source: string): Condition {
    if (this.#lexemes.length === 0) throw new ConditionError('it is empty', 0, GRAMMAR)
    if (this.#lexemes.length > MAX_LEXEMES) throw new ConditionError('it is too long', 0, 'split the rule')
    const condition = this.#or(0)
    const rest = this.#lexemes[this.#next]
    if (rest?.text === '|') throw new ConditionError('aggregations are not supported', rest.offset, NO_PIPE)
    if (rest)
      throw new ConditionError(`unexpected ${quote(rest.text)} in ${quote(source)}`, rest.offset, GRAMMAR)
    return condition
  }

  #or(depth: number): Condition {
    return this.#chain('or', () => this.#chain('and', () => this.#not(depth)))
  }

  #chain(kind: 'and' | 'or', operand: () => Condition): Condition {
    const items = [operand()]
    while (this.#take(kind)) items.push(operand())
    return items.length === 1 ? (items[0] as Condition) : { kind, items }
  }

  #not(depth: number): Condition {
    let negated = false
    while (this.#take('not')) negated = !negated
    const item = this.#primary(depth)
    return negated ? { kind: 'not', item } : item
  }

  #primary(depth: number): Condition {
    const lexeme = this.#lexemes[this.#next]
    if (!lexeme) throw new ConditionError('it ends too early', this.#end(), GRAMMAR)
    if (depth > MAX_DEPTH)
      throw new ConditionError('it is nested too deeply', lexeme.offset, 'remove parentheses')
    this.#next += 1
    if (lexeme.text === '(') {
      const inner = this.#or(depth + 1)
      if (!this.#take(')')) throw new ConditionError('a parenthesis is not closed', lexeme.offset, 'close it')
      return inner
    }
    if (this.#lexemes[this.#next]?.text === 'of') return this.#quantified(lexeme)
    return this.#identifier(lexeme)
  }

  #identifier({ text, offset }: Lexeme): Condition {
    if (text === '|') throw new ConditionError('aggregations are not supported', offset, NO_PIPE)
    if (!WORD.test(text) || RESERVED.has(text))
      throw new ConditionError(`unexpected ${quote(text)}`, offset, GRAMMAR)
    if (this.#identifiers.has(text)) return { kind: 'identifier', name: text }
    throw new ConditionError(
      `there is no identifier ${quote(text)}`,
      offset,
      `use one of ${named(this.#identifiers)}`,
    )
  }

  #quantified({ text, offset }: Lexeme): Condition {
    if (!QUANTIFIERS.has(text))
      throw new ConditionError(`${quote(text)} is no quantifier`, offset, 'write 1 of, any of or all of')
    this.#next += 1
    const target = this.#lexemes[this.#next]
    if (!target || !PATTERN.test(target.text))
      throw new ConditionError('of what?', target?.offset ?? this.#end(), GRAMMAR)
    this.#next += 1
    const names = selected(target.text, [...this.#identifiers])
    this.#selected += names.length
    if (this.#selected > MAX_SELECTED)
      throw new ConditionError('it stands for too many identifiers', target.offset, 'split the rule')
    if (names.length === 0) {
      this.#report.warnings.push(
        mistake(
          this.#at,
          `condition: ${quote(target.text)} selects no identifier`,
          'name identifiers that exist',
        ),
      )
    }
    const items = names.map((name): Condition => ({ kind: 'identifier', name }))
    // all of nothing is false, as 1 of nothing is
    return { kind: text === 'all' && names.length > 0 ? 'and' : 'or', items }
  }

  #take(text: string): boolean {
    if (this.#lexemes[this.#next]?.text !== text) return false
    this.#next += 1
    return true
  }

  #end(): number {
    const last = this.#lexemes.at(-1)
    return last ? last.offset + last.text.length : 0
  }
}

/** Names beyond the first few say no more. */
const NAMES_TOLD = 12

function named(identifiers: ReadonlySet<string>): string {
  const names = [...identifiers]
  const more = names.length > NAMES_TOLD ? `, … ${names.length - NAMES_TOLD} more` : ''
  return `${names.slice(0, NAMES_TOLD).join(', ')}${more}`
}

/** `them`: all identifiers but the hidden ones; a pattern sees those only if it begins with `_` itself. */
function selected(target: string, identifiers: readonly string[]): readonly string[] {
  const visible = identifiers.filter((name) => target.startsWith('_') || !name.startsWith('_'))
  if (target === 'them') return visible
  return visible.filter(textTest(parseText(target)))
}

/** Names that a condition uses. */
export function identifiersIn(condition: Condition): readonly string[] {
  if (condition.kind === 'identifier') return [condition.name]
  return condition.kind === 'not' ? identifiersIn(condition.item) : condition.items.flatMap(identifiersIn)
}

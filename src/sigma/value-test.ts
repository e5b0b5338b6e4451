import type { Event } from '../domain/event.ts'
import { inAnyNetwork } from './address.ts'
import type { FieldReader } from './field.ts'
import { foldText } from './fold.ts'
import { GRAM } from './grams.ts'
import { literalFinder } from './literal-finder.ts'
import { numericOf, sameNumber } from './number.ts'
import type { Numeric } from './number.ts'
import type { Comparison, Pattern, Reference } from './pattern.ts'
import { anyRelated } from './reference.ts'
import { compileRegex } from './regex.ts'
import { shapeOf, textTest } from './text-pattern.ts'
import type { TextTest, Token } from './text-pattern.ts'
import { contains } from './text-search.ts'
import { timePart } from './time-part.ts'

export type EventTest = (event: Event) => boolean
export type FieldReaders = (name: string) => FieldReader

type Other = Exclude<Pattern, { readonly kind: 'text' | 'network' }>

/** Whether any value of the field fits any of the patterns; one test for each kind of pattern, not for each pattern. */
export function fieldTests(
  field: FieldReader,
  patterns: readonly Pattern[],
  readers: FieldReaders,
): readonly EventTest[] {
  const tests: EventTest[] = []
  const texts = patterns.filter((pattern) => pattern.kind === 'text')
  const folded = anyText(texts.filter((text) => !text.cased).map((text) => folding(text.tokens)))
  if (folded) tests.push(onTexts(field, 'folded', folded))
  const raw = anyText(texts.filter((text) => text.cased).map((text) => text.tokens))
  if (raw) tests.push(onTexts(field, 'texts', raw))
  const networks = patterns.flatMap((pattern) => (pattern.kind === 'network' ? [pattern.network] : []))
  const inNetwork = inAnyNetwork(networks)
  if (networks.length > 0) tests.push(onTexts(field, 'texts', inNetwork))
  for (const pattern of patterns) {
    if (pattern.kind !== 'text' && pattern.kind !== 'network') tests.push(otherTest(field, pattern, readers))
  }
  return tests
}

/** What is said of a text that recurs is said once. */
function onTexts(field: FieldReader, how: 'texts' | 'folded', test: TextTest): EventTest {
  const asker = field.asker()
  return (event) => {
    const known = field.known(event)
    if (known === undefined) return anyOf(field[how](event), test)
    return (known.found[asker] ??= anyOf(field[how](event), test)) as boolean
  }
}

function anyOf(texts: readonly string[], test: TextTest): boolean {
  for (const text of texts) if (test(text)) return true
  return false
}

function folding(tokens: readonly Token[]): readonly Token[] {
  return tokens.map((token) => (token.kind === 'text' ? { kind: 'text', text: foldText(token.text) } : token))
}

/** From so many on, pieces of text are looked for all at once. */
const MANY = 6

/** One test for any of the patterns: whole texts and ends by sets, pieces of text by one search. */
function anyText(patterns: readonly (readonly Token[])[]): TextTest | undefined {
  if (patterns.length <= 1) return patterns[0] && textTest(patterns[0])
  const whole = new Set<string>()
  const contained: string[] = []
  const ends = new Map<number, Set<string>>()
  const rest: TextTest[] = []
  for (const tokens of patterns) {
    const shape = shapeOf(tokens)
    if (shape.kind === 'equals') whole.add(shape.text)
    else if (shape.kind === 'contains' && shape.text.length >= GRAM) contained.push(shape.text)
    else if (shape.kind === 'ends') {
      const same = ends.get(shape.text.length)
      if (same === undefined) ends.set(shape.text.length, new Set([shape.text]))
      else same.add(shape.text)
    } else rest.push(textTest(tokens))
  }
  if (contained.length >= MANY) rest.push(containsAny(contained))
  else
    rest.push(
      ...contained.map(
        (literal): TextTest =>
          (text) =>
            contains(text, literal),
      ),
    )
  for (const [length, texts] of ends) rest.push(endsInAny(length, texts))
  if (rest.length === 0) return (text) => whole.has(text)
  return (text) => {
    if (whole.has(text)) return true
    for (const test of rest) if (test(text)) return true
    return false
  }
}

function containsAny(literals: readonly string[]): TextTest {
  const finder = literalFinder(literals)
  let occurs = false
  const found = (): boolean => {
    occurs = true
    return false
  }
  return (text) => {
    occurs = false
    finder.find(text, found)
    return occurs
  }
}

function endsInAny(length: number, texts: ReadonlySet<string>): TextTest {
  const [only] = texts
  if (texts.size === 1 && only !== undefined) return (text) => text.endsWith(only)
  return (text) => text.length >= length && texts.has(text.slice(text.length - length))
}

function otherTest(field: FieldReader, pattern: Other, readers: FieldReaders): EventTest {
  switch (pattern.kind) {
    case 'regex':
      return onTexts(field, 'texts', regexTest(pattern))
    case 'number':
      return onValues(field, numberTest(pattern.value))
    case 'boolean':
      return onValues(field, booleanTest(pattern.value))
    case 'comparison':
      return onValues(field, comparisonTest(pattern.operator, pattern.value))
    case 'time':
      return onValues(field, timeTest(pattern))
    case 'null':
      return (event) => {
        const { present, values } = field.read(event)
        return !present || values.includes(null)
      }
    case 'exists':
      return (event) => field.read(event).present === pattern.expected
    case 'reference':
      return referenceTest(field, readers(pattern.field), pattern)
    case 'unset':
      return () => false
  }
}

/** Whether it can be used was decided when the rule was read. */
function regexTest({ source, flags }: Extract<Pattern, { readonly kind: 'regex' }>): TextTest {
  const test = compileRegex(source, flags)
  if (typeof test === 'function') return test
  throw new Error(test.wrong)
}

function onValues(field: FieldReader, test: (value: unknown) => boolean): EventTest {
  return (event) => field.read(event).values.some(test)
}

function numberTest(expected: Numeric): (value: unknown) => boolean {
  return (value) => {
    if (value === expected) return true
    const number = numericOf(value)
    return number !== undefined && sameNumber(number, expected)
  }
}

function booleanTest(expected: boolean): (value: unknown) => boolean {
  const text = String(expected)
  return (value) =>
    value === expected ||
    (typeof value === 'string' && value.length === text.length && foldText(value) === text)
}

function comparisonTest(operator: Comparison, limit: Numeric): (value: unknown) => boolean {
  const holds = COMPARISONS[operator]
  return (value) => {
    const number = numericOf(value)
    return number !== undefined && holds(number, limit)
  }
}

function timeTest({
  part,
  value: limit,
  operator,
}: Extract<Pattern, { readonly kind: 'time' }>): (value: unknown) => boolean {
  const holds = operator === undefined ? sameNumber : COMPARISONS[operator]
  return (value) => {
    const number = timePart(value, part)
    return number !== undefined && holds(number, limit)
  }
}

const COMPARISONS: Readonly<Record<Comparison, (value: Numeric, limit: Numeric) => boolean>> = {
  lt: (value, limit) => value < limit,
  lte: (value, limit) => value <= limit,
  gt: (value, limit) => value > limit,
  gte: (value, limit) => value >= limit,
}

function referenceTest(field: FieldReader, other: FieldReader, how: Reference): EventTest {
  const { cased } = how
  return (event) => {
    const texts = cased ? field.texts(event) : field.folded(event)
    const others = cased ? other.texts(event) : other.folded(event)
    return anyRelated(texts, others, how)
  }
}

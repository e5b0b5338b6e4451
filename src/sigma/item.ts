import { nearestWord } from '../domain/nearest-word.ts'
import { FIELD_ONLY, FIRST_ONLY, MODIFIERS, regexPattern } from './modifiers.ts'
import type { Wrong } from './modifiers.ts'
import type { Item, Pattern } from './pattern.ts'
import type { ListUse } from './placeholders.ts'
import { mistake, quote } from './problem.ts'
import type { Position, Report } from './problem.ts'
import { MAX_POSITIONS } from './regex-bounds.ts'
import { isTooLong, lengthOf, parseText, withLeadingStar, withTrailingStar } from './text-pattern.ts'
import type { Entry, Scalar, Tree } from './yaml.ts'

const LIST_MODIFIERS: ReadonlySet<string> = new Set(['all', 'neq'])

/** Reads `field|modifier: value`, or reports what is wrong with it. */
export function readItem(entry: Entry, use: ListUse, report: Report): Item | undefined {
  const [name = '', ...modifiers] = entry.key.split('|')
  const field = name === '' ? undefined : name
  if (field !== undefined && !isReachable(field, entry.at, report)) return undefined
  if (!areKnown(modifiers, entry, field, report)) return undefined
  const scalars = scalarsOf(entry, field, report)
  if (!scalars) return undefined
  warn(modifiers, scalars, field, entry.at, report)
  const values: (readonly Pattern[])[] = []
  for (const scalar of scalars) {
    const patterns = patternsOf(scalar, inOrder(modifiers), field, use)
    if ('wrong' in patterns)
      report.mistakes.push(mistake(scalar.at, `${quote(entry.key)}: ${patterns.wrong}`, patterns.mend))
    else {
      values.push(patterns)
      warnOfZero(scalar, patterns, report)
    }
  }
  if (values.length !== scalars.length) return undefined
  return {
    kind: 'item',
    written: `${entry.key}: ${writtenValues(scalars)}`,
    texts: scalars.map(writtenValue),
    field,
    values: [...values],
    all: modifiers.includes('all'),
    negated: modifiers.includes('neq'),
  }
}

/** Parts of a field's name, which lead into a record one after the other. */
const MAX_PARTS = 100

function isReachable(field: string, at: Position, report: Report): boolean {
  if (field.split('.').length <= MAX_PARTS) return true
  report.mistakes.push(
    mistake(at, `the field has more than ${MAX_PARTS} parts`, 'name a field that records have'),
  )
  return false
}

/** Keywords without modifiers: the elements of a list. */
export function readKeyword(scalar: Scalar, use: ListUse, report: Report): Item | undefined {
  const patterns = patternsOf(scalar, [], undefined, use)
  if (!('wrong' in patterns))
    return {
      kind: 'item',
      written: writtenValue(scalar),
      texts: [writtenValue(scalar)],
      field: undefined,
      values: [patterns],
      all: false,
      negated: false,
    }
  report.mistakes.push(mistake(scalar.at, patterns.wrong, patterns.mend))
  return undefined
}

/** Values of a long list beyond the first few say no more. */
const VALUES_WRITTEN = 8

function writtenValue({ value, source }: Scalar): string {
  return typeof value === 'string' ? value : source || 'null'
}

function writtenValues(scalars: readonly Scalar[]): string {
  const [only] = scalars
  if (scalars.length === 1 && only !== undefined) return writtenValue(only)
  const more = scalars.length > VALUES_WRITTEN ? `, … ${scalars.length - VALUES_WRITTEN} more` : ''
  return `[${scalars.slice(0, VALUES_WRITTEN).map(writtenValue).join(', ')}${more}]`
}

function areKnown(
  modifiers: readonly string[],
  entry: Entry,
  field: string | undefined,
  report: Report,
): boolean {
  const wrong = modifiers.flatMap((name, index) => wrongUse(name, index, modifiers, field) ?? [])
  for (const { wrong: message, mend } of wrong)
    report.mistakes.push(mistake(entry.at, `${quote(entry.key)}: ${message}`, mend))
  return wrong.length === 0
}

function wrongUse(
  name: string,
  index: number,
  modifiers: readonly string[],
  field: string | undefined,
): Wrong | undefined {
  const known = LIST_MODIFIERS.has(name) || Object.hasOwn(MODIFIERS, name)
  if (!known) return { wrong: `unknown modifier ${quote(name)}`, mend: modifierMend(name) }
  if (FIRST_ONLY.has(name) && index > 0 && !(name === 'cidr' && modifiers[0] === 'expand' && index === 1)) {
    return { wrong: `the modifier ${name} must be the first`, mend: `write it directly after the field` }
  }
  if (field === undefined && FIELD_ONLY.has(name))
    return { wrong: `the modifier ${name} needs a field`, mend: 'write the field before it' }
  if (name === 'exists' && modifiers.length > 1)
    return { wrong: 'exists combines with no other modifier', mend: 'write it alone' }
  if (name === 'endswith' && modifiers.includes('startswith')) {
    return { wrong: 'startswith and endswith exclude each other', mend: 'use contains, or two items' }
  }
  return undefined
}

function modifierMend(name: string): string {
  const names = [...Object.keys(MODIFIERS), 'all', 'neq']
  // one letter is near to any other
  const meant = nearestWord(
    name,
    names.filter(({ length }) => length > 1),
  )
  return meant === undefined ? `use one of ${names.join(', ')}` : `did you mean ${meant}?`
}

/** A list of networks: its placeholders are replaced before the networks are read. */
function inOrder(modifiers: readonly string[]): readonly string[] {
  const both = modifiers.includes('cidr') && modifiers.includes('expand')
  return both ? ['expand', ...modifiers.filter((name) => name !== 'expand')] : modifiers
}

function scalarsOf(entry: Entry, field: string | undefined, report: Report): readonly Scalar[] | undefined {
  const values: readonly Tree[] = entry.value.kind === 'list' ? entry.value.items : [entry.value]
  const scalars = values.filter((value) => value.kind === 'scalar')
  if (scalars.length !== values.length) {
    const at = values.find((value) => value.kind !== 'scalar')?.at ?? entry.at
    report.mistakes.push(
      mistake(
        at,
        `${quote(entry.key)}: a value must be text, a number, true, false or null`,
        'write a value or a flat list of values',
      ),
    )
    return undefined
  }
  if (scalars.length > 0) return scalars
  if (field !== undefined) return [{ kind: 'scalar', at: entry.value.at, value: null, source: '' }]
  report.mistakes.push(mistake(entry.at, 'keywords without a value', 'write at least one'))
  return undefined
}

function warn(
  modifiers: readonly string[],
  scalars: readonly Scalar[],
  field: string | undefined,
  at: Position,
  report: Report,
): void {
  if (modifiers.includes('all') && scalars.length === 1) {
    report.warnings.push(mistake(at, 'all has no effect on a single value', 'remove it, or write a list'))
  }
  if (scalars.length > 1 && scalars.some((scalar) => scalar.value === null)) {
    report.warnings.push(
      mistake(at, 'null within a list is not in the specification', 'write it as an item of its own'),
    )
  }
  if (field === undefined && (modifiers.includes('startswith') || modifiers.includes('endswith'))) {
    report.warnings.push(
      mistake(at, 'keywords are searched for anywhere: startswith and endswith have no meaning', 'remove it'),
    )
  }
}

/** With a modifier for text the digits are text. */
function warnOfZero({ value, source, at }: Scalar, patterns: readonly Pattern[], report: Report): void {
  if (typeof value !== 'number' || !/^[+-]?0\d+$/.test(source)) return
  if (patterns.some(({ kind }) => kind === 'text')) return
  report.warnings.push(
    mistake(at, `${source} is read as the number ${value}`, 'quote it if the zero matters'),
  )
}

function patternsOf(
  scalar: Scalar,
  modifiers: readonly string[],
  field: string | undefined,
  use: ListUse,
): readonly Pattern[] | Wrong {
  const isRegex = modifiers[0] === 're' && typeof scalar.value === 'string'
  let patterns = isRegex ? regexPattern(scalar.value) : [plainPattern(scalar)]
  for (const name of isRegex ? modifiers.slice(1) : modifiers) {
    if ('wrong' in patterns) return patterns
    patterns = applied(name, patterns, use)
  }
  if ('wrong' in patterns) return patterns
  const wanted = field === undefined ? asKeywords(patterns) : patterns
  return 'wrong' in wanted
    ? wanted
    : (wanted.map(beyondBounds).find((wrong) => wrong !== undefined) ?? wanted)
}

function beyondBounds(pattern: Pattern): Wrong | undefined {
  if (pattern.kind === 'text' && isTooLong(pattern.tokens))
    return {
      wrong: `a text with ? is longer than ${MAX_POSITIONS} characters between its stars`,
      mend: 'shorten it',
    }
  if (pattern.kind === 'reference' && pattern.field.split('.').length > MAX_PARTS)
    return { wrong: `the field has more than ${MAX_PARTS} parts`, mend: 'name a field that records have' }
  return undefined
}

/** Characters of all alternatives that modifiers make of a value: each encoding multiplies them. */
const MAX_MADE = 4_000_000

function applied(name: string, patterns: readonly Pattern[], use: ListUse): readonly Pattern[] | Wrong {
  const modifier = MODIFIERS[name]
  if (!modifier || LIST_MODIFIERS.has(name)) return patterns
  const alternatives: Pattern[] = []
  let length = 0
  for (const pattern of patterns) {
    const made = pattern.kind === 'unset' ? [pattern] : modifier(pattern, use)
    if ('wrong' in made) return made
    for (const each of made) {
      alternatives.push(each)
      length += each.kind === 'text' ? lengthOf(each.tokens) : 1
    }
    if (length > MAX_MADE)
      return { wrong: `the modifier ${name} makes too much of it`, mend: 'write a shorter value' }
  }
  return [...alternatives]
}

function plainPattern({ value, source }: Scalar): Pattern {
  if (typeof value === 'string') return { kind: 'text', tokens: parseText(value), cased: false, bytes: false }
  if (typeof value === 'boolean') return { kind: 'boolean', value }
  return value === null ? { kind: 'null' } : { kind: 'number', value, source }
}

/** Keywords are found anywhere in a value; numbers and booleans by their text. */
function asKeywords(patterns: readonly Pattern[]): readonly Pattern[] | Wrong {
  const keywords: Pattern[] = []
  for (const pattern of patterns) {
    if (pattern.kind === 'null')
      return { wrong: 'null cannot be a keyword', mend: 'name a field, or write a text' }
    const text = pattern.kind === 'number' || pattern.kind === 'boolean' ? String(pattern.value) : undefined
    const written =
      text === undefined
        ? pattern
        : plainPattern({ kind: 'scalar', at: { line: 1, column: 1 }, value: text, source: text })
    keywords.push(
      written.kind === 'text'
        ? { ...written, tokens: withTrailingStar(withLeadingStar(written.tokens)) }
        : written,
    )
  }
  return keywords
}

import { readNetwork } from './address.ts'
import { base64, base64Offsets, encodeTokens, withoutDashes } from './encodings.ts'
import type { Encoding } from './encodings.ts'
import type { Comparison, Pattern } from './pattern.ts'
import { expandRegex, expandTokens } from './placeholders.ts'
import type { Expansion, ListUse } from './placeholders.ts'
import { quote } from './problem.ts'
import { compileRegex } from './regex.ts'
import type { RegexFlags } from './regex-syntax.ts'
import { plainText, withLeadingStar, withTrailingStar } from './text-pattern.ts'
import type { Token } from './text-pattern.ts'
import { TIME_PARTS } from './time-part.ts'
import type { TimePart } from './time-part.ts'

/** Why a modifier cannot be applied, and what to write instead. */
export interface Wrong {
  readonly wrong: string
  readonly mend: string
}

/** One value in, its alternatives out. */
export type Modifier = (pattern: Pattern, use: ListUse) => readonly Pattern[] | Wrong

type Text = Extract<Pattern, { readonly kind: 'text' }>

/** Modifiers that change values; `all` and `neq` change the item and are read in `item.ts`. */
export const MODIFIERS: Readonly<Record<string, Modifier>> = {
  contains: around(true, true),
  startswith: around(false, true),
  endswith: around(true, false),
  cased: (pattern) =>
    pattern.kind === 'text' || pattern.kind === 'reference'
      ? [{ ...pattern, cased: true }]
      : wrongType('cased', 'a string'),
  exists: (pattern) =>
    pattern.kind === 'boolean'
      ? [{ kind: 'exists', expected: pattern.value }]
      : wrongType('exists', 'true or false, unquoted'),
  windash: onText('windash', (text) => [{ ...text, tokens: dashes(text.tokens) }]),
  base64: onEncodable('base64', (text) => {
    const encoded = base64(text.tokens, text.bytes)
    return encoded === undefined ? noWildcards('base64') : [textOf(encoded, text.cased)]
  }),
  base64offset: onEncodable('base64offset', (text) => {
    const encoded = base64Offsets(text.tokens, text.bytes)
    return encoded ? encoded.map((each) => textOf(each, text.cased)) : noWildcards('base64offset')
  }),
  wide: encoder('utf16le'),
  utf16le: encoder('utf16le'),
  utf16be: encoder('utf16be'),
  utf16: encoder('utf16'),
  re: (pattern) => {
    if (pattern.kind === 'number') return regex(pattern.source, NO_FLAGS)
    return wrongType('re', 'a string')
  },
  i: flag('ignoreCase'),
  ignorecase: flag('ignoreCase'),
  m: flag('multiline'),
  multiline: flag('multiline'),
  s: flag('dotAll'),
  dotall: flag('dotAll'),
  cidr: onText('cidr', (text) => network(text)),
  lt: comparison('lt'),
  lte: comparison('lte'),
  gt: comparison('gt'),
  gte: comparison('gte'),
  fieldref: onText('fieldref', (text) => {
    const field = plainText(text.tokens)
    if (!field) return noWildcards('fieldref')
    return [{ kind: 'reference', field, starts: false, ends: false, cased: text.cased }]
  }),
  expand,
  ...Object.fromEntries(TIME_PARTS.map((part) => [part, time(part)])),
}

/** Modifiers that must come before any other. */
export const FIRST_ONLY: ReadonlySet<string> = new Set(['re', 'cidr'])
/** Modifiers that mean nothing without a field. */
export const FIELD_ONLY: ReadonlySet<string> = new Set([
  'exists',
  'cidr',
  'lt',
  'lte',
  'gt',
  'gte',
  'fieldref',
  ...TIME_PARTS,
])

const NO_FLAGS: RegexFlags = { ignoreCase: false, multiline: false, dotAll: false }
const FLAG_MODIFIERS = { ignoreCase: 'i', multiline: 'm', dotAll: 's' } as const

/** The first modifier `re` takes the text as it is written, before escapes and wildcards mean anything. */
export function regexPattern(source: string): readonly Pattern[] | Wrong {
  return regex(source, NO_FLAGS)
}

function regex(source: string, flags: RegexFlags): readonly Pattern[] | Wrong {
  const test = compileRegex(source, flags)
  if (typeof test === 'function') return [{ kind: 'regex', source, flags }]
  return {
    wrong: `the regular expression ${quote(source)} is not usable: ${test.wrong}`,
    mend: 'write it with . ^ $ * + ? {n,m} [] | () \\b \\d \\s \\w only',
  }
}

function textOf(text: string, cased: boolean): Text {
  return { kind: 'text', tokens: [{ kind: 'text', text }], cased, bytes: false }
}

function wrongType(modifier: string, wanted: string): Wrong {
  return { wrong: `the modifier ${modifier} wants ${wanted}`, mend: `write ${wanted}, or remove ${modifier}` }
}

function noWildcards(modifier: string): Wrong {
  return {
    wrong: `the modifier ${modifier} takes no wildcards and no empty text`,
    mend: 'escape * and ? with a backslash',
  }
}

function onText(name: string, apply: (text: Text) => readonly Pattern[] | Wrong): Modifier {
  return (pattern) => {
    const text = asText(pattern)
    return text.kind === 'text' ? apply(text) : wrongType(name, 'a string (quote a number)')
  }
}

/** An encoding cannot leave a dash open: it is applied to each. */
function onEncodable(name: string, apply: (text: Text) => readonly Pattern[] | Wrong): Modifier {
  return onText(name, (text) => {
    const alternatives = withoutDashes(text.tokens)
    if (alternatives === undefined)
      return { wrong: `too many dashes for the modifier ${name}`, mend: 'write a shorter value' }
    const made: Pattern[] = []
    for (const tokens of alternatives) {
      const patterns = apply({ ...text, tokens })
      if ('wrong' in patterns) return patterns
      made.push(...patterns)
    }
    return made
  })
}

/** YAML 1.1 reads digits behind a leading zero as text, and the rules that have them mean text. */
function asText(pattern: Pattern): Pattern {
  return pattern.kind === 'number' && /^0\d+$/.test(pattern.source) ? textOf(pattern.source, false) : pattern
}

/** For a regular expression there is nothing to add: it is searched for anywhere. */
function around(before: boolean, after: boolean): Modifier {
  return (given) => {
    const pattern = asText(given)
    if (pattern.kind === 'regex') return [pattern]
    if (pattern.kind === 'reference')
      return [{ ...pattern, starts: pattern.starts || after, ends: pattern.ends || before }]
    if (pattern.kind !== 'text')
      return wrongType(
        before && after ? 'contains' : after ? 'startswith' : 'endswith',
        'a string (quote a number)',
      )
    const leading = before ? withLeadingStar(pattern.tokens) : pattern.tokens
    return [{ ...pattern, tokens: after ? withTrailingStar(leading) : leading }]
  }
}

/** A dash or slash where a parameter begins (no word before it, a word after it) stands for any of them. */
function dashes(tokens: readonly Token[]): readonly Token[] {
  return tokens.flatMap((token): readonly Token[] => {
    if (token.kind !== 'text') return [token]
    const pieces = token.text.split(/(\B[-/]\b|[–—―])/)
    return pieces.flatMap((text, index): readonly Token[] =>
      index % 2 === 1 ? [{ kind: 'dash' }] : text === '' ? [] : [{ kind: 'text', text }],
    )
  })
}

function encoder(encoding: Encoding): Modifier {
  return onEncodable(encoding, (text) => [
    { ...text, tokens: encodeTokens(text.tokens, encoding), bytes: true },
  ])
}

function flag(name: keyof RegexFlags): Modifier {
  return (pattern) => {
    if (pattern.kind !== 'regex') return wrongType(FLAG_MODIFIERS[name], 'the modifier re before it')
    return regex(pattern.source, { ...pattern.flags, [name]: true })
  }
}

function network(text: Text): readonly Pattern[] | Wrong {
  const written = plainText(text.tokens) ?? ''
  const block = readNetwork(written)
  if (!('wrong' in block)) return [{ kind: 'network', network: block }]
  return {
    wrong: `${quote(written)} cannot be used with cidr: ${block.wrong}`,
    mend: 'write a network such as 10.0.0.0/8 or fe80::/10',
  }
}

function comparison(operator: Comparison): Modifier {
  return (pattern) => {
    if (pattern.kind === 'number') return [{ kind: 'comparison', operator, value: pattern.value }]
    if (pattern.kind === 'time' && pattern.operator === undefined) return [{ ...pattern, operator }]
    return wrongType(operator, 'a number, unquoted')
  }
}

function time(part: TimePart): Modifier {
  return (pattern) =>
    pattern.kind === 'number' && Number.isInteger(Number(pattern.value))
      ? [{ kind: 'time', part, value: pattern.value, operator: undefined }]
      : wrongType(part, 'an integer, unquoted')
}

function expand(pattern: Pattern, use: ListUse): readonly Pattern[] | Wrong {
  if (pattern.kind === 'text') {
    return expanded(expandTokens(pattern.tokens, use), use, (tokens) => [{ ...pattern, tokens }])
  }
  if (pattern.kind === 'regex') {
    return expanded(expandRegex(pattern.source, use), use, (source) => regex(source, pattern.flags))
  }
  return wrongType('expand', 'a string')
}

function expanded<T>(
  expansion: Expansion<T>,
  use: ListUse,
  make: (value: T) => readonly Pattern[] | Wrong,
): readonly Pattern[] | Wrong {
  if (expansion.kind === 'too-many') {
    return { wrong: 'its placeholders multiply out to too many values', mend: 'use one placeholder a value' }
  }
  if (expansion.kind === 'unset') {
    if (use.whenUnset === 'unknown') return [{ kind: 'unset', list: expansion.list }]
    return {
      wrong: `the placeholder %${expansion.list}% has no values`,
      mend: `write its values to site/lists/${expansion.list}.yaml`,
    }
  }
  const patterns: Pattern[] = []
  for (const value of expansion.values) {
    const made = make(value)
    if ('wrong' in made) return made
    patterns.push(...made)
  }
  return patterns
}

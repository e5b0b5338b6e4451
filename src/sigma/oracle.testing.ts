/**
 * Sigma's meaning, written down as plainly as possible and as slowly as that takes: what the compiled engine is
 * compared with. It shares no code with the engine. Covers fields and keywords, wildcards, the text modifiers,
 * numbers, null, exists, fieldref, re and neq; not encodings, networks, time parts, placeholders.
 */
export type Scalar = string | number | boolean | null
export type Definition = readonly Definition[] | Scalar | Readonly<Record<string, Scalar | readonly Scalar[]>>

/** Whether the condition holds on the record. */
export function plainlyHolds(
  identifiers: Readonly<Record<string, Definition>>,
  condition: PlainCondition,
  record: Readonly<Record<string, unknown>>,
): boolean {
  switch (condition.kind) {
    case 'not':
      return !plainlyHolds(identifiers, condition.of, record)
    case 'and':
      return condition.of.every((each) => plainlyHolds(identifiers, each, record))
    case 'or':
      return condition.of.some((each) => plainlyHolds(identifiers, each, record))
    case 'name':
      return holdsDefinition(identifiers[condition.name] ?? [], record)
  }
}

export type PlainCondition =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'not'; readonly of: PlainCondition }
  | { readonly kind: 'and' | 'or'; readonly of: readonly PlainCondition[] }

/** The condition as a rule writes it. */
export function written(condition: PlainCondition): string {
  switch (condition.kind) {
    case 'name':
      return condition.name
    case 'not':
      return `not (${written(condition.of)})`
    default:
      return condition.of.map((each) => `(${written(each)})`).join(` ${condition.kind} `)
  }
}

function holdsDefinition(definition: Definition, record: Readonly<Record<string, unknown>>): boolean {
  if (Array.isArray(definition)) return definition.some((each) => holdsDefinition(each, record))
  if (typeof definition !== 'object' || definition === null) return keyword(definition, record)
  return Object.entries(definition).every(([key, value]) =>
    holdsItem(key, value as Scalar | Scalar[], record),
  )
}

function holdsItem(
  key: string,
  value: Scalar | readonly Scalar[],
  record: Readonly<Record<string, unknown>>,
): boolean {
  const [field = '', ...modifiers] = key.split('|')
  const values = Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar]
  const one = (each: Scalar): boolean => holdsValue(field, modifiers, each, record)
  const held = modifiers.includes('all') ? values.every(one) : values.some(one)
  return modifiers.includes('neq') ? !held : held
}

function holdsValue(
  field: string,
  modifiers: readonly string[],
  wanted: Scalar,
  record: Readonly<Record<string, unknown>>,
): boolean {
  const has = Object.hasOwn(record, field)
  const found: readonly unknown[] = !has ? [] : Array.isArray(record[field]) ? record[field] : [record[field]]
  if (modifiers.includes('exists')) return has === wanted
  if (wanted === null) return !has || found.includes(null)
  const cased = modifiers.includes('cased')
  if (modifiers.includes('fieldref')) {
    const other = record[String(wanted)]
    const others = other === undefined ? [] : Array.isArray(other) ? other : [other]
    return found.some((a) =>
      others.some((b) => a !== null && b !== null && same(textOf(a), textOf(b), cased)),
    )
  }
  return found.some((value) => value !== null && fits(value, wanted, modifiers, cased))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function fits(value: unknown, wanted: Scalar, modifiers: readonly string[], cased: boolean): boolean {
  const text = textOf(value)
  for (const [operator, holds] of Object.entries(ORDER)) {
    if (modifiers.includes(operator)) return isNumber(value) && holds(Number(value), Number(wanted))
  }
  if (modifiers.includes('re')) return new RegExp(String(wanted), 'su').test(text)
  if (typeof wanted === 'number') return isNumber(value) && Number(value) === wanted
  if (typeof wanted === 'boolean') return same(text, String(wanted), false) && typeof value !== 'number'
  let pattern = String(wanted)
  if (modifiers.includes('contains') || modifiers.includes('endswith')) pattern = `*${pattern}`
  if (modifiers.includes('contains') || modifiers.includes('startswith')) pattern = `${pattern}*`
  return wildcard(Array.from(pattern), Array.from(text), cased)
}

const ORDER: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  lte: (a, b) => a <= b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
}

function isNumber(value: unknown): boolean {
  if (typeof value === 'number') return true
  return typeof value === 'string' && /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(value)
}

function keyword(wanted: Scalar, record: Readonly<Record<string, unknown>>): boolean {
  const texts = Object.values(record)
    .flat()
    .filter((value) => value !== null)
    .map(textOf)
  return texts.some((text) => wildcard(Array.from(`*${String(wanted)}*`), Array.from(text), false))
}

/** `*` and `?` by trying everything; a backslash before `*`, `?` or a backslash makes it plain. */
function wildcard(pattern: readonly string[], text: readonly string[], cased: boolean): boolean {
  const [first, second] = pattern
  if (first === undefined) return text.length === 0
  if (first === '*')
    return (
      wildcard(pattern.slice(1), text, cased) || (text.length > 0 && wildcard(pattern, text.slice(1), cased))
    )
  if (text.length === 0) return false
  if (first === '?') return wildcard(pattern.slice(1), text.slice(1), cased)
  const escapes = first === '\\' && second !== undefined && '*?\\'.includes(second)
  return (
    same(text[0] ?? '', (escapes ? second : first) ?? '', cased) &&
    wildcard(pattern.slice(escapes ? 2 : 1), text.slice(1), cased)
  )
}

function same(a: string, b: string, cased: boolean): boolean {
  if (cased || a === b) return a === b
  const [left, right] = [Array.from(a), Array.from(b)]
  return (
    left.length === right.length && left.every((each, index) => folded(each) === folded(right[index] ?? ''))
  )
}

/** Enough for the letters that the generators use: ASCII, Ä, Σ with its two small forms, and the Kelvin sign. */
function folded(character: string): string {
  return { ς: 'σ', Σ: 'σ', '\u212a': 'k', Ä: 'ä' }[character] ?? character.toLowerCase()
}

import { BlockList, isIP, isIPv4 } from 'node:net'

/**
 * Sigma's meaning, written down as plainly as possible and as slowly as that takes: what the compiled engine is
 * compared with. It shares no code with the engine.
 */
export type Scalar = string | number | bigint | boolean | null
export type Definition = readonly Definition[] | Scalar | Readonly<Record<string, Scalar | readonly Scalar[]>>
export type Lists = Readonly<Record<string, readonly string[]>>
type Plain = Readonly<Record<string, unknown>>

export type PlainCondition =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'not'; readonly of: PlainCondition }
  | { readonly kind: 'and' | 'or'; readonly of: readonly PlainCondition[] }
  /** `1 of` or `all of` the identifiers with this beginning; `them` for all. */
  | { readonly kind: 'one' | 'every'; readonly beginning: string }

/** Whether the condition holds on the record. */
export function plainlyHolds(
  identifiers: Readonly<Record<string, Definition>>,
  condition: PlainCondition,
  record: Plain,
  lists: Lists = {},
): boolean {
  const holds = (part: PlainCondition): boolean => {
    switch (part.kind) {
      case 'not':
        return !holds(part.of)
      case 'and':
        return part.of.every(holds)
      case 'or':
        return part.of.some(holds)
      case 'name':
        return holdsDefinition(identifiers[part.name] ?? [], record, lists)
      default: {
        const chosen = Object.keys(identifiers).filter((name) =>
          part.beginning === 'them'
            ? !name.startsWith('_')
            : name.startsWith(part.beginning) && (part.beginning.startsWith('_') || !name.startsWith('_')),
        )
        const held = chosen.filter((name) => holds({ kind: 'name', name }))
        return part.kind === 'one' ? held.length > 0 : chosen.length > 0 && held.length === chosen.length
      }
    }
  }
  return holds(condition)
}

/** The condition as a rule writes it. */
export function written(condition: PlainCondition): string {
  switch (condition.kind) {
    case 'name':
      return condition.name
    case 'not':
      return `not (${written(condition.of)})`
    case 'one':
    case 'every': {
      const target = condition.beginning === 'them' ? 'them' : `${condition.beginning}*`
      return `${condition.kind === 'one' ? '1' : 'all'} of ${target}`
    }
    default:
      return condition.of.map((each) => `(${written(each)})`).join(` ${condition.kind} `)
  }
}

function holdsDefinition(definition: Definition, record: Plain, lists: Lists): boolean {
  if (Array.isArray(definition)) return definition.some((each) => holdsDefinition(each, record, lists))
  if (typeof definition !== 'object' || definition === null) return holdsItem('', definition, record, lists)
  return Object.entries(definition).every(([key, value]) =>
    holdsItem(key, value as Scalar | Scalar[], record, lists),
  )
}

function holdsItem(key: string, value: Scalar | readonly Scalar[], record: Plain, lists: Lists): boolean {
  const [field = '', ...modifiers] = key.split('|')
  const values = Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar]
  const found = field === '' ? everywhere(record) : look(record, field)
  const one = (each: Scalar): boolean => {
    if (modifiers.includes('exists')) return (found !== undefined) === each
    if (each === null) return found === undefined || found.includes(null)
    if (modifiers.includes('fieldref'))
      return related(found ?? [], look(record, String(each)) ?? [], modifiers)
    return alternatives(each, modifiers, lists).some((wanted) =>
      (found ?? []).some((v) => v !== null && fits(v, wanted, modifiers, field === '')),
    )
  }
  const held = modifiers.includes('all') ? values.every(one) : values.some(one)
  return modifiers.includes('neq') ? !held : held
}

/** What a record has under a name, its lists member by member; undefined for nothing at all. */
function look(record: Plain, field: string): readonly unknown[] | undefined {
  if (Object.hasOwn(record, field)) return members(record[field])
  return follow(record, field.split('.'))
}

function follow(value: unknown, [first, ...rest]: readonly string[]): readonly unknown[] | undefined {
  if (first === undefined) return members(value)
  if (Array.isArray(value)) {
    const found = value.flatMap((member) => {
      const there = follow(member, [first, ...rest])
      return there === undefined ? [] : [there]
    })
    return found.length === 0 ? undefined : found.flat()
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, first)) return undefined
  return follow((value as Plain)[first], rest)
}

function members(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(members)
  return typeof value === 'object' && value !== null ? [] : [value]
}

function everywhere(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(everywhere) : [value]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}

function related(left: readonly unknown[], right: readonly unknown[], modifiers: readonly string[]): boolean {
  const cased = modifiers.includes('cased')
  const letters = (value: unknown): readonly string[] =>
    Array.from(textOf(value), (letter) => (cased ? letter : folded(letter)))
  return left.some((a) =>
    right.some((b) => {
      if (a === null || b === null) return false
      const [text, other] = [letters(a), letters(b)]
      const at = (start: number): boolean => other.every((letter, index) => text[start + index] === letter)
      if (modifiers.includes('contains')) return ['', ...text].some((_, start) => at(start))
      if (modifiers.includes('startswith')) return at(0)
      if (modifiers.includes('endswith')) return text.length >= other.length && at(text.length - other.length)
      return text.length === other.length && at(0)
    }),
  )
}

/** What a value stands for once placeholders, dashes and encodings are written out. */
function alternatives(value: Scalar, modifiers: readonly string[], lists: Lists): readonly Scalar[] {
  if (typeof value !== 'string' || modifiers.includes('re')) return [value]
  let values: readonly string[] = [value]
  let bytes: 'latin1' | 'utf8' = 'utf8'
  for (const modifier of modifiers) {
    values = values.flatMap((each) => {
      switch (modifier) {
        case 'expand':
          return placeholders(each, lists)
        case 'windash':
          return dashed(each)
        case 'wide':
        case 'utf16le':
          return [Buffer.from(each, 'utf16le').toString('latin1')]
        case 'utf16':
          return [`\xff\xfe${Buffer.from(each, 'utf16le').toString('latin1')}`]
        case 'utf16be':
          return [Buffer.from(each, 'utf16le').swap16().toString('latin1')]
        case 'base64':
          return [Buffer.from(each, bytes).toString('base64')]
        case 'base64offset':
          return offsets(Buffer.from(each, bytes))
        default:
          return [each]
      }
    })
    if (/^(?:wide|utf16)/.test(modifier)) bytes = 'latin1'
  }
  return values
}

function placeholders(value: string, lists: Lists): readonly string[] {
  const found = /%([^%]+)%/.exec(value)
  if (!found) return [value]
  return (lists[found[1] ?? ''] ?? []).flatMap((each) =>
    placeholders(value.slice(found.index + found[0].length), lists).map(
      (rest) => value.slice(0, found.index) + each + rest,
    ),
  )
}

/** Each dash that begins a parameter, as any of five. */
function dashed(value: string): readonly string[] {
  const found = [...value.matchAll(/(?<!\w)[-/](?=\w)|[–—―]/g)][0]
  if (!found) return [value]
  const end = found.index + 1
  return dashed(value.slice(end)).flatMap((rest) =>
    // what follows the dash decides, and it stays
    ['-', '/', '–', '—', '―'].map((dash) => value.slice(0, found.index) + dash + rest),
  )
}

/** What is the same in the Base64 of every text that has these bytes at this offset. */
function offsets(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const around = [0x00, 0xff].map((filler) =>
      Buffer.concat([Buffer.alloc(offset, filler), bytes, Buffer.alloc(6, filler)]).toString('base64'),
    )
    const same = Array.from(around[0] ?? '').map((letter, index) => letter === around[1]?.[index])
    // whole letters of the bytes themselves
    const first = Math.ceil((offset * 8) / 6)
    const last = Math.floor(((offset + bytes.length) * 8) / 6)
    expectSame(same.slice(first, last))
    return (around[0] ?? '').slice(first, last)
  })
}

function expectSame(same: readonly boolean[]): void {
  if (same.includes(false)) throw new Error('a letter depends on what is around')
}

type Time = Readonly<Record<string, number>>

function fits(value: unknown, wanted: Scalar, modifiers: readonly string[], isKeyword: boolean): boolean {
  const part = modifiers.find((each) => /^(?:minute|hour|day|week|month|year)$/.test(each))
  if (part !== undefined) return timeOf(value)?.[part] === Number(wanted)
  for (const [operator, holds] of Object.entries(ORDER)) {
    if (modifiers.includes(operator)) return isNumber(value) && holds(exact(value), exact(wanted))
  }
  const text = textOf(value)
  if (modifiers.includes('cidr')) return isInNetwork(text, String(wanted))
  if (modifiers.includes('re')) {
    const flags = `u${modifiers.includes('i') ? 'i' : ''}${modifiers.includes('s') ? 's' : ''}`
    return new RegExp(String(wanted), flags).test(text)
  }
  const isText = typeof wanted === 'string' || isKeyword
  if (!isText && typeof wanted === 'boolean')
    return (typeof value === 'string' || typeof value === 'boolean') && text.toLowerCase() === String(wanted)
  if (!isText) return isNumber(value) && equal(exact(value), exact(wanted))
  let pattern = String(wanted)
  if (isKeyword || modifiers.includes('contains') || modifiers.includes('endswith')) pattern = `*${pattern}`
  // a star after an odd number of backslashes would be a plain one
  if (isKeyword || modifiers.includes('contains') || modifiers.includes('startswith'))
    pattern = /(?<!\\)(?:\\\\)*\\$/.test(pattern) ? `${pattern}\\*` : `${pattern}*`
  return wildcard(pattern, text, modifiers.includes('cased'))
}

const ORDER: Readonly<Record<string, (a: number | bigint, b: number | bigint) => boolean>> = {
  lte: (a, b) => a <= b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
}

function isNumber(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'bigint') return true
  return typeof value === 'string' && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)
}

/** Whole numbers of any size as they are. */
function exact(value: unknown): number | bigint {
  if (typeof value === 'number') return value
  return /^-?\d+$/.test(textOf(value)) ? BigInt(textOf(value)) : Number(value)
}

function equal(a: number | bigint, b: number | bigint): boolean {
  return a <= b && a >= b
}

function isInNetwork(text: string, network: string): boolean {
  const [base = '', bits] = network.split('/')
  if (isIP(text) === 0 || isIP(text) !== isIP(base)) return false
  const family = isIPv4(base) ? 'ipv4' : 'ipv6'
  const block = new BlockList()
  block.addSubnet(base, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family)
  return block.check(text, family)
}

/** Of times as the generators write them, and of seconds or milliseconds since 1970. */
function timeOf(value: unknown): Time | undefined {
  const number = isNumber(value) ? Number(value) : undefined
  const told = number === undefined ? /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.exec(textOf(value))?.[0] : undefined
  if (number === undefined && told === undefined) return undefined
  const date = new Date(
    told === undefined ? Number(number) * (Number(number) > 1e12 ? 1 : 1000) : `${told.replace(' ', 'T')}Z`,
  )
  if (Number.isNaN(date.getTime())) return undefined
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  // the week that has the Thursday nearest to the day, counted from the year's first Thursday
  const thursday = new Date(Date.UTC(year, month - 1, day))
  while (thursday.getUTCDay() !== 4)
    thursday.setUTCDate(thursday.getUTCDate() + ([0, 5, 6].includes(thursday.getUTCDay()) ? -1 : 1))
  const weeks = (thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / (7 * 86_400_000)
  const [hour, minute] = [date.getUTCHours(), date.getUTCMinutes()]
  return { year, month, day, hour, minute, week: Math.floor(weeks) + 1 }
}

/** `*` and `?` over code points, by a table; a backslash before `*`, `?` or a backslash makes it plain. */
function wildcard(pattern: string, text: string, cased: boolean): boolean {
  const units = patternUnits(pattern)
  let row = [true]
  const letters = Array.from(text)
  for (const _ of letters) row.push(false)
  for (const unit of units) {
    const next = [unit === ANY_RUN && row[0] === true]
    for (const [index, letter] of letters.entries()) {
      const before = row[index] === true
      if (unit === ANY_RUN) next.push(row[index + 1] === true || next[index] === true)
      else next.push(before && (unit === ANY_ONE || same(unit as string, letter, cased)))
    }
    row = next
  }
  return row.at(-1) === true
}

const ANY_RUN = Symbol('*')
const ANY_ONE = Symbol('?')

function patternUnits(pattern: string): readonly (string | symbol)[] {
  const units: (string | symbol)[] = []
  const letters = Array.from(pattern)
  for (let index = 0; index < letters.length; index += 1) {
    const letter = letters[index] as string
    const next = letters[index + 1]
    if (letter === '\\' && next !== undefined && '*?\\'.includes(next)) {
      units.push(next)
      index += 1
    } else units.push(letter === '*' ? ANY_RUN : letter === '?' ? ANY_ONE : letter)
  }
  return units
}

function same(a: string, b: string, cased: boolean): boolean {
  return a === b || (!cased && folded(a) === folded(b))
}

/** Letters beyond ASCII, as the platform's regular expressions fold them. */
const known = new Map<string, string>()

function folded(letter: string): string {
  if (letter <= '\x7f') return letter.toLowerCase()
  const before = known.get(letter)
  if (before !== undefined) return before
  const candidates = [letter.toUpperCase().toLowerCase(), letter.toLowerCase(), letter.toUpperCase(), letter]
  const found =
    candidates.find((each) => Array.from(each).length === 1 && new RegExp(`^${each}$`, 'iu').test(letter)) ??
    letter
  known.set(letter, found)
  return found
}

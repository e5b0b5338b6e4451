export { jsonText } from '../domain/json-text.ts'

/** A JSON object whose members are not yet known. */
export type JsonObject = Readonly<Record<string, unknown>>

const EMPTY: JsonObject = Object.freeze({})

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value if it is an object, else an empty one: members of a wrong type are as good as missing. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : EMPTY
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The value if it is a string that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The strings of a list; other members are left out. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((member): member is string => typeof member === 'string')
}

/** The value of an own member, so that a name such as `__proto__` finds nothing. */
export function memberOf(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** The fields that have a value; null, undefined, and nothing else, are left out. */
export function known(fields: JsonObject): JsonObject {
  const present: Record<string, unknown> = {}
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    if (value !== undefined && value !== null) put(present, name, value)
  }
  return present
}

/** Sets an own member, also one that is called `__proto__`. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Longer numbers keep their nearest double: BigInt of a million digits would take seconds. */
const MAX_INTEGER_DIGITS = 40

/** JSON.parse, with integers above 2^53 as BigInt. Throws SyntaxError as JSON.parse does. */
export function parseJson(text: string): unknown {
  const value = JSON.parse(text) as unknown
  const exact = longIntegers(text)
  if (exact.length === 0 || restored(value, exact)) return value
  // six times the cost of the parse, and right whatever the text
  return JSON.parse(text, exactInteger) as unknown
}

export const TOO_DEEP = 'nesting too deep'
export const TOO_MANY = 'too many elements in one record'
/** What walks a value afterwards may recurse. */
const MAX_DEPTH = 200
/** Each takes a hundred bytes of memory for two of text; a real record has one in ten characters. */
const MAX_CONTAINERS = 2_000_000
/** Shorter texts are not searched: they cannot hurt. */
const SMALL = 1024

/** Why JSON of this shape is not to be parsed; undefined where it may be. Brackets in strings do not count. */
export function excessOf(text: string): string | undefined {
  if (text.length <= SMALL || opensFew(text)) return undefined
  let depth = 0
  let containers = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) quoted = !quoted
    else if (code === 0x5c) at += 1
    else if (!quoted && (code === 0x7b || code === 0x5b)) {
      depth += 1
      containers += 1
      if (depth > MAX_DEPTH) return TOO_DEEP
      if (containers > MAX_CONTAINERS) return TOO_MANY
    } else if (!quoted && (code === 0x7d || code === 0x5d)) depth -= 1
  }
  return undefined
}

/** Whether so few brackets open, in strings or not, that no depth is too much. */
function opensFew(text: string): boolean {
  let left = MAX_DEPTH
  for (const bracket of '{[')
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      left -= 1
      if (left < 0) return false
    }
  return true
}

/** As `parseJson`, for JSON within a string of a record; undefined where it is not JSON, or too much. */
export function tryParseJson(text: string): unknown {
  if (excessOf(text) !== undefined) return undefined
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function exactInteger(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  return source.length <= MAX_INTEGER_DIGITS && /^-?\d+$/.test(source) ? BigInt(source) : value
}

/**
 * Integers above 2^53 wherever a number may stand, in the order of the text. What stands in a string may be among
 * them. Every sixteenth character is enough to find them.
 */
function longIntegers(text: string): readonly string[] {
  const found: string[] = []
  for (let at = 15; at < text.length; at += 16) {
    if (!isDigit(text.charCodeAt(at))) continue
    let first = at
    while (first > 0 && isDigit(text.charCodeAt(first - 1))) first -= 1
    let last = at
    while (last + 1 < text.length && isDigit(text.charCodeAt(last + 1))) last += 1
    if (last - first >= 15 && isOutsideWord(text, first, last)) {
      const integer = text.slice(text.charAt(first - 1) === '-' ? first - 1 : first, last + 1)
      if (!Number.isSafeInteger(Number(integer))) found.push(integer)
    }
    at = Math.max(at, last - (last % 16) + 15 - 16)
  }
  return found
}

/**
 * Puts the exact integers in the places of the rounded ones, one after the other. False where the order of places is
 * not surely that of the text, or a place has no integer of its own: then nothing of `value` is to be used.
 */
function restored(value: unknown, exact: readonly string[]): boolean {
  let next = 0
  const isInOrder = (members: unknown, depth: number): boolean => {
    if (typeof members !== 'object' || members === null) return true
    if (depth > MAX_DEPTH) return false
    const places = members as Record<string, unknown>
    const isList = Array.isArray(members)
    for (const key of Object.keys(places)) {
      if (!isList && isDigit(key.charCodeAt(0))) return false
      const member = places[key]
      if (typeof member === 'object') {
        if (!isInOrder(member, depth + 1)) return false
      } else if (typeof member === 'number' && Number.isInteger(member) && !Number.isSafeInteger(member)) {
        const integer = exact[next] ?? ''
        next += 1
        if (key === '__proto__' || Number(integer) !== member) return false
        if (integer.length <= MAX_INTEGER_DIGITS) places[key] = BigInt(integer)
      }
    }
    return true
  }
  return isInOrder(value, 0) && next === exact.length
}

function isOutsideWord(text: string, first: number, last: number): boolean {
  const before =
    first === 0 ? '' : text.charAt(first - 1) === '-' ? text.charAt(first - 2) : text.charAt(first - 1)
  const after = text.charAt(last + 1)
  return (before === '' || ':,[ \t\r\n'.includes(before)) && (after === '' || ',}] \t\r\n'.includes(after))
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

import { isObject } from './json.ts'

/**
 * A number as the JSON forms of protocol buffers write it: a number, a decimal text where it has 64 bits, or either
 * wrapped in `{"value": …}`. Undefined where it is none, or more than a double holds exactly.
 */
export function protoNumber(value: unknown): number | undefined {
  const inner = isObject(value) ? value['value'] : value
  const isText = typeof inner === 'string' && /^-?\d{1,20}$/.test(inner)
  const number = isText || typeof inner === 'bigint' ? Number(inner) : inner
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}

/** The value of the first of the names that is there: protocol buffers write `camelCase` or `snake_case`. */
export function protoMember(object: Readonly<Record<string, unknown>>, ...names: readonly string[]): unknown {
  const name = names.find((each) => Object.hasOwn(object, each))
  return name === undefined ? undefined : object[name]
}

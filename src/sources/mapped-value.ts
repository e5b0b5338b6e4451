import { posix } from 'node:path'
import type { Conversion, ConditionWords, ValueWords } from '../mapping/mapping.ts'
import { ANYWHERE, parsePath, type Path } from '../mapping/path.ts'
import { addressOf } from './address.ts'
import { parseImage } from './image-reference.ts'
import { isObject, memberOf } from './json.ts'
import { timeOfNanoseconds, timeOfSeconds } from './time.ts'

/** What stands in a record, converted; undefined where nothing does. Lists hold texts, numbers and booleans. */
export type ReadValue = (json: unknown) => unknown

/** So many values are taken of what a path finds, and so deep is looked for one that may stand anywhere. */
const MAX_VALUES = 256
const MAX_DEPTH = 64

/** A reader of what a mapping says of one value. */
export function valueReader(words: ValueWords): ReadValue {
  if (typeof words === 'string') return pathReader(words)
  const { pair, split, member, as = [], map, when = [] } = words
  const find = foundBy(words)
  const conditions = when.map(conditionOf)
  const steps = [
    ...(pair === undefined ? [] : [(value: unknown) => each(value, (one) => pairIn(one, pair))]),
    ...(split === undefined ? [] : [(value: unknown) => parts(value, split)]),
    ...[as].flat().map((name) => CONVERT[name]),
    ...(member === undefined ? [] : [(value: unknown) => (Array.isArray(value) ? value[member] : undefined)]),
    ...(map === undefined ? [] : [(value: unknown) => each(value, (one) => otherWord(one, map))]),
  ]
  return (json) =>
    conditions.every((holds) => holds(json))
      ? steps.reduce<unknown>((value, step) => (value === undefined ? value : step(value)), find(json))
      : undefined
}

/** Whether what a mapping asks of a record holds. */
export function conditionOf(words: ConditionWords): (json: unknown) => boolean {
  if (typeof words === 'string') return isThere(words)
  const { is, not, ...of } = words
  const read = valueReader(of)
  const [wanted, unwanted] = [is, not].map((one) => (one === undefined ? undefined : new Set([one].flat())))
  const isAny = (value: unknown, set: ReadonlySet<unknown>): boolean =>
    Array.isArray(value) ? value.some((one) => set.has(one)) : set.has(value)
  return (json) => {
    const value = read(json)
    if (unwanted !== undefined && isAny(value, unwanted)) return false
    return wanted === undefined ? unwanted !== undefined || value !== undefined : isAny(value, wanted)
  }
}

/** A path alone asks for a member, whatever it holds. */
function isThere(text: string): (json: unknown) => boolean {
  const path = parsePath(text) ?? []
  return (json) => {
    const found: unknown[] = []
    collect(json, path, 0, found)
    return found.some((value) => value !== undefined && value !== null)
  }
}

function foundBy({ path, all, join, value }: Exclude<ValueWords, string>): ReadValue {
  if (value !== undefined) return () => value
  if (all !== undefined) {
    const readers = all.map(pathReader)
    return (json) => {
      const values = readers.map((read) => read(json))
      return values.some((each) => each === undefined || Array.isArray(each)) ? undefined : values.join(join)
    }
  }
  const readers = [path ?? []].flat().map(pathReader)
  return (json) => {
    for (const read of readers) {
      const found = read(json)
      if (found !== undefined) return found
    }
    return undefined
  }
}

function pathReader(text: string): ReadValue {
  const path = parsePath(text) ?? []
  return (json) => {
    const found: unknown[] = []
    collect(json, path, 0, found)
    const values = found.flatMap((value) => (Array.isArray(value) ? value : [value])).filter(isScalar)
    const isList = found.length > 1 || Array.isArray(found[0])
    return isList ? (values.length > 0 ? values.slice(0, MAX_VALUES) : undefined) : values[0]
  }
}

/** What stands at the path from the step on; of a list what stands there in each member. */
function collect(value: unknown, path: Path, step: number, found: unknown[]): void {
  if (found.length >= MAX_VALUES) return
  const name = path[step]
  if (name === undefined) {
    found.push(value)
    return
  }
  if (name === ANYWHERE) collectAnywhere(value, path[step + 1] ?? '', 0, found)
  else if (Array.isArray(value)) {
    if (/^\d{1,3}$/.test(name)) collect(value[Number(name)], path, step + 1, found)
    else for (const member of value.slice(0, MAX_VALUES)) collect(member, path, step, found)
  } else if (isObject(value)) {
    const member = memberOf(value, name)
    if (member !== undefined) collect(member, path, step + 1, found)
  }
}

function collectAnywhere(value: unknown, name: string, depth: number, found: unknown[]): void {
  if (depth > MAX_DEPTH || found.length >= MAX_VALUES || typeof value !== 'object' || value === null) return
  if (isObject(value) && Object.hasOwn(value, name)) found.push(value[name])
  for (const member of Object.values(value)) collectAnywhere(member, name, depth + 1, found)
}

/** Whether it is a value rather than what holds values. */
export function isScalar(value: unknown): value is string | number | bigint | boolean {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
}

/** Lists member by member; what comes to nothing is left out. */
function each(value: unknown, convert: (one: unknown) => unknown): unknown {
  if (!Array.isArray(value)) return convert(value)
  const converted = value.flatMap((one: unknown) => convert(one) ?? [])
  return converted.length > 0 ? converted : undefined
}

function onText(convert: (text: string) => unknown): (value: unknown) => unknown {
  return (value) => each(value, (one) => convert(String(one)))
}

function pairIn(value: unknown, name: string): string | undefined {
  const word = String(value)
    .split(' ')
    .find((each) => each.startsWith(`${name}=`))
  const found = word?.slice(name.length + 1)
  return found === '' ? undefined : found
}

function parts(value: unknown, between: string): unknown {
  const list = [value].flat().flatMap((one) => String(one).split(between))
  const named = list.filter((one) => one !== '').slice(0, MAX_VALUES)
  return named.length > 0 ? named : undefined
}

function otherWord(value: unknown, map: Readonly<Record<string, unknown>>): unknown {
  const word = String(value)
  return Object.hasOwn(map, word) ? map[word] : value
}

function based(base: number, digits: RegExp): (text: string) => number | undefined {
  return (text) => (digits.test(text) ? Number.parseInt(text.replace(/^0[xo]/i, ''), base) : undefined)
}

function stamp(toMilliseconds: (count: number) => number | undefined): (value: unknown) => unknown {
  return (value) =>
    each(value, (one) => {
      const time = toMilliseconds(Number(one))
      return time === undefined ? undefined : new Date(time).toISOString()
    })
}

const CONVERT: Readonly<Record<Conversion, (value: unknown) => unknown>> = {
  lowercase: onText((text) => text.toLowerCase()),
  uppercase: onText((text) => text.toUpperCase()),
  text: onText((text) => text),
  number: onText((text) => (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined)),
  octal: onText(based(8, /^(?:0o)?[0-7]{1,12}$/i)),
  hexadecimal: onText(based(16, /^(?:0x)?[0-9a-f]{1,13}$/i)),
  words: (value) => parts(value, ' '),
  joined: (value) => [value].flat().join(' '),
  basename: onText((text) => posix.basename(text) || text),
  dirname: onText((text) => posix.dirname(text)),
  address: onText((text) => addressOf(text)),
  'image-name': onText((text) => parseImage(text).name),
  'image-tags': onText((text) => parseImage(text).tags?.[0]),
  'image-digests': onText((text) => parseImage(text).repoDigests?.[0]),
  seconds: stamp((count) => timeOfSeconds(count)),
  milliseconds: stamp((count) => timeOfSeconds(count / 1e3)),
  microseconds: stamp((count) => timeOfSeconds(count / 1e6)),
  nanoseconds: stamp((count) => timeOfNanoseconds(count)),
}

import type { Event } from '../domain/event.ts'
import { RESOURCE_ATTRIBUTES } from '../domain/fields.ts'
import { foldText } from './fold.ts'

/** What an event has under a field's name. Nothing at all, null, and an empty list are different things. */
export interface Reading {
  readonly present: boolean
  /** Strings, numbers, bigints, booleans and nulls; members of lists one by one. */
  readonly values: readonly unknown[]
}

/** Reads one field of events; remembers its last event, because many rules ask for the same field. */
export interface FieldReader {
  readonly name: string
  read(event: Event): Reading
  /** The value where it is one text, which most are: the shortest way to it. */
  only(event: Event): string | undefined
  /** Texts of the values that are not null. */
  texts(event: Event): readonly string[]
  /** The same, case folded. */
  folded(event: Event): readonly string[]
}

const MISSING: Reading = { present: false, values: [] }

/** A reader of the field: through the source's mapping, the record itself, then the resource attributes. */
export function fieldReader(name: string): FieldReader {
  const path = name.split('.')
  const tails = path.map((_, step) => path.slice(step).join('.'))
  const isAttribute = Object.hasOwn(RESOURCE_ATTRIBUTES, name)
  return remember(name, (event) => {
    if (isAttribute && Object.hasOwn(event.resource, name)) return event.resource[name]
    const told = mapped(event, name)
    if (told !== undefined) return told
    const value = inRecord(event.record, name, path, tails)
    if (value !== undefined) return value
    return Object.hasOwn(event.resource, name) ? event.resource[name] : undefined
  })
}

/** Every scalar anywhere in the record, for keywords. */
export function keywordReader(): FieldReader {
  return remember('', ({ record }) => {
    const values: unknown[] = []
    const pending: unknown[] = [record]
    while (pending.length > 0) {
      const value = pending.pop()
      if (typeof value !== 'object' || value === null) values.push(value)
      else for (const member of Object.values(value)) pending.push(member)
    }
    return values
  })
}

/** All texts of a record as one, parted by NUL: for asking at once whether any of them holds something. */
export function joinedTexts(record: unknown): string {
  let joined = ''
  const pending: unknown[] = [record]
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value === 'string') joined += `\0${value}`
    else if (Array.isArray(value)) for (const member of value) pending.push(member)
    else if (typeof value === 'object' && value !== null)
      for (const member of Object.values(value)) pending.push(member)
    else joined += `\0${textOf(value) ?? ''}`
  }
  return joined
}

/** A reader that knows one value at a time, whatever the event: for asking which of many values fits. */
export function readsOnly(): { readonly reader: FieldReader; set(value: unknown): void } {
  let values: readonly unknown[] = []
  const texts = (): readonly string[] => textsOf(values)
  return {
    reader: {
      name: '',
      read: () => ({ present: true, values }),
      only: () => texts()[0],
      texts,
      folded: () => foldedOf(texts()),
    },
    set(value) {
      values = [value]
    },
  }
}

/** `find` answers what stands there, a list for several values, undefined for nothing at all. */
function remember(name: string, find: (event: Event) => unknown): FieldReader {
  let last: Event | undefined
  let found: unknown
  let reading: Reading | undefined
  let texts: readonly string[] | undefined
  let folded: readonly string[] | undefined
  const refresh = (event: Event): void => {
    if (event === last) return
    found = find(event)
    last = event
    reading = undefined
    texts = undefined
    folded = undefined
  }
  return {
    name,
    read(event) {
      refresh(event)
      reading ??= readingOf(found)
      return reading
    },
    only(event) {
      refresh(event)
      return typeof found === 'string' ? found : undefined
    },
    texts(event) {
      refresh(event)
      texts ??= typeof found === 'string' ? [found] : textsOf(this.read(event).values)
      return texts
    },
    folded(event) {
      refresh(event)
      folded ??= foldedOf(this.texts(event))
      return folded
    },
  }
}

function textsOf(values: readonly unknown[]): readonly string[] {
  const texts: string[] = []
  for (const value of values) {
    const text = textOf(value)
    if (text !== undefined) texts.push(text)
  }
  return texts
}

function foldedOf(texts: readonly string[]): readonly string[] {
  const [only] = texts
  return texts.length === 1 && only !== undefined ? [foldText(only)] : texts.map(foldText)
}

/** Canonical text of a scalar; undefined for null and for what is no scalar. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  return undefined
}

function mapped(event: Event, name: string): unknown {
  if (!Object.hasOwn(event.mapping, name)) return undefined
  for (const path of event.mapping[name] ?? []) {
    const value = walk(event.record, path)
    if (value !== undefined) return value
  }
  return undefined
}

function inRecord(record: unknown, name: string, path: readonly string[], tails: readonly string[]): unknown {
  if (isObject(record) && Object.hasOwn(record, name)) return record[name]
  return path.length > 1 || Array.isArray(record) ? walk(record, path, tails) : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Follows a path; where it meets a list, every member goes on. Undefined where nothing has it. Keys may hold
 * dots themselves (`metadata.annotations.sidecar.istio.io/inject`): a key that is all of what remains wins.
 */
function walk(from: unknown, path: readonly string[], tails?: readonly string[]): unknown {
  let value = from
  for (let step = 0; step < path.length; step += 1) {
    if (Array.isArray(value)) return walkMembers(value, path, step)
    const tail = step < path.length - 1 ? tails?.[step] : undefined
    if (tail !== undefined && isObject(value) && Object.hasOwn(value, tail)) return value[tail]
    const key = path[step] as string
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

function walkMembers(members: readonly unknown[], path: readonly string[], from: number): unknown {
  let frontier: unknown[] = flatten(members)
  for (let step = from; step < path.length; step += 1) {
    const key = path[step] as string
    const next: unknown[] = []
    for (const member of frontier) {
      if (isObject(member) && Object.hasOwn(member, key)) next.push(member[key])
    }
    if (next.length === 0) return undefined
    if (step === path.length - 1) return next
    frontier = flatten(next)
  }
  return undefined
}

function readingOf(value: unknown): Reading {
  if (value === undefined) return MISSING
  if (Array.isArray(value)) return { present: true, values: flatten(value).filter(isScalar) }
  return { present: true, values: isScalar(value) ? [value] : [] }
}

function isScalar(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && value !== undefined)
}

/** Members of members, without recursion: a hostile record may nest lists thousands of levels deep. */
function flatten(members: readonly unknown[]): unknown[] {
  if (!members.some(Array.isArray)) return [...members]
  const flat: unknown[] = []
  const pending = [...members].reverse()
  while (pending.length > 0) {
    const member = pending.pop()
    if (!Array.isArray(member)) flat.push(member)
    else for (let index = member.length - 1; index >= 0; index -= 1) pending.push(member[index])
  }
  return flat
}

import type { Event } from '../domain/event.ts'
import { RESOURCE_ATTRIBUTES } from '../domain/fields.ts'
import { foldText } from './fold.ts'
import { knownTexts } from './recurring.ts'
import type { KnownText } from './recurring.ts'

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
  /** Spares reading: what stands there is the value, a scalar that the caller came upon. */
  hold(event: Event, value: unknown): void
  /** The same, unless the event's value is known already. */
  suppose(event: Event, value: unknown): void
  /** Reads it, whatever was supposed to stand there. */
  reread(event: Event): void
  /** The only value's text where it is one that recurs: what was found in it under {@link asker} holds again. */
  known(event: Event): KnownText | undefined
  /** A text of a list, in the same way. */
  recall(text: string): KnownText | undefined
  /** A number for one who asks about the field's texts; what is found must depend on the text alone. */
  asker(): number
  /** Whether its value is, in a record that has its name as a key, what stands there, unless a mapping has the name. */
  readonly isKey: boolean
  /** The keys that lead to its value in a record, unless a mapping has the name or the value is an attribute's. */
  readonly path: readonly string[] | undefined
}

const MISSING: Reading = { present: false, values: [] }
const NO_TEXTS: readonly string[] = []
/** Names that a plain object answers to without having them. */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype))

/** A reader of the field: through the source's mapping, the record itself, then the resource attributes. */
export function fieldReader(name: string): FieldReader {
  return new Field(name)
}

/** Of a record of a hundred thousand fields, a list of the values would cost twice what it costs to go through it. */
function pushMembers(of: object, pending: unknown[]): void {
  if (Array.isArray(of)) for (const member of of) pending.push(member)
  else for (const key in of) pending.push((of as Readonly<Record<string, unknown>>)[key])
}

/** Every scalar anywhere in the record, for keywords. */
export function keywordReader(): FieldReader {
  return new Keywords('')
}

/** All texts of a record as one, parted by NUL: for asking at once whether any of them holds something. */
export function joinedTexts(record: unknown): string {
  let joined = ''
  const pending: unknown[] = [record]
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value === 'string') joined += `\0${value}`
    else if (typeof value === 'object' && value !== null) pushMembers(value, pending)
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
      hold: () => {},
      suppose: () => {},
      reread: () => {},
      known: () => undefined,
      recall: () => undefined,
      asker: () => 0,
      isKey: false,
      path: undefined,
    },
    set(value) {
      values = [value]
    },
  }
}

interface Derived {
  reading?: Reading
  texts?: readonly string[]
  folded?: readonly string[]
}

/** Remembers what it read of the last event. A class, because of a kind with many the engine compiles these best. */
abstract class Remembering implements FieldReader {
  readonly name: string
  abstract readonly isKey: boolean
  abstract readonly path: readonly string[] | undefined
  readonly #recall = knownTexts()
  #last: Event | undefined
  #found: unknown
  #derived: Derived | undefined
  /** Null where nobody has asked. */
  #known: KnownText | undefined | null
  #askers = 0

  constructor(name: string) {
    this.name = name
  }

  /** What stands there, a list for several values, undefined for nothing at all. */
  protected abstract find(event: Event): unknown

  hold(event: Event, value: unknown): void {
    this.#last = event
    this.#found = value
    this.#derived = undefined
    this.#known = null
  }

  suppose(event: Event, value: unknown): void {
    if (event !== this.#last) this.hold(event, value)
  }

  reread(event: Event): void {
    this.hold(event, this.find(event))
  }

  #refresh(event: Event): void {
    if (event !== this.#last) this.hold(event, this.find(event))
  }

  #derivedOf(event: Event): Derived {
    this.#refresh(event)
    this.#derived ??= {}
    return this.#derived
  }

  read(event: Event): Reading {
    const derived = this.#derivedOf(event)
    derived.reading ??= readingOf(this.#found)
    return derived.reading
  }

  only(event: Event): string | undefined {
    this.#refresh(event)
    return typeof this.#found === 'string' ? this.#found : undefined
  }

  texts(event: Event): readonly string[] {
    this.#refresh(event)
    if (this.#found === undefined) return NO_TEXTS
    const derived = this.#derivedOf(event)
    derived.texts ??= typeof this.#found === 'string' ? [this.#found] : textsOf(this.read(event).values)
    return derived.texts
  }

  folded(event: Event): readonly string[] {
    const derived = this.#derivedOf(event)
    derived.folded ??= foldedOf(this.texts(event))
    return derived.folded
  }

  known(event: Event): KnownText | undefined {
    this.#refresh(event)
    if (this.#known !== null) return this.#known
    const text = textOf(this.#found)
    this.#known = text === undefined ? undefined : this.#recall(text)
    return this.#known
  }

  recall(text: string): KnownText | undefined {
    return this.#recall(text)
  }

  asker(): number {
    this.#askers += 1
    return this.#askers - 1
  }
}

class Field extends Remembering {
  readonly #path: readonly string[]
  readonly #tails: readonly string[]
  readonly isKey: boolean
  readonly path: readonly string[] | undefined
  readonly #isAttribute: boolean
  readonly #isInherited: boolean
  #mapping: Event['mapping'] | undefined
  #paths: Event['mapping'][string] | undefined

  constructor(name: string) {
    super(name)
    this.#path = name.split('.')
    this.#tails = this.#path.map((_, step) => this.#path.slice(step).join('.'))
    this.#isAttribute = Object.hasOwn(RESOURCE_ATTRIBUTES, name)
    this.#isInherited = INHERITED.has(name)
    this.isKey = !this.#isAttribute && this.#path.length === 1
    this.path = this.#isAttribute ? undefined : this.#path
  }

  protected find({ record, mapping, resource }: Event): unknown {
    if (this.#isAttribute && Object.hasOwn(resource, this.name)) return resource[this.name]
    // a source has one mapping for all of a kind
    if (mapping !== this.#mapping) {
      this.#mapping = mapping
      this.#paths = this.#own(mapping)
    }
    const told = this.#paths === undefined ? undefined : firstOf(record, this.#paths)
    if (told !== undefined) return told
    const value = isObject(record) ? this.#own(record) : undefined
    if (value !== undefined) return value
    if (this.#path.length > 1 || Array.isArray(record)) {
      const deeper = walk(record, this.#path, this.#tails)
      if (deeper !== undefined) return deeper
    }
    return this.#own(resource)
  }

  /** To ask for what is not there is several times as fast as to ask whether it is. */
  #own<T>(object: Readonly<Record<string, T>>): T | undefined {
    return this.#isInherited && !Object.hasOwn(object, this.name) ? undefined : object[this.name]
  }
}

class Keywords extends Remembering {
  readonly isKey = false
  readonly path = undefined

  protected find({ record }: Event): unknown {
    const values: unknown[] = []
    const pending: unknown[] = [record]
    while (pending.length > 0) {
      const value = pending.pop()
      if (typeof value !== 'object' || value === null) values.push(value)
      else pushMembers(value, pending)
    }
    return values
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

function firstOf(record: unknown, paths: Event['mapping'][string]): unknown {
  for (const path of paths) {
    const value = walk(record, path)
    if (value !== undefined) return value
  }
  return undefined
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
    // the whole name was asked for before
    const tail = step > 0 && step < path.length - 1 ? tails?.[step] : undefined
    if (!isObject(value)) return undefined
    if (tail !== undefined) {
      const rest = value[tail]
      if (rest !== undefined && Object.hasOwn(value, tail)) return rest
    }
    const key = path[step] as string
    const next = value[key]
    if (next === undefined || (INHERITED.has(key) && !Object.hasOwn(value, key))) return undefined
    value = next
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

import type { Event } from '../domain/event.ts'
import { fieldReader, joinedTexts, textOf } from './field.ts'
import { fieldIndex, keywordIndex } from './field-index.ts'
import type { FieldIndex, Note, WantedAtom } from './field-index.ts'
import { fieldTree } from './field-tree.ts'
import type { FieldTree } from './field-tree.ts'
import type { Readers } from './predicate.ts'

/** Notes the clauses that an event's texts satisfy. */
export type RecordIndex = (event: Event, note: Note) => void

/** So few fields are asked for one by one. */
const FEW = 6
/** Keys that no rule names and that have an index of keywords of their own, in which texts recur. */
const KEYS = 256
/** Records of one kind have the same keys in the same order: of so many it is known which index is next. */
const PLACES = 64

/**
 * Looks for what rules want by field (undefined: keywords). A record is gone through key by key, which costs less than
 * to ask for each field, most of which it does not have; and keywords are looked for along with what is wanted of the
 * key. Fields that are no keys of the record, or are mapped, are asked for.
 */
export function recordIndex(
  wanted: ReadonlyMap<string | undefined, readonly WantedAtom[]>,
  readers: Readers,
): RecordIndex {
  const keywords = wanted.get(undefined)
  const indexes = new Map(
    [...wanted].flatMap(([field, atoms]) =>
      field === undefined
        ? []
        : [[field, fieldIndex(readers.field(field), [...atoms, ...(keywords ?? [])])] as const],
    ),
  )
  const ofKeywords = keywords && keywordsIn(keywords)
  const unmapped = planOf(indexes, ofKeywords, {})
  const plans = new WeakMap<Event['mapping'], Plan>()
  let [last, lastPlan]: [Event['mapping'] | undefined, Plan] = [undefined, unmapped]
  const planFor = (mapping: Event['mapping']): Plan => {
    if (mapping === last) return lastPlan
    if (isEmpty(mapping)) return unmapped
    const plan = plans.get(mapping) ?? planOf(indexes, ofKeywords, mapping)
    plans.set(mapping, plan)
    last = mapping
    lastPlan = plan
    return plan
  }
  return (event, note) => {
    const { record } = event
    if (isPlain(record)) inRecord(record, event, planFor(event.mapping), note)
    else {
      for (const index of indexes.values()) index.note(event, note)
      ofKeywords?.anywhereIn(record, note)
    }
  }
}

interface KeywordIndexes {
  /** Of a key that no rule names. */
  ofKey(key: string): FieldIndex | undefined
  anywhereIn(value: unknown, note: Note): void
}

function keywordsIn(wanted: readonly WantedAtom[]): KeywordIndexes {
  const search = keywordIndex(wanted)
  const byKey = new Map<string, FieldIndex>()
  return {
    ofKey(key) {
      const known = byKey.get(key)
      if (known !== undefined || byKey.size >= KEYS) return known
      const index = fieldIndex(fieldReader(key), wanted)
      byKey.set(key, index)
      return index
    },
    anywhereIn(value, note) {
      note(search(joinedTexts(value)))
    },
  }
}

/** How records are gone through, of events with one mapping. */
interface Plan {
  readonly keywords: KeywordIndexes | undefined
  /** Fields whose values stand under their names. */
  readonly keys: ReadonlyMap<string, FieldIndex>
  /** Fields deeper in the record, where they are many. */
  readonly tree: FieldTree | undefined
  readonly others: readonly FieldIndex[]
  readonly isByKey: boolean
  /** The keys of the last record, and what is looked for there. */
  readonly lastKeys: string[]
  readonly lastIndexes: (FieldIndex | undefined)[]
}

function planOf(
  indexes: ReadonlyMap<string, FieldIndex>,
  keywords: KeywordIndexes | undefined,
  mapping: Event['mapping'],
): Plan {
  const isKey = ([name, { reader }]: [string, FieldIndex]): boolean =>
    reader.isKey && !Object.hasOwn(mapping, name)
  const keys = new Map([...indexes].filter(isKey))
  const isByKey = keywords !== undefined || keys.size > FEW
  const rest = [...indexes].filter(([name]) => !(isByKey && keys.has(name)))
  const inTree = rest.filter(
    ([name, { reader }]) => reader.path !== undefined && !Object.hasOwn(mapping, name),
  )
  const isTree = inTree.length > FEW
  return {
    keywords,
    keys,
    tree: isTree ? fieldTree(inTree.map(([, index]) => index)) : undefined,
    others: rest.filter((each) => !isTree || !inTree.includes(each)).map(([, index]) => index),
    isByKey,
    lastKeys: [],
    lastIndexes: [],
  }
}

function inRecord(record: Readonly<Record<string, unknown>>, event: Event, plan: Plan, note: Note): void {
  for (const index of plan.others) index.note(event, note)
  plan.tree?.(record, event, note)
  if (!plan.isByKey) return
  const { lastKeys, lastIndexes, keywords } = plan
  let rest = ''
  let place = 0
  for (const key in record) {
    let index: FieldIndex | undefined
    if (place >= PLACES) index = indexOf(key, plan)
    else if (lastKeys[place] === key) index = lastIndexes[place]
    else {
      index = indexOf(key, plan)
      lastKeys[place] = key
      lastIndexes[place] = index
    }
    place += 1
    const value = record[key]
    if (typeof value === 'object') {
      if (value === null) continue
      if (index !== undefined && plan.keys.has(key)) index.note(event, note)
      keywords?.anywhereIn(value, note)
    } else if (index !== undefined) {
      if (typeof value !== 'string' && !index.asksNumbers) continue
      index.reader.hold(event, value)
      index.note(event, note)
    } else if (keywords !== undefined) rest += `\0${textOf(value) ?? ''}`
  }
  if (rest !== '') keywords?.anywhereIn(rest, note)
  // what the record does not have may be told of whoever sent it
  for (const key in event.resource)
    if (record[key] === undefined || !Object.hasOwn(record, key)) plan.keys.get(key)?.note(event, note)
}

function indexOf(key: string, { keys, keywords }: Plan): FieldIndex | undefined {
  return keys.get(key) ?? keywords?.ofKey(key)
}

function isPlain(record: unknown): record is Readonly<Record<string, unknown>> {
  return typeof record === 'object' && record !== null && !Array.isArray(record)
}

function isEmpty(mapping: object): boolean {
  for (const name in mapping) if (Object.hasOwn(mapping, name)) return false
  return true
}

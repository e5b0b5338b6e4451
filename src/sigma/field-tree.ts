import type { Event } from '../domain/event.ts'
import type { FieldIndex, Note } from './field-index.ts'

/** Objects of one kind have the same keys in the same order: of so many it is known where they lead. */
const PLACES = 64

interface FieldNode {
  readonly ways: Map<string, Way>
  /** All that this leads to. */
  readonly all: FieldIndex[]
  /** The keys of the last object, and what they led to. */
  readonly lastKeys: string[]
  readonly lastWays: (Way | undefined)[]
}

/** What a key leads to. */
interface Way {
  /** Those whose last key it is. */
  readonly ends: FieldIndex[]
  /** Those of whose keys it is several, joined by dots: what stands there comes before what stands deeper. */
  readonly joined: FieldIndex[]
  below: FieldNode | undefined
}

/** Looks for what is wanted of fields that stand under their names in a record. */
export type FieldTree = (record: object, event: Event, note: Note) => void

/**
 * Fields by the keys that lead to them. Of a record, one pass over the objects on the way to some field tells which
 * fields it may have, and only these are asked for: most records have few of the many that rules name.
 */
export function fieldTree(indexes: readonly FieldIndex[]): FieldTree {
  const root = newNode()
  const names = new Map(indexes.map((index) => [index.reader.name, index]))
  for (const index of indexes) plant(root, index.reader.path ?? [], index)
  return (record, event, note) => {
    descend(root, record as Readonly<Record<string, unknown>>, event, note)
    // what the record does not have may be told of whoever sent it
    for (const key in event.resource) names.get(key)?.note(event, note)
  }
}

function newNode(): FieldNode {
  return { ways: new Map(), all: [], lastKeys: [], lastWays: [] }
}

/** A key may hold dots itself, so that from each step on all of the rest may be one. */
function plant(root: FieldNode, path: readonly string[], index: FieldIndex): void {
  let node = root
  for (const [step, key] of path.entries()) {
    node.all.push(index)
    const isLast = step === path.length - 1
    wayOf(node, path.slice(step).join('.'))[isLast ? 'ends' : 'joined'].push(index)
    if (isLast) return
    node = wayOf(node, key).below ??= newNode()
  }
}

function wayOf({ ways }: FieldNode, key: string): Way {
  const known = ways.get(key)
  if (known !== undefined) return known
  const way: Way = { ends: [], joined: [], below: undefined }
  ways.set(key, way)
  return way
}

function descend(
  { ways, lastKeys, lastWays }: FieldNode,
  object: Readonly<Record<string, unknown>>,
  event: Event,
  note: Note,
): void {
  let place = 0
  for (const key in object) {
    let way: Way | undefined
    if (lastKeys[place] === key) way = lastWays[place]
    else {
      way = ways.get(key)
      if (place < PLACES) {
        lastKeys[place] = key
        lastWays[place] = way
      }
    }
    place += 1
    if (way === undefined) continue
    const value = object[key]
    const isOne = typeof value !== 'object'
    for (const index of way.ends) {
      if (isOne) index.reader.suppose(event, value)
      index.note(event, note)
    }
    for (const index of way.joined) {
      index.reader.reread(event)
      index.note(event, note)
    }
    if (way.below === undefined) continue
    if (typeof value !== 'object' || value === null) continue
    if (Array.isArray(value)) for (const index of way.below.all) index.note(event, note)
    else descend(way.below, value as Readonly<Record<string, unknown>>, event, note)
  }
}

import type { Event } from '../domain/event.ts'
import type { MatchedField } from '../domain/match.ts'
import type { Condition } from './condition.ts'
import type { FieldReader } from './field.ts'
import { readsOnly } from './field.ts'
import type { Detection, Item } from './pattern.ts'
import { conditionTest, detectionTest, some } from './predicate.ts'
import type { NamedDetection, Readers } from './predicate.ts'
import type { ParsedRule } from './rule.ts'
import { fieldTests } from './value-test.ts'

/** Values of one item beyond so many say no more: keywords may stand in every member of a long list. */
const VALUES = 16

type Collect = (event: Event, found: Map<string, Set<unknown>>) => void

/**
 * What of an event on which the rule holds made it hold: the fields of the items that were asked for and are there,
 * each with those of its values that fit. What was asked not to be there is not told.
 */
export function matchedIn(rule: ParsedRule, readers: Readers): (event: Event) => readonly MatchedField[] {
  const parts = rule.conditions.map((condition) => ({
    held: conditionTest(condition, rule.identifiers, readers),
    collect: ofCondition(condition, rule.identifiers, readers),
  }))
  return (event) => {
    const found = new Map<string, Set<unknown>>()
    for (const { held, collect } of parts) if (parts.length === 1 || held(event)) collect(event, found)
    return [...found].map(([field, values]) => ({ field, values: [...values] }))
  }
}

function ofCondition(
  condition: Condition,
  identifiers: ReadonlyMap<string, NamedDetection>,
  readers: Readers,
): Collect {
  switch (condition.kind) {
    case 'not':
      return nothing
    case 'identifier': {
      const named = identifiers.get(condition.name)
      return named === undefined ? nothing : ofDetection(named.detection, readers)
    }
    default: {
      const collects = condition.items.map((item) => ofCondition(item, identifiers, readers))
      return condition.kind === 'and'
        ? ofAll(collects)
        : ofAny(
            collects,
            condition.items.map((item) => conditionTest(item, identifiers, readers)),
          )
    }
  }
}

function ofDetection(detection: Detection, readers: Readers): Collect {
  if (detection.kind === 'item') return ofItem(detection, readers)
  const collects = detection.parts.map((part) => ofDetection(part, readers))
  return detection.kind === 'all'
    ? ofAll(collects)
    : ofAny(
        collects,
        detection.parts.map((part) => detectionTest(part, readers, true)),
      )
}

function ofItem(item: Item, readers: Readers): Collect {
  if (item.negated) return nothing
  const field = item.field === undefined ? readers.keywords : readers.field(item.field)
  const one = readsOnly()
  const fits = some(fieldTests(one.reader, item.values.flat(), readers.field))
  return (event, found) => {
    const values = found.get(field.name) ?? new Set()
    found.set(field.name, values)
    for (const value of fitting(field, event)) {
      if (values.size >= VALUES) return
      values.add(value)
    }
  }

  function fitting(reader: FieldReader, event: Event): readonly unknown[] {
    const only = reader.only(event)
    if (only !== undefined) return [only]
    const { values } = reader.read(event)
    if (values.length === 1) return values
    return values.filter((value) => {
      one.set(value)
      return fits(event)
    })
  }
}

const nothing: Collect = () => {}

function ofAll(collects: readonly Collect[]): Collect {
  const telling = collects.filter((collect) => collect !== nothing)
  return (event, found) => {
    for (const collect of telling) collect(event, found)
  }
}

function ofAny(collects: readonly Collect[], tests: readonly ((event: Event) => boolean)[]): Collect {
  return (event, found) => {
    for (const [index, test] of tests.entries()) if (test(event)) collects[index]?.(event, found)
  }
}

import type { Event } from '../domain/event.ts'
import type { Condition } from './condition.ts'
import type { Detection, Item } from './pattern.ts'
import { conditionTest, detectionTest } from './predicate.ts'
import type { Readers } from './predicate.ts'
import type { ParsedRule } from './rule.ts'

/** A part of a rule, whether it held on the event, and the parts that decided so. */
export interface Explanation {
  /** `and`, `or`, `not`, the name of an identifier, a detection item or one of its values as the rule writes it. */
  readonly part: string
  readonly held: boolean
  /** The field of an item that has one. */
  readonly field?: string
  /** For an item with a field: what the event has in it; undefined where it has none. */
  readonly values?: readonly unknown[] | undefined
  readonly parts: readonly Explanation[]
}

/** Why a rule holds on an event, or why not, condition by condition. */
export function explainRule(rule: ParsedRule, event: Event, readers: Readers): readonly Explanation[] {
  const ofCondition = (condition: Condition): Explanation => {
    const held = conditionTest(condition, rule.identifiers, readers)(event)
    switch (condition.kind) {
      case 'identifier': {
        const named = rule.identifiers.get(condition.name)
        return { part: nameOf(condition.name), held, parts: named ? [ofDetection(named.detection)] : [] }
      }
      case 'not':
        return { part: 'not', held, parts: [ofCondition(condition.item)] }
      default:
        return { part: condition.kind, held, parts: condition.items.map(ofCondition) }
    }
  }
  const ofDetection = (detection: Detection): Explanation => {
    const held = detectionTest(detection, readers, true)(event)
    if (detection.kind !== 'item')
      return {
        part: detection.kind === 'all' ? 'all of' : 'any of',
        held,
        parts: detection.parts.map(ofDetection),
      }
    const parts = ofValues(detection)
    if (detection.field === undefined) return { part: detection.written, held, parts }
    const { field, written: part } = detection
    const { present, values } = readers.field(field).read(event)
    return { part, held, field, values: present ? values : undefined, parts }
  }
  /** Of several values: each, where all must hold; otherwise those that do. */
  const ofValues = (item: Item): readonly Explanation[] => {
    if (item.values.length <= 1) return []
    const each = item.values.map((patterns, index): Explanation => {
      const alone: Item = { ...item, values: [patterns], all: false, negated: false }
      const held = detectionTest(alone, readers, true)(event)
      return { part: item.texts[index] ?? '', held, parts: [] }
    })
    return item.all ? each : each.filter(({ held }) => held)
  }
  return rule.conditions.map(ofCondition)
}

/** Identifiers that a filter added have names of their own. */
function nameOf(identifier: string): string {
  const [, , name] = identifier.split('\0')
  return name === undefined ? identifier : `${name} (of a filter)`
}

import type { Condition } from './condition.ts'
import type { Detection, Item, Pattern } from './pattern.ts'
import { fieldTests } from './value-test.ts'
import type { EventTest, FieldReaders } from './value-test.ts'
import type { FieldReader } from './field.ts'

/** Where tests read events; shared by all rules of a ruleset. */
export interface Readers {
  readonly field: FieldReaders
  readonly keywords: FieldReader
}

const ALWAYS: EventTest = () => true
const NEVER: EventTest = () => false

/** What each identifier compiles to; an exempting one with unset lists collapses to false where unknown. */
export interface NamedDetection {
  readonly detection: Detection
  readonly exempts: boolean
}

/**
 * Compiles to a test that is true where the outcome is *known*: `holds`, or with `wanted` false, known not to
 * hold. An unset list is neither, so a rule that would need it does not fire and is not exempted either
 * (Kleene's logic). Negation is pushed down to the items, so that a rule without unset lists costs nothing more.
 */
export function conditionTest(
  condition: Condition,
  identifiers: ReadonlyMap<string, NamedDetection>,
  readers: Readers,
  wanted = true,
): EventTest {
  switch (condition.kind) {
    case 'not':
      return conditionTest(condition.item, identifiers, readers, !wanted)
    case 'and':
    case 'or': {
      const tests = condition.items.map((item) => conditionTest(item, identifiers, readers, wanted))
      return (condition.kind === 'and') === wanted ? every(tests) : some(tests)
    }
    case 'identifier': {
      const named = identifiers.get(condition.name)
      if (!named) return NEVER
      if (!named.exempts || wanted) return detectionTest(named.detection, readers, wanted)
      return not(detectionTest(named.detection, readers, true))
    }
  }
}

export function detectionTest(detection: Detection, readers: Readers, wanted: boolean): EventTest {
  if (detection.kind === 'item') return itemTest(detection, readers, detection.negated ? !wanted : wanted)
  const tests = detection.parts.map((part) => detectionTest(part, readers, wanted))
  return (detection.kind === 'all') === wanted ? every(tests) : some(tests)
}

function itemTest(item: Item, readers: Readers, wanted: boolean): EventTest {
  const field = item.field === undefined ? readers.keywords : readers.field(item.field)
  const fits = (patterns: readonly Pattern[]): EventTest =>
    some(fieldTests(field, patterns.filter(isKnown), readers.field))
  const groups = item.all ? item.values : [item.values.flat()]
  const tests = groups.map((patterns) => {
    if (wanted) return fits(patterns)
    return patterns.every(isKnown) ? not(fits(patterns)) : NEVER
  })
  return wanted ? every(tests) : some(tests)
}

function isKnown(pattern: Pattern): boolean {
  return pattern.kind !== 'unset'
}

function not(test: EventTest): EventTest {
  if (test === NEVER) return ALWAYS
  return test === ALWAYS ? NEVER : (event) => !test(event)
}

export function every(tests: readonly EventTest[]): EventTest {
  if (tests.includes(NEVER)) return NEVER
  const [first, second, third] = tests
  if (!first) return ALWAYS
  if (!second) return first
  if (tests.length === 2) return (event) => first(event) && second(event)
  if (third && tests.length === 3) return (event) => first(event) && second(event) && third(event)
  return (event) => {
    for (const test of tests) if (!test(event)) return false
    return true
  }
}

export function some(all: readonly EventTest[]): EventTest {
  if (all.includes(ALWAYS)) return ALWAYS
  const tests = all.filter((test) => test !== NEVER)
  const [first, second, third] = tests
  if (!first) return NEVER
  if (!second) return first
  if (tests.length === 2) return (event) => first(event) || second(event)
  if (third && tests.length === 3) return (event) => first(event) || second(event) || third(event)
  return (event) => {
    for (const test of tests) if (test(event)) return true
    return false
  }
}

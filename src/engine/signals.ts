import type { Event } from '../domain/event.ts'
import { digest } from '../domain/hash.ts'
import type { Match } from '../domain/match.ts'
import type { SignalRow, SignalUse } from '../domain/state.ts'
import { fieldReader, numericOf, textOf, type Correlation, type FieldReader } from '../sigma/sigma.ts'
import { evidenceOf } from './evidence.ts'
import { groupReader, type GroupReader } from './group-reader.ts'

/** Types that may be grouped by `workload` and `entity`, as baselines are. */
const BY_WHOM: ReadonlySet<Correlation['type']> = new Set(['risk', 'unexplained'])
/** Lists make an event a member of several groups; of so many at most. */
const MAX_GROUPS = 64
/** Values of an event that are read at most. */
export const MAX_VALUES = 64
/** Longer texts are known by their beginning and their hash. */
const LONGEST = 256

/** What correlations take of matches. */
export interface Signals {
  /** Undefined where no correlation takes the match. The number is given by who keeps it. */
  of(match: Match): Omit<SignalRow, 'n'> | undefined
  /** What they take of an event of this rule. */
  usesOf(rule: string, event: Event): readonly SignalUse[]
  /** The longest timespan for which one of them may hold it, ms. */
  spanOf(uses: readonly SignalUse[]): number
}

interface Taker {
  readonly correlation: Correlation
  readonly input: number
  readonly groupBy: readonly GroupReader[]
  readonly values: readonly FieldReader[]
}

export function createSignals(correlations: readonly Correlation[]): Signals {
  const takers = takersOf(correlations)
  const spans = new Map(correlations.map(({ hash, timespan }) => [hash, timespan]))
  const spanOf: Signals['spanOf'] = (uses) =>
    Math.max(0, ...uses.map(({ correlation }) => spans.get(correlation) ?? 0))
  const usesOf: Signals['usesOf'] = (rule, event) => {
    const found: SignalUse[] = []
    for (const taker of takers.get(rule) ?? []) {
      const groups = groupsOf(taker.groupBy, event)
      const values = groups.length === 0 ? undefined : valuesOf(taker, event)
      if (values === undefined) continue
      found.push({ correlation: taker.correlation.hash, input: taker.input, groups, values })
    }
    return found
  }
  return {
    usesOf,
    spanOf,
    of(match) {
      const { event, rule } = match
      if (!takers.has(rule.id)) return undefined
      const uses = usesOf(rule.id, event)
      if (uses.length === 0) return undefined
      const evidence = { ...evidenceOf(match), by: { id: rule.id, title: rule.title } }
      return {
        time: event.time,
        event: event.id,
        uses,
        body: { evidence: [evidence], resource: event.resource, source: event.source },
        expires: event.time + spanOf(uses),
      }
    },
  }
}

function takersOf(correlations: readonly Correlation[]): ReadonlyMap<string, readonly Taker[]> {
  const readers = new Map<string, FieldReader>()
  const reader = (name: string): FieldReader => {
    const known = readers.get(name) ?? fieldReader(name)
    readers.set(name, known)
    return known
  }
  const takers = new Map<string, Taker[]>()
  for (const correlation of correlations) {
    const { condition, inputs } = correlation
    const fields = condition.kind === 'compare' ? condition.fields : []
    for (const [input, { rule, groupBy }] of inputs.entries()) {
      // a record may have fields of its own that are called like what these are grouped by
      const groups = groupBy.map(BY_WHOM.has(correlation.type) ? groupReader : reader)
      const taker = { correlation, input, groupBy: groups, values: fields.map(reader) }
      const others = takers.get(rule)
      if (others === undefined) takers.set(rule, [taker])
      else others.push(taker)
    }
  }
  return takers
}

/** Keys of groups: JSON of the fields' values as text. None where a field is missing or null. */
export function groupsOf(fields: readonly GroupReader[], event: Event): readonly string[] {
  return combinations(fields, event, MAX_GROUPS).map((values) => JSON.stringify(values))
}

/** The values of a group by the names that they have. */
export function groupValues(names: readonly string[], key: string): Readonly<Record<string, string>> {
  const values = JSON.parse(key) as readonly string[]
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']))
}

/** Undefined where the correlation reads values and the event has none. */
function valuesOf({ correlation, values: fields }: Taker, event: Event): SignalUse['values'] | undefined {
  const [first] = fields
  if (first === undefined) return NO_VALUES
  if (correlation.type !== 'value_count') {
    const numbers = first
      .read(event)
      .values.slice(0, MAX_VALUES)
      .flatMap((value) => {
        const number = numericOf(value)
        return number === undefined || !Number.isFinite(Number(number)) ? [] : [Number(number)]
      })
    return numbers.length === 0 ? undefined : numbers
  }
  const tuples = combinations(fields, event, MAX_VALUES)
  if (tuples.length === 0) return undefined
  return fields.length === 1
    ? tuples.map(([value]) => value as string)
    : tuples.map((each) => JSON.stringify(each))
}

const NO_VALUES: SignalUse['values'] = []

/** One value of each field, in all combinations; none where a field has no value. */
export function combinations(
  fields: readonly GroupReader[],
  event: Event,
  most: number,
): readonly (readonly string[])[] {
  let found: readonly (readonly string[])[] = [[]]
  for (const field of fields) {
    const texts = textsOf(field, event)
    if (texts.length === 1 && found.length === 1) found = [[...(found[0] ?? []), texts[0] as string]]
    else found = found.flatMap((before) => texts.map((text) => [...before, text])).slice(0, most)
  }
  return found
}

function textsOf(field: GroupReader, event: Event): readonly string[] {
  const { values } = field.read(event)
  if (values.length === 1) {
    const text = textOf(values[0])
    return text === undefined ? [] : [bounded(text)]
  }
  return [...new Set(values.slice(0, MAX_VALUES).flatMap((value) => textOf(value) ?? []))].map(bounded)
}

function bounded(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…${digest(text)}`
}

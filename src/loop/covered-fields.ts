import type { EventLogsource, Logsource, SourceName } from '../domain/event.ts'
import { isOfKind } from '../engine/assumptions.ts'
import { FIELDS } from '../engine/coverage.ts'
import { fieldReader, type FieldReader } from '../sigma/sigma.ts'
import type { Detection } from '../detection.ts'

/** Which fields of which events somebody reads. */
export interface CoveredFields {
  of(source: SourceName, logsource: EventLogsource): readonly FieldReader[]
}

/** The fields that assumptions bound, then those that rules of the log source read; so many at most. */
export function createCoveredFields({
  strategies,
  ruleset,
}: Pick<Detection, 'strategies' | 'ruleset'>): CoveredFields {
  const readers = new Map<string, FieldReader>()
  const known = new Map<string, readonly FieldReader[]>()
  const reader = (name: string): FieldReader => {
    const made = readers.get(name) ?? fieldReader(name)
    readers.set(name, made)
    return made
  }
  const namesOf = (source: SourceName, kinds: readonly Logsource[]): readonly string[] => [
    ...strategies.flatMap(({ assumptions }) =>
      assumptions.flatMap((one) =>
        one.source.includes(source) && isOfKind(kinds, one) ? (one.fields ?? []) : [],
      ),
    ),
    ...ruleset.rules.flatMap((rule) =>
      kinds.some((kind) => isFor(rule.logsource, kind)) ? rule.fields : [],
    ),
  ]
  return {
    of(source, logsource) {
      const kinds = kindsOf(logsource)
      const words = kinds.map(
        ({ product = '', category = '', service = '' }) => `${product} ${category} ${service}`,
      )
      const key = `${source} ${words.join(', ')}`
      const found = known.get(key)
      if (found !== undefined) return found
      const names = new Set(namesOf(source, kinds))
      const made = [...names].slice(0, FIELDS).map(reader)
      known.set(key, made)
      return made
    },
  }
}

/** The log sources that an event stands in, its own first. */
export function kindsOf({ also = [], ...own }: EventLogsource): readonly Logsource[] {
  return [own, ...also]
}

function isFor(rule: Logsource, { product, category, service }: Logsource): boolean {
  return (
    (rule.product === undefined || rule.product === product) &&
    (rule.category === undefined || rule.category === category) &&
    (rule.service === undefined || rule.service === service)
  )
}

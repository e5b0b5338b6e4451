import type { Logsource, SourceName } from '../domain/event.ts'
import { EXTENSIONS, RESOURCE_ATTRIBUTES, SIGMA_CATEGORIES, type Field } from '../domain/fields.ts'
import { isJoined, providersOf } from '../domain/provided-fields.ts'
import type { Setting } from '../domain/sensor-settings.ts'
import { applies } from '../sigma/sigma.ts'
import type { LoadedRule } from '../sigma/sigma.ts'
import { sources } from '../sources/index.ts'

/** A field in events of one kind: what it means, who fills it, which rules read it. */
export interface FieldRow {
  readonly field: string
  /** A category, the log source of records that have fields of their own, or `resource`: in all events. */
  readonly of: string
  /** Of the catalogue; undefined for a record's own field. */
  readonly type?: Field['type']
  readonly meaning?: string
  /** It is added to whatever tells, from what is known of containers. */
  readonly joined: boolean
  readonly sources: readonly { readonly source: SourceName; readonly setting: Setting }[]
  readonly rules: readonly { readonly strategy: string; readonly title: string }[]
}

type Rule = Pick<LoadedRule, 'logsource' | 'fields' | 'strategy' | 'title' | 'correlation' | 'baseline'>

const CATEGORIES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ...EXTENSIONS,
  ...SIGMA_CATEGORIES,
}

/** All fields of the catalogue, and those of records that rules read under their own names. */
export function fieldRows(rules: readonly Rule[]): readonly FieldRow[] {
  const reading = rules.filter(
    ({ correlation, baseline }) => correlation === undefined && baseline === undefined,
  )
  const readers = (field: string, isOf: (rule: Rule) => boolean): FieldRow['rules'] =>
    reading
      .filter((rule) => rule.fields.includes(field) && isOf(rule))
      .map(({ strategy, title }) => ({ strategy, title }))
  const attributes = Object.entries(RESOURCE_ATTRIBUTES).map(([field, { type, description }]): FieldRow => ({
    field,
    of: 'resource',
    type,
    meaning: description,
    joined: true,
    sources: [],
    rules: readers(field, () => true),
  }))
  const catalogued = Object.entries(CATEGORIES).flatMap(([category, fields]) =>
    Object.entries(fields).map(([field, { type, description }]): FieldRow => ({
      field,
      of: category,
      type,
      meaning: description,
      joined: isJoined(category, field),
      sources: uniqueSources(providersOf(category, field)),
      rules: readers(field, ({ logsource }) => logsource.category === category),
    })),
  )
  return [...attributes, ...catalogued, ...ownRows(reading)]
}

function uniqueSources(providers: ReturnType<typeof providersOf>): FieldRow['sources'] {
  return [...new Map(providers.map(({ source, setting }) => [source, { source, setting }])).values()]
}

/** Fields of records that have names of their own, as far as rules read them. */
function ownRows(rules: readonly Rule[]): readonly FieldRow[] {
  const rows = new Map<string, FieldRow>()
  for (const { logsource, fields, strategy, title } of rules) {
    if (CATEGORIES[logsource.category ?? ''] !== undefined) continue
    for (const field of fields) {
      if (Object.hasOwn(RESOURCE_ATTRIBUTES, field)) continue
      const of = logsourceName(logsource)
      const row = rows.get(`${of} ${field}`)
      rows.set(`${of} ${field}`, {
        field,
        of,
        joined: false,
        sources: row?.sources ?? servers(logsource),
        rules: [...(row?.rules ?? []), { strategy, title }],
      })
    }
  }
  return [...rows.values()]
}

function servers(logsource: Logsource): FieldRow['sources'] {
  return sources
    .filter(({ serves }) => serves.some((each) => applies(logsource, each)))
    .map(({ name }) => ({ source: name, setting: { kind: 'none' } }))
}

function logsourceName({ product, category, service }: Logsource): string {
  return [product, category, service].filter((part) => part !== undefined).join('/')
}

import type { Evidence } from '../domain/alert.ts'
import type { Event, Mapping } from '../domain/event.ts'
import type { Match, MatchedField } from '../domain/match.ts'

const FIELD_LIMIT = 64
const TEXT_LIMIT = 2_048
const LIST_LIMIT = 32
const DEPTH_LIMIT = 4
/** Of one event, as JSON. */
const SIZE_LIMIT = 16_384

/** What the process tree is drawn from: kept before what the record says else. */
const ALWAYS = ['Image', 'CommandLine', 'ProcessId', 'process.ancestors', 'host.path']

/** Fields that a rule may ask about, beyond which what matched is not kept. */
const MATCHED_LIMIT = 32

/**
 * The event behind a match, bounded: the fields that the rule names first, then those that made it hold, then what
 * the record says itself.
 */
export function evidenceOf({ rule, event, matched }: Match): Evidence {
  const fields: Record<string, unknown> = {}
  let size = 0
  const add = (name: string, value: unknown): void => {
    if (value === undefined || Object.hasOwn(fields, name) || Object.keys(fields).length >= FIELD_LIMIT)
      return
    const kept = bounded(value, 0)
    size += name.length + (JSON.stringify(kept) ?? '').length
    if (size <= SIZE_LIMIT) fields[name] = kept
  }
  for (const name of rule.fields) add(name, valueOf(event, name))
  for (const { field } of matched ?? []) add(field, valueOf(event, field))
  for (const name of ALWAYS) add(name, valueOf(event, name))
  for (const [name, value] of Object.entries(plain(event.record))) add(name, value)
  for (const [name, value] of Object.entries(event.resource)) add(name, value)
  return {
    event: event.id,
    time: event.time,
    source: event.source,
    logsource: logsourceName(event),
    fields,
    ...(matched === undefined ? {} : { matched: boundedMatched(matched) }),
  }
}

function boundedMatched(matched: readonly MatchedField[]): readonly MatchedField[] {
  let size = 0
  return matched.slice(0, MATCHED_LIMIT).map(({ field, values }) => {
    const kept = values.map((value) => bounded(value, 0))
    size += (JSON.stringify(kept) ?? '').length
    return { field, values: size <= SIZE_LIMIT ? kept : [] }
  })
}

function logsourceName({ logsource }: Event): string {
  return [logsource.product, logsource.category, logsource.service]
    .filter((part) => part !== undefined)
    .join('/')
}

function valueOf(event: Event, name: string): unknown {
  const paths: Mapping[string] = Object.hasOwn(event.mapping, name)
    ? (event.mapping[name] ?? [])
    : [[name], name.split('.')]
  for (const path of paths) {
    const value = at(event.record, path)
    if (value !== undefined) return value
  }
  return event.resource[name]
}

function at(record: unknown, path: readonly string[]): unknown {
  let value = record
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

function plain(record: unknown): Readonly<Record<string, unknown>> {
  return typeof record === 'object' && record !== null && !Array.isArray(record)
    ? (record as Record<string, unknown>)
    : {}
}

function bounded(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length > TEXT_LIMIT ? `${value.slice(0, TEXT_LIMIT)}…` : value
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEPTH_LIMIT) return '…'
  if (Array.isArray(value)) return value.slice(0, LIST_LIMIT).map((item) => bounded(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, LIST_LIMIT)
      .map(([name, item]) => [name, bounded(item, depth + 1)]),
  )
}

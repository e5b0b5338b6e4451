import type { EventLogsource, Logsource, Resource } from '../domain/event.ts'
import { RESOURCE_ATTRIBUTES, type Field } from '../domain/fields.ts'
import type { Clock, MappedKind, MappingFile } from '../mapping/mapping.ts'
import { fieldsOfKind } from '../mapping/mapping-mistakes.ts'
import { isObject, known, type JsonObject } from './json.ts'
import { conditionOf, isScalar, valueReader, type ReadValue } from './mapped-value.ts'
import { timeOf, timeOfNanoseconds, timeOfSeconds } from './time.ts'

/** What a mapping makes of a record. */
export interface MappedRecord {
  /** ms since the epoch, where the record states it. */
  readonly time: number | undefined
  /** What names it for good, where the mapping says so and the record has all of it. */
  readonly id: string | undefined
  readonly resource: Resource
  /** One of each kind that it is. */
  readonly events: readonly { readonly logsource: EventLogsource; readonly record: JsonObject }[]
}

export interface MappedFormat {
  /** Each log source that its records may have. */
  readonly serves: readonly Logsource[]
  recognises(json: unknown): boolean
  /** Undefined where the record is of none of the mapping's kinds. */
  read(json: JsonObject): MappedRecord | undefined
}

/** Makes a mapping's words functions, once. */
export function mappedFormat({ recognise, time, id, resource, fields, kinds }: MappingFile): MappedFormat {
  const conditions = recognise.map(conditionOf)
  const timed = typeof time === 'string' ? { path: time, as: 'rfc3339' as const } : time
  const readTime = valueReader({ path: timed.path, join: ' ' })
  const identity = id?.map(valueReader)
  const attributes = readersOf(resource, RESOURCE_ATTRIBUTES)
  const readers = kinds.map((kind) =>
    kindReader(kind.own ? kind : { ...kind, fields: { ...fields, ...kind.fields } }),
  )
  return {
    serves: kinds.flatMap(({ logsource, also }) => [logsourceOf(logsource), ...also.map(logsourceOf)]),
    recognises: (json) => isObject(json) && conditions.every((holds) => holds(json)),
    read(json) {
      const fitting = readers.filter(({ fits }) => fits(json))
      if (fitting.length === 0) return undefined
      return {
        time: TIMES[timed.as](readTime(json)),
        id: identity === undefined ? undefined : idOf(identity.map((read) => read(json))),
        resource: attributesOf(attributes, json),
        events: fitting.map((kind) => ({ logsource: kind.logsource, record: kind.record(json) })),
      }
    },
  }
}

function idOf(values: readonly unknown[]): string | undefined {
  return values.includes(undefined) ? undefined : values.map(String).join(':').slice(0, 512)
}

function kindReader({ when, logsource, also, own, fields }: MappedKind) {
  const conditions = when.map(conditionOf)
  const readers = readersOf(fields, fieldsOfKind({ logsource, own }) ?? {})
  const others = also.map(logsourceOf)
  const shared: EventLogsource = Object.freeze({
    ...logsourceOf(logsource),
    ...(others.length > 0 && { also: others }),
  })
  return {
    logsource: shared,
    fits: (json: JsonObject) => conditions.every((holds) => holds(json)),
    record(json: JsonObject): JsonObject {
      const read = known(Object.fromEntries(readers.map(([name, of]) => [name, of(json)])))
      return own ? { ...json, ...read } : read
    },
  }
}

function logsourceOf({ product, category, service }: MappedKind['logsource']): Logsource {
  return Object.freeze({
    ...(product !== undefined && { product }),
    ...(category !== undefined && { category }),
    ...(service !== undefined && { service }),
  })
}

type Readers = readonly (readonly [name: string, read: ReadValue])[]

/** What the catalogue says that a field is, it becomes. */
function readersOf(words: MappingFile['resource'], catalogue: Readonly<Record<string, Field>>): Readers {
  return Object.entries(words).map(([name, each]) => {
    const read = valueReader(each)
    const type = Object.hasOwn(catalogue, name) ? catalogue[name]?.type : undefined
    return [name, type === undefined ? read : (json) => typed(read(json), type)]
  })
}

function typed(value: unknown, type: Field['type']): unknown {
  if (value === undefined) return undefined
  if (type === 'list') return [value].flat().map(String)
  if (Array.isArray(value)) return value.length === 1 ? typed(value[0], type) : value
  if (!isScalar(value) || value === '') return undefined
  const text = String(value)
  if (type === 'string') return text
  if (type === 'boolean') return BOOLEANS.get(text.toLowerCase())
  return Number.isFinite(Number(text)) ? Number(text) : undefined
}
const BOOLEANS = new Map([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
])

function attributesOf(readers: Readers, json: JsonObject): Resource {
  const attributes: Record<string, string | readonly string[]> = {}
  for (const [name, read] of readers) {
    const value = read(json)
    if (typeof value === 'string' || Array.isArray(value)) attributes[name] = value
  }
  return attributes
}

const TIMES: Readonly<Record<Clock, (value: unknown) => number | undefined>> = {
  rfc3339: timeOf,
  seconds: (value) => timeOfSeconds(counted(value)),
  milliseconds: (value) => timeOfSeconds(scaled(value, 1e3)),
  microseconds: (value) => timeOfSeconds(scaled(value, 1e6)),
  nanoseconds: (value) => timeOfNanoseconds(typeof value === 'bigint' ? value : counted(value)),
}

function scaled(value: unknown, by: number): number | undefined {
  const count = counted(value)
  return count === undefined ? undefined : count / by
}

/** A number, also one that is written as text. */
function counted(value: unknown): number | undefined {
  if (typeof value === 'string') return /^\d{1,20}(?:\.\d{1,12})?$/.test(value) ? Number(value) : undefined
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}

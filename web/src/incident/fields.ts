import type { Evidence, Resource } from '../api/types.ts'

export interface FieldGroups {
  /** What the rule’s author wants seen, then what its condition reads. */
  readonly read: readonly (readonly [string, unknown])[]
  readonly rest: readonly (readonly [string, unknown])[]
}

/**
 * The fields of an event: first those of the rule (`read`), as far as they say something that the head of the
 * incident (`known`) does not; then all others.
 */
export function groupFields(
  { fields }: Pick<Evidence, 'fields'>,
  read: readonly string[],
  known: Resource = {},
): FieldGroups {
  const says = (name: string): boolean => !isEmpty(fieldOf(fields, name))
  const told = (name: string): boolean => Object.hasOwn(known, name)
  const saying = [...new Set(read)].filter(says)
  const first = saying.some((name) => !told(name)) ? saying.filter((name) => !told(name)) : saying
  const rest = Object.keys(fields).filter((name) => !first.includes(name))
  const pair = (name: string): readonly [string, unknown] => [name, fieldOf(fields, name)]
  return { read: first.map(pair), rest: rest.map(pair) }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** A field by its name, as rules write it: `objectRef.name` also where the record nests it. */
export function fieldOf(fields: Evidence['fields'], name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name]
  let value: unknown = fields
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step))
      return undefined
    value = (value as Readonly<Record<string, unknown>>)[step]
  }
  return value
}

/** A value as one text. */
export function asText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(asText).join(' ')
  return JSON.stringify(value)
}

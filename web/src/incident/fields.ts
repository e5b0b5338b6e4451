import { fieldOf } from '../../../src/domain/field-of.ts'
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

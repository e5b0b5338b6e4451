import type { Evidence } from './alert.ts'

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

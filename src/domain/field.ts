export type FieldType = 'string' | 'number' | 'boolean' | 'list'

/** What the catalogue (`fields.ts`) says of a field. */
export interface Field {
  readonly type: FieldType
  readonly description: string
}

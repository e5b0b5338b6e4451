import { EXTENSIONS, RESOURCE_ATTRIBUTES, SIGMA_CATEGORIES, type Field } from './fields.ts'

/** What a modifier makes of "is". */
const VERBS: Readonly<Record<string, string>> = {
  contains: 'contains',
  startswith: 'starts with',
  endswith: 'ends with',
  re: 'matches',
  cidr: 'is in',
  lt: 'is less than',
  lte: 'is at most',
  gt: 'is more than',
  gte: 'is at least',
}

/** An item of a condition in words: `process.command_args contains -x509 or --x509`. Hostile text. */
export function conditionWords(item: string, value: unknown): string {
  const [field = '', ...modifiers] = item.split('|')
  if (modifiers.includes('exists')) return `${field} ${value === false ? 'is not there' : 'is there'}`
  const verb = modifiers.map((modifier) => VERBS[modifier]).find((each) => each !== undefined)
  const values = (Array.isArray(value) ? value : [value]).map(String)
  const joined = values.join(modifiers.includes('all') ? ' and ' : ' or ')
  return `${field} ${verb ?? (isList(field) ? 'contains' : 'is')} ${joined}`
}

function isList(field: string): boolean {
  const groups: readonly Readonly<Record<string, Field>>[] = [
    RESOURCE_ATTRIBUTES,
    ...Object.values(EXTENSIONS),
    ...Object.values(SIGMA_CATEGORIES),
  ]
  return groups.some((fields) => Object.hasOwn(fields, field) && fields[field]?.type === 'list')
}

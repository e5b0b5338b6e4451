import { EXTENSIONS, RESOURCE_ATTRIBUTES, SIGMA_CATEGORIES } from '../domain/fields.ts'
import { nearestWord } from '../domain/nearest-word.ts'
import type { MappedKind, MappingFile } from './mapping.ts'

/** What the schema cannot see, and where it stands in the mapping. */
export interface MappingMistake {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly mend: string
}

/** Attributes and fields that no rule could know. */
export function mappingMistakes({ resource, fields, kinds }: MappingFile): readonly MappingMistake[] {
  return [
    ...Object.keys(resource).flatMap((name) =>
      Object.hasOwn(RESOURCE_ATTRIBUTES, name)
        ? []
        : [
            {
              path: ['resource', name],
              message: `there is no resource attribute ${JSON.stringify(name)}`,
              mend: near(name, Object.keys(RESOURCE_ATTRIBUTES), 'docs/fields.md lists the attributes'),
            },
          ],
    ),
    ...kinds.flatMap((kind, index) => [
      ...unknownFields(kind, fields, ['fields']),
      ...unknownFields(kind, kind.fields, ['kinds', index, 'fields']),
    ]),
  ]
}

/** Our own categories, and what Linux tells, have a closed list of fields. */
export function fieldsOfKind({ logsource, own }: Pick<MappedKind, 'logsource' | 'own'>) {
  const { category = '', product } = logsource
  const catalogue = EXTENSIONS[category] ?? (product === 'linux' ? SIGMA_CATEGORIES[category] : undefined)
  return own ? undefined : catalogue
}

function unknownFields(
  kind: MappedKind,
  fields: MappingFile['fields'],
  path: MappingMistake['path'],
): readonly MappingMistake[] {
  const catalogue = fieldsOfKind(kind)
  if (catalogue === undefined) return []
  return Object.keys(fields)
    .filter((name) => !Object.hasOwn(catalogue, name))
    .map((name) => ({
      path: [...path, name],
      message: `${JSON.stringify(kind.logsource.category)} has no field ${JSON.stringify(name)}`,
      mend: near(name, Object.keys(catalogue), 'docs/fields.md lists the fields'),
    }))
}

function near(name: string, names: readonly string[], otherwise: string): string {
  const meant = nearestWord(name, names)
  return meant === undefined ? otherwise : `did you mean ${meant}?`
}

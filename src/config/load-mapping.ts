import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Problem } from '../domain/errors.ts'
import { mappingMistakes } from '../mapping/mapping-mistakes.ts'
import { mappingSchema, type MappingFile } from '../mapping/mapping.ts'
import { readYaml } from '../site/read-yaml.ts'
import { placeOf, problemsOf, type KeySchema } from './problems.ts'

export interface ReadMapping {
  /** Undefined where there are problems. */
  readonly mapping?: MappingFile
  readonly problems: readonly Problem[]
}

const ABOUT = { noun: 'the mapping', reference: 'docs/mapping.md says how it is written' }

/** The mapping in a file; what is wrong with it is told with its place. */
export function loadMapping(file: string): ReadMapping {
  try {
    return parseMapping(file, readFileSync(file, 'utf8'))
  } catch (cause) {
    const message = `cannot read the mapping: ${(cause as Error).message}`
    return { problems: [{ file, line: 1, column: 1, message, mend: 'name a file that can be read' }] }
  }
}

/** The same of its text. */
export function parseMapping(file: string, text: string): ReadMapping {
  const yaml = readYaml(text)
  if ('mistakes' in yaml)
    return { problems: yaml.mistakes.map((mistake) => ({ file, ...mistake, mend: 'correct the YAML' })) }
  const schema = z.toJSONSchema(mappingSchema, { io: 'input' }) as KeySchema
  const checked = { file, ...yaml, schema, about: ABOUT }
  const parsed = mappingSchema.safeParse(yaml.content ?? {})
  const mistakes = parsed.success
    ? mappingMistakes(parsed.data).map(({ path, ...mistake }) => ({
        file,
        ...placeOf(checked, path),
        ...mistake,
      }))
    : problemsOf(parsed.error.issues, checked)
  const problems = mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column)
  return parsed.success && problems.length === 0 ? { mapping: parsed.data, problems } : { problems }
}

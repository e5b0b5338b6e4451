import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMap, isScalar } from 'yaml'
import { z } from 'zod'
import { UserError, type Problem } from '../domain/errors.ts'
import { SOURCE_NAMES } from '../domain/event.ts'
import { LEVELS } from '../domain/match.ts'
import type { ReadText } from '../domain/read-text.ts'
import { misfit } from './known-lists.ts'
import { readYaml, type ReadYaml } from './read-yaml.ts'

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a day: YYYY-MM-DD')
const accountable = {
  owner: z.string().min(1).describe('Who answers for it'),
  reason: z.string().min(1).describe('Why it stands'),
}

/** `lists/<name>.yaml`: values of the placeholder `%name%` in rules. */
export const listSchema = z.strictObject({
  ...accountable,
  expires: day.optional().describe('Last day on which the values hold, in the site’s zone'),
  values: z
    .array(z.union([z.string(), z.number()]).transform(String))
    .describe('May contain the wildcards * and ?'),
})

/** An entry of `filters/*.yaml`: matches of these rules on such events are no alerts, counted, until it expires. */
export const filterSchema = z.strictObject({
  id: z.string().min(1),
  ...accountable,
  expires: day.describe('Last day on which it applies'),
  rules: z.array(z.string()).min(1).describe('Names or ids of rules'),
  match: z.record(z.string(), z.unknown()).describe('A Sigma search identifier: field|modifier: value'),
})

/** An entry of `silences/*.yaml`: the same for a while, for any rule unless it names some. */
export const silenceSchema = z.strictObject({
  id: z.string().min(1),
  ...accountable,
  until: z.iso.datetime({ offset: true }).describe('Instant at which it ends'),
  rules: z.array(z.string()).optional(),
  match: z.record(z.string(), z.unknown()),
})

/** `rules.yaml`: per rule, by name or id. */
export const rulesSchema = z.record(
  z.string(),
  z.strictObject({
    ...accountable,
    expires: day.optional().describe('Last day on which the setting holds, in the site’s zone'),
    enabled: z.boolean().optional(),
    level: z.enum(LEVELS).optional(),
  }),
)

/** An entry of `not-present.yaml`: systems that the site does not have, by the sources that would tell of them. */
export const notPresentSchema = z.strictObject({
  ...accountable,
  expires: day.optional().describe('Last day on which it holds, in the site’s zone'),
  sources: z.array(z.enum(SOURCE_NAMES)).min(1).describe('As tallyman sources list names them'),
})

export interface Placed {
  readonly file: string
  readonly line: number
}
export type SiteList = z.infer<typeof listSchema> & Placed
export type SiteFilter = z.infer<typeof filterSchema> & Placed
export type Silence = z.infer<typeof silenceSchema> & Placed
export type NotPresent = z.infer<typeof notPresentSchema> & Placed

/** What is theirs: lists, filters, silences and rule settings, in a folder that upgrades do not touch. */
export interface Site {
  readonly folder: string
  readonly lists: ReadonlyMap<string, SiteList>
  readonly filters: readonly SiteFilter[]
  readonly silences: readonly Silence[]
  readonly rules: z.infer<typeof rulesSchema>
  readonly notPresent: readonly NotPresent[]
  readonly problems: readonly Problem[]
}

/**
 * Reads the folder; a part that is absent is empty, an entry that is wrong is a problem and does not apply. Throws a
 * UserError where a folder is there and cannot be read: what it exempts is not known.
 */
export async function loadSite(
  folder: string,
  read: ReadText = (file) => readFile(file, 'utf8'),
): Promise<Site> {
  const problems: Problem[] = []
  const lists = new Map<string, SiteList>()
  for (const { file, name, yaml } of await documents(join(folder, 'lists'), problems, read)) {
    const [list] = entries(file, yaml, listSchema, problems)
    if (list === undefined) continue
    const misfits = list.values.flatMap((value, index) => {
      const words = misfit(name, value)
      return words === undefined ? [] : [{ file, ...place(yaml, ['values', index]), ...words }]
    })
    problems.push(...misfits)
    if (misfits.length === 0) lists.set(name, list)
  }
  const filters = (await documents(join(folder, 'filters'), problems, read)).flatMap(({ file, yaml }) =>
    entries(file, yaml, filterSchema, problems),
  )
  const silences = (await documents(join(folder, 'silences'), problems, read)).flatMap(({ file, yaml }) =>
    entries(file, yaml, silenceSchema, problems),
  )
  const own = await documents(folder, problems, read)
  const notPresent = own
    .filter(({ name }) => name === 'not-present')
    .flatMap(({ file, yaml }) => entries(file, yaml, notPresentSchema, problems))
  const [settings] = own
    .filter(({ name }) => name === 'rules')
    .flatMap(({ file, yaml }) => entries(file, yaml, rulesSchema, problems))
  const { file: _file, line: _line, ...rules } = { file: '', line: 0, ...settings }
  return { folder, lists, filters, silences, rules, notPresent, problems }
}

export const EMPTY_SITE: Site = {
  folder: '',
  lists: new Map(),
  filters: [],
  silences: [],
  rules: {},
  notPresent: [],
  problems: [],
}

interface SiteDocument {
  readonly file: string
  readonly name: string
  readonly yaml: ReadYaml
}

async function documents(
  folder: string,
  problems: Problem[],
  read: ReadText,
): Promise<readonly SiteDocument[]> {
  const found: SiteDocument[] = []
  for (const name of (await names(folder)).sort()) {
    const file = join(folder, name)
    const yaml = await read(file).then(readYaml, (cause: Error) => ({
      mistakes: [{ line: 1, column: 1, message: `cannot be read: ${cause.message}` }],
    }))
    if ('mistakes' in yaml)
      problems.push(...yaml.mistakes.map((mistake) => ({ file, ...mistake, mend: MEND })))
    else found.push({ file, name: name.replace(/\.ya?ml$/, ''), yaml })
  }
  return found
}

const MEND = 'correct it; until then it does not apply'

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new UserError(`cannot read the site: ${(cause as Error).message}`, {
      file: folder,
      mend: 'make its folders readable',
      cause,
    })
  }
}

function entries<T>(
  file: string,
  yaml: ReadYaml,
  schema: z.ZodType<T>,
  problems: Problem[],
): readonly (T & Placed)[] {
  const { content } = yaml
  if (content === null || content === undefined) return []
  const items: readonly unknown[] = Array.isArray(content) ? content : [content]
  return items.flatMap((item, index) => {
    const path = Array.isArray(content) ? [index] : []
    const parsed = schema.safeParse(item)
    if (parsed.success) return [{ ...parsed.data, file, line: place(yaml, path).line }]
    for (const issue of parsed.error.issues) {
      problems.push({
        file,
        ...place(yaml, [...path, ...issue.path]),
        message: `${issue.path.join('.') || 'entry'}: ${issue.message}`,
        mend: MEND,
      })
    }
    return []
  })
}

function place({ document, at }: ReadYaml, path: readonly PropertyKey[]): { line: number; column: number } {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if ((isMap(node) || isScalar(node)) && node.range) return at(node.range[0])
  }
  return { line: 1, column: 1 }
}

import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UserError, type Problem } from '../domain/errors.ts'
import { readYaml } from '../site/read-yaml.ts'
import { mappingMistakes } from '../mapping/mapping-mistakes.ts'
import { configJsonSchema, configSchema, type Config, type InputConfig } from './config.ts'
import { loadMapping } from './load-mapping.ts'
import type { SinkConfig } from './notify-config.ts'
import { pathWarnings } from './path-warnings.ts'
import { placeOf, problemsOf, type CheckedText } from './problems.ts'
import { secretWarnings } from './secret-warnings.ts'
import { withAbsoluteTls } from './tls-config.ts'

/** Mistakes in the text, each with its place and its mend; the configuration and what may be wrong if there are none. */
export function parseConfig(
  file: string,
  text: string,
): {
  readonly config?: Config
  readonly problems: readonly Problem[]
  readonly warnings: () => readonly Problem[]
} {
  const yaml = readYaml(text)
  if ('mistakes' in yaml) {
    const problems = yaml.mistakes.map((mistake) => ({ file, ...mistake, mend: 'correct the YAML' }))
    return { problems, warnings: () => [] }
  }
  const checked = { file, ...yaml, content: yaml.content ?? {}, schema: configJsonSchema() }
  const parsed = configSchema.safeParse(checked.content)
  const mistakes = [
    ...(parsed.success ? inlineMappings(parsed.data, checked) : problemsOf(parsed.error.issues, checked)),
    ...duplicateNames(checked),
  ].sort(byPlace)
  if (!parsed.success || mistakes.length > 0) return { problems: mistakes, warnings: () => [] }
  const { config, problems } = withMappings(withAbsolutePaths(parsed.data, dirname(resolve(file))))
  if (problems.length > 0) return { problems, warnings: () => [] }
  return {
    config,
    problems,
    warnings: () =>
      [...pathWarnings(config), ...secretWarnings(config)]
        .map(({ path, ...warning }) => ({ file, ...placeOf(checked, path), ...warning }))
        .toSorted(byPlace),
  }
}

/** The configuration that is read where none is named. */
export const DEFAULT_CONFIG = 'tallyman.yaml'

/** The configuration of `file`, else of `tallyman.yaml` in the working folder, else the defaults. */
export function loadConfig(file: string | undefined): Config {
  const path = file ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined)
  if (path === undefined) return withAbsolutePaths(configSchema.parse({}), process.cwd())
  const { config, problems } = parseConfig(path, readConfigText(path))
  if (config !== undefined) return config
  const [first] = problems
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more: see 'tallyman config check')` : ''
  throw new UserError(`${first?.message ?? 'invalid configuration'}${more}`, { file: path, ...first })
}

/** The file's text. Throws a UserError where it cannot be read. */
export function readConfigText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UserError(`cannot read the configuration: ${(cause as Error).message}`, {
      file,
      mend: 'name an existing file with --config',
      cause,
    })
  }
}

/** What the schema cannot see of mappings that stand in the configuration itself. */
function inlineMappings({ inputs }: Config, checked: CheckedText): Problem[] {
  return inputs.flatMap((input, index) => {
    if (!('mapping' in input) || typeof input.mapping !== 'object') return []
    return mappingMistakes(input.mapping).map(({ path, ...mistake }) => ({
      file: checked.file,
      ...placeOf(checked, ['inputs', index, 'mapping', ...path]),
      ...mistake,
    }))
  })
}

/** With what the files hold that inputs name as their mappings. */
function withMappings(config: Config): { readonly config: Config; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const inputs = config.inputs.map((input) => {
    if (!('mapping' in input) || typeof input.mapping !== 'string') return input
    const read = loadMapping(input.mapping)
    problems.push(...read.problems)
    return { ...input, mapping: read.mapping }
  })
  return { config: { ...config, inputs }, problems }
}

function duplicateNames(checked: CheckedText): Problem[] {
  return [
    ...duplicates(checked, 'inputs', 'input', 'where to go on'),
    ...duplicates(checked, 'notify', 'sink', 'what was told already'),
  ]
}

function duplicates(checked: CheckedText, key: string, noun: string, kept: string): Problem[] {
  // as written: other mistakes in it do not hide this one
  const items = (checked.content as Readonly<Record<string, unknown>>)[key]
  const names = (Array.isArray(items) ? items : []).map(
    (item: unknown) => (item as { readonly name?: unknown } | null)?.name,
  )
  return names.flatMap((each, index) =>
    typeof each !== 'string' || names.indexOf(each) === index
      ? []
      : [
          {
            file: checked.file,
            ...placeOf(checked, [key, index, 'name']),
            message: `another ${noun} is named ${each} already`,
            mend: `give each ${noun} a name of its own: ${kept} is kept under it`,
          },
        ],
  )
}

function withAbsolutePaths(config: Config, folder: string): Config {
  const absolute = (path: string): string => resolve(folder, path)
  return {
    ...config,
    data: absolute(config.data),
    ...(config.site === undefined ? {} : { site: absolute(config.site) }),
    ...(config.strategies === undefined ? {} : { strategies: absolute(config.strategies) }),
    rules: config.rules.map(absolute),
    inputs: config.inputs.map((each) => {
      const input =
        'mapping' in each && typeof each.mapping === 'string'
          ? { ...each, mapping: absolute(each.mapping) }
          : each
      if (input.type === 'http') return withAbsoluteFiles(input, absolute)
      if (input.type === 'prometheus') return withAbsoluteFileKeys(input, absolute)
      if (input.type === 'kubernetes')
        return input.kubeconfig === undefined ? input : { ...input, kubeconfig: absolute(input.kubeconfig) }
      if (input.type === 'syslog' || input.type === 'agents')
        return input.tls === undefined ? input : { ...input, tls: withAbsoluteTls(input.tls, absolute) }
      if (input.type === 'file' || input.type === 'certstore')
        return { ...input, paths: input.paths.map(absolute) }
      if (input.type !== 'docker' || isAddress(input.socket)) return input
      return { ...input, socket: absolute(input.socket) }
    }),
    notify: config.notify.map((sink) => withAbsoluteFileKeys(sink, absolute)),
  }
}

function withAbsoluteFiles(
  input: Extract<InputConfig, { type: 'http' }>,
  absolute: (path: string) => string,
): InputConfig {
  const { tls, tokens } = input
  return {
    ...input,
    tokens: tokens.map((token) => ({ ...token, file: absolute(token.file) })),
    ...(tls !== undefined && { tls: withAbsoluteTls(tls, absolute) }),
  }
}

/** Keys that end in `File` are paths. */
function withAbsoluteFileKeys<T extends SinkConfig | InputConfig>(
  of: T,
  absolute: (path: string) => string,
): T {
  const files = Object.entries(of).flatMap(([key, value]) =>
    key.endsWith('File') && typeof value === 'string' ? [[key, absolute(value)] as const] : [],
  )
  return { ...of, ...Object.fromEntries(files) }
}

/** Of an engine that is reached otherwise than by a path. */
function isAddress(socket: string): boolean {
  return /^(?:http|tcp|unix):\/\//.test(socket)
}

function byPlace(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column
}

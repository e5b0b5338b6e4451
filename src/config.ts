import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { placeOf, problemsOf, type CheckedText, type KeySchema } from './config-problems.ts'
import { pathWarnings } from './config-warnings.ts'
import { nameSchema } from './config-words.ts'
import { UserError, type Problem } from './domain/errors.ts'
import { SOURCE_NAMES } from './domain/event.ts'
import { isLoopback } from './domain/loopback.ts'
import { sinkSchema, type SinkConfig } from './notify-config.ts'
import { secretWarnings } from './secret-warnings.ts'
import { retentionSchema } from './retention-config.ts'
import { readYaml } from './site/read-yaml.ts'

const name = nameSchema('Unique name: checkpoints are kept under it. Changing it starts the input anew.')

const file = z.string().min(1)
const sources = z
  .array(z.enum(SOURCE_NAMES))
  .min(1)
  .optional()
  .describe(
    'Sources as which it may speak; records of others are refused by name. Left out, whoever can write to it speaks as any source for any container',
  )
const mebibytes = z.number().int().min(1).max(1024)

/** Telemetry that is sent by HTTP. */
const httpSchema = z
  .strictObject({
    type: z.literal('http'),
    name: name.refine(
      (own) => own !== 'cli',
      'cli.token is the token of the command line: take another name',
    ),
    sources,
    host: z.string().default('127.0.0.1').describe('Address to listen on; beyond loopback only with tls'),
    port: z.number().int().min(0).max(65_535).default(7411).describe('0 takes a free one'),
    tls: z
      .strictObject({
        cert: file.describe('PEM file of the certificate, with its chain; read again when it changes'),
        key: file.describe('PEM file of its key'),
        clientCa: file
          .optional()
          .describe('PEM file of an authority: senders that show a certificate of it need no token'),
      })
      .optional()
      .describe('Speak TLS'),
    tokens: z
      .array(
        z.strictObject({
          name: name.describe('Who sends with it, for people'),
          file: file.describe('File that holds it, 16 characters at least; read again when it changes'),
        }),
      )
      .default([])
      .describe(
        'Who may send; without any, and without clientCa, one is made in NAME.token of the data folder',
      ),
    limits: z
      .strictObject({
        body: mebibytes.default(16).describe('Size of a body as it is sent, MiB'),
        unpacked: mebibytes.default(64).describe('Size of what it unpacks to, MiB'),
        waiting: mebibytes.default(128).describe('Size of all that waits to be committed, MiB'),
      })
      .default({ body: 16, unpacked: 64, waiting: 128 })
      .describe('More is refused: 413 for a body, 429 or 503 with Retry-After for what waits'),
  })
  .refine(({ host, tls }) => isLoopback(host) || tls !== undefined, {
    message: 'beyond loopback telemetry is taken through TLS only: name cert and key under tls',
    path: ['host'],
  })

/** One way for telemetry to arrive. */
export const inputSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('file'),
    name,
    paths: z.array(z.string().min(1)).min(1).describe('Files and folders; formats are recognised by content'),
    sources,
    follow: z.boolean().default(true).describe('Go on reading what is appended, through rotation'),
  }),
  z.strictObject({
    type: z.literal('docker'),
    name,
    socket: z
      .string()
      .default('/var/run/docker.sock')
      .describe('Socket of Docker’s or Podman’s Engine API; only read'),
  }),
  z.strictObject({ type: z.literal('stdin'), name, sources }),
  httpSchema,
])
export type InputConfig = z.infer<typeof inputSchema>

/** `tallyman.yaml`. Paths are relative to the file. */
export const configSchema = z.strictObject({
  data: z.string().default('./data').describe('Folder of the store, one daemon at a time'),
  site: z
    .string()
    .optional()
    .describe('Folder of lists, filters and silences; `site` in the data folder unless told'),
  strategies: z.string().optional().describe('Folder of strategy documents; the shipped ones unless told'),
  rules: z.array(z.string()).default([]).describe('Folders of plain Sigma rules'),
  zone: z
    .string()
    .default('UTC')
    .refine((zone) => isZone(zone), 'an IANA time zone, such as Europe/Berlin')
    .describe('Zone in which days end and hours of the week are counted'),
  listen: z
    .strictObject({
      host: z
        .string()
        .default('127.0.0.1')
        .describe('Address to listen on; beyond loopback only with an origin'),
      port: z.number().int().min(0).max(65_535).default(7410).describe('0 takes a free one'),
      origin: z
        .string()
        .regex(/^https:\/\/[^/?#@\s]+$/, 'https://name or https://name:port, and nothing after it')
        .optional()
        .describe('Where people reach it through a proxy that speaks TLS'),
    })
    .refine(({ host, origin }) => isLoopback(host) || origin !== undefined, {
      message:
        'beyond loopback the API is reached through TLS only: name the origin (https://…) of the proxy before it',
      path: ['host'],
    })
    .default({ host: '127.0.0.1', port: 7410 })
    .describe('Where the API answers'),
  inputs: z
    .array(inputSchema)
    .default([])
    .describe('Without any, what `tallyman discover` finds, but for sockets of other users'),
  retention: retentionSchema,
  notify: z.array(sinkSchema).default([]).describe('Who is told: webhooks, syslog, mail (docs/notify.md)'),
})
export type Config = z.infer<typeof configSchema>

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** What an editor checks the file against: JSON Schema of what is written, defaults left out. */
export function configJsonSchema(): KeySchema {
  return z.toJSONSchema(configSchema, { io: 'input' }) as KeySchema
}

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
  const problems = [
    ...(parsed.success ? [] : problemsOf(parsed.error.issues, checked)),
    ...duplicateNames(checked),
  ].sort(byPlace)
  if (!parsed.success || problems.length > 0) return { problems, warnings: () => [] }
  const config = withAbsolutePaths(parsed.data, dirname(resolve(file)))
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
  throw new UserError(`${first?.message ?? 'invalid configuration'}${more}`, { ...first, file: path })
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
    inputs: config.inputs.map((input) => {
      if (input.type === 'http') return withAbsoluteFiles(input, absolute)
      if (input.type === 'file') return { ...input, paths: input.paths.map(absolute) }
      if (input.type !== 'docker' || isAddress(input.socket)) return input
      return { ...input, socket: absolute(input.socket) }
    }),
    notify: config.notify.map((sink) => withAbsoluteSinkFiles(sink, absolute)),
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
    ...(tls !== undefined && {
      tls: {
        cert: absolute(tls.cert),
        key: absolute(tls.key),
        ...(tls.clientCa !== undefined && { clientCa: absolute(tls.clientCa) }),
      },
    }),
  }
}

/** Keys of sinks that end in `File` are paths. */
function withAbsoluteSinkFiles(sink: SinkConfig, absolute: (path: string) => string): SinkConfig {
  const files = Object.entries(sink).flatMap(([key, value]) =>
    key.endsWith('File') && typeof value === 'string' ? [[key, absolute(value)] as const] : [],
  )
  return { ...sink, ...Object.fromEntries(files) }
}

/** Of an engine that is reached otherwise than by a path. */
function isAddress(socket: string): boolean {
  return /^(?:http|tcp|unix):\/\//.test(socket)
}

function byPlace(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column
}

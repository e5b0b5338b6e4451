import { z } from 'zod'
import { isLoopback } from '../domain/loopback.ts'
import { inputMapping as mapping, inputName as name, inputSources as sources } from './input-words.ts'
import { mappingSchema } from '../mapping/mapping.ts'
import { agentsSchema } from './agents-config.ts'
import { sinkSchema } from './notify-config.ts'
import type { KeySchema } from './problems.ts'
import { dockerSchema } from './docker-config.ts'
import { correlationsSchema } from './correlations-config.ts'
import { kubernetesSchema } from './kubernetes-config.ts'
import { prometheusSchema } from './prometheus-config.ts'
import { retentionSchema } from './retention-config.ts'
import { syslogSchema } from './syslog-config.ts'
import { viewsSchema } from './views-config.ts'
import { tlsSchema } from './tls-config.ts'
import { durationSchema, zoneSchema } from './words.ts'

const file = z.string().min(1)
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
    mapping,
    host: z.string().default('127.0.0.1').describe('Address to listen on; beyond loopback only with tls'),
    port: z.number().int().min(0).max(65_535).default(7411).describe('0 takes a free one'),
    tls: tlsSchema('PEM file of an authority: senders that show a certificate of it need no token')
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
    mapping,
    follow: z.boolean().default(true).describe('Go on reading what is appended, through rotation'),
  }),
  dockerSchema,
  z.strictObject({ type: z.literal('stdin'), name, sources, mapping }),
  httpSchema,
  syslogSchema,
  prometheusSchema,
  agentsSchema,
  kubernetesSchema,
  z.strictObject({
    type: z.literal('certstore'),
    name,
    paths: z
      .array(z.string().min(1))
      .min(1)
      .describe('Folders and files of certificates, in PEM or DER, such as /etc/ssl/certs'),
    interval: durationSchema.default('30s').describe('From one look to the next'),
  }),
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
  zone: zoneSchema.describe('Zone in which days end and hours of the week are counted'),
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
  correlations: correlationsSchema,
  views: viewsSchema,
  notify: z.array(sinkSchema).default([]).describe('Who is told: webhooks, syslog, mail (docs/notify.md)'),
})
export type Config = z.infer<typeof configSchema>

/** JSON Schema of what is written, defaults left out. */
export function configJsonSchema(): KeySchema {
  return z.toJSONSchema(configSchema, { io: 'input' }) as KeySchema
}

/** What an editor checks the file against: the same, but for what stands in mappings, which is eight times as long. */
export function editorSchema(): KeySchema {
  return z.toJSONSchema(configSchema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      if (zodSchema !== mappingSchema) return
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      Object.assign(jsonSchema, { type: 'object', description: 'A mapping: docs/mapping.md' })
    },
  }) as KeySchema
}

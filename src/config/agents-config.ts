import { z } from 'zod'
import { isLoopback } from '../domain/loopback.ts'
import { inputName } from './input-words.ts'
import { serverTlsSchema } from './tls-config.ts'

const mebibytes = z.number().int().min(1).max(1024)

/** What agents of other machines send. */
export const agentsSchema = z
  .strictObject({
    type: z.literal('agents'),
    name: inputName,
    host: z.string().default('127.0.0.1').describe('Address to listen on; beyond loopback only with tls'),
    port: z.number().int().min(0).max(65_535).default(7412).describe('0 takes a free one'),
    tls: serverTlsSchema.optional().describe('Speak TLS'),
    limits: z
      .strictObject({
        body: mebibytes.default(16).describe('Size of a request as it is sent, MiB'),
        unpacked: mebibytes.default(96).describe('Size of what it unpacks to, MiB'),
        waiting: mebibytes.default(256).describe('Size of all that waits to be committed, MiB'),
      })
      .default({ body: 16, unpacked: 96, waiting: 256 })
      .describe('More is refused; agents come again with 503'),
  })
  .refine(({ host, tls }) => isLoopback(host) || tls !== undefined, {
    message: 'beyond loopback agents are heard through TLS only: name cert and key under tls',
    path: ['host'],
  })

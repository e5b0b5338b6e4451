import { z } from 'zod'
import { isLoopback } from '../domain/loopback.ts'
import { isNetwork } from '../inputs/allowed-addresses.ts'
import { inputMapping, inputName, inputSources } from './input-words.ts'
import { tlsSchema } from './tls-config.ts'
import { zoneSchema } from './words.ts'

/** Ports that are assigned to syslog: RFC 5426, RFC 6587, RFC 5425. */
export const SYSLOG_PORTS = { udp: 514, tcp: 514, tls: 6514 } as const

/** Telemetry that is sent by syslog. */
export const syslogSchema = z
  .strictObject({
    type: z.literal('syslog'),
    name: inputName,
    sources: inputSources,
    mapping: inputMapping,
    transport: z.enum(['udp', 'tcp', 'tls']).describe('How it is sent; udp loses what cannot be taken'),
    host: z
      .string()
      .default('127.0.0.1')
      .describe('Address to listen on; beyond loopback only with from, or with tls.clientCa'),
    port: z
      .number()
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe('514, and 6514 for tls, unless told; 0 takes a free one'),
    from: z
      .array(z.string().refine(isNetwork, 'an address or a network, such as 192.0.2.7 or 10.0.0.0/8'))
      .min(1)
      .optional()
      .describe('Addresses and networks that may send; others are cut off and counted'),
    tls: tlsSchema('PEM file of an authority: only who shows a certificate of it may send')
      .optional()
      .describe('With transport tls'),
    zone: zoneSchema.describe('Zone of times that state none (RFC 3164)'),
    limits: z
      .strictObject({
        message: z
          .number()
          .int()
          .min(2)
          .max(8192)
          .default(1024)
          .describe('Size of a message, KiB; longer ones are counted as failures'),
        waiting: z
          .number()
          .int()
          .min(1)
          .max(1024)
          .default(64)
          .describe('Size of all that waits to be committed, MiB; a quarter for each sender'),
      })
      .default({ message: 1024, waiting: 64 })
      .describe('Beyond them tcp and tls wait, and udp loses and counts'),
  })
  .refine(({ transport, tls }) => (transport === 'tls') === (tls !== undefined), {
    message: 'tls (cert and key) belongs to transport tls, and transport tls to it',
    path: ['transport'],
  })
  .refine(({ host, from, tls }) => isLoopback(host) || from !== undefined || tls?.clientCa !== undefined, {
    message:
      'beyond loopback name who may send: addresses and networks under from, or an authority as tls.clientCa',
    path: ['host'],
  })

import { z } from 'zod'
import { isLoopback } from '../domain/loopback.ts'
import { inputName } from './input-words.ts'
import { durationSchema } from './words.ts'

const SOURCES = ['cadvisor', 'prometheus'] as const

/** Where metrics are asked for: no secret stands in it. */
const url = z.string().refine((text) => {
  const { protocol, username, password } = URL.parse(text) ?? {}
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === ''
}, 'a URL such as https://10.0.0.7:10250/metrics/cadvisor, without a name or password')

/** Metrics that are asked for. */
export const prometheusSchema = z
  .strictObject({
    type: z.literal('prometheus'),
    name: inputName,
    sources: z
      .array(z.enum(SOURCES))
      .min(1)
      .default([...SOURCES])
      .describe('Sources as which what answers may speak'),
    urls: z.array(url).min(1).max(32).describe('Each answers with metrics in Prometheus’ text format'),
    interval: durationSchema.default('30s').describe('From one scrape of a URL to the next'),
    timeout: durationSchema.default('10s').describe('So long an answer is waited for'),
    tokenFile: z
      .string()
      .min(1)
      .optional()
      .describe('File of a bearer token, read for each scrape; beyond loopback only for https'),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file of the authorities that are believed; the system’s unless told'),
    limits: z
      .strictObject({
        body: z.number().int().min(1).max(256).default(32).describe('Size of an answer, MiB'),
      })
      .default({ body: 32 })
      .describe('A larger answer is a scrape that failed'),
  })
  .refine(
    ({ urls, tokenFile }) =>
      tokenFile === undefined || urls.every((each) => each.startsWith('https:') || isLoopback(hostOf(each))),
    { message: 'beyond loopback a token is shown through https only', path: ['tokenFile'] },
  )

function hostOf(text: string): string {
  return URL.parse(text)?.hostname ?? ''
}

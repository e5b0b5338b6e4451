import { z } from 'zod'
import { isLoopback } from '../domain/loopback.ts'
import { cut, plainText } from '../domain/plain-text.ts'
import { defineAction, type ActionResult, type Delivery } from './action.ts'
import { noticeView } from './notice-view.ts'
import { ocsfFinding } from './ocsf.ts'
import { post, type Answer } from './post.ts'
import { secretLines, unreadable } from './secret-file.ts'
import { parseSecret, signatureHeaders } from './signature.ts'
import { slackMessage } from './slack.ts'

/** Secrets that are signed with at once: the old one and the new one while they are exchanged. */
const SECRETS = 2

const FORMATS = {
  json: noticeView,
  ocsf: ocsfFinding,
  slack: slackMessage,
} as const satisfies Record<string, (delivery: Delivery) => object>

const options = z
  .strictObject({
    type: z.literal('webhook'),
    url: z.string().optional().describe('Where to POST; https, or http to this machine'),
    urlFile: z.string().optional().describe('File that holds the address, where the address is the secret'),
    format: z
      .enum(['json', 'ocsf', 'slack'])
      .default('json')
      .describe('json: Tallyman’s own; ocsf: a Detection Finding; slack: an incoming webhook'),
    secretFile: z
      .string()
      .optional()
      .describe(
        'File with one or two lines whsec_<base64>: each body is signed with both. Left out, nothing is signed',
      ),
    caFile: z.string().optional().describe('PEM of the authorities to trust instead of the system’s'),
    insecure: z.boolean().default(false).describe('Allow http beyond this machine'),
  })
  .refine(({ url, urlFile }) => (url === undefined) !== (urlFile === undefined), {
    message: 'name either url or urlFile',
    path: ['url'],
  })
  .refine(({ url, insecure }) => url === undefined || mayPostTo(url, insecure), {
    message: 'https://…; http to this machine only, or with insecure: true',
    path: ['url'],
  })
type WebhookOptions = z.output<typeof options>

/** A signed POST (Standard Webhooks). */
export const webhook = defineAction({
  name: 'webhook',
  title: 'HTTP POST, signed as Standard Webhooks says; also for Slack, and as OCSF',
  effect: 'notify',
  options,
  fields: [],
  privileges: ['outgoing HTTPS', 'to read the files of secret and address'],
  check(chosen: WebhookOptions): ActionResult | undefined {
    const files = unreadable([chosen.urlFile, chosen.secretFile, chosen.caFile])
    if (files !== undefined) return files
    try {
      addressOf(chosen)
      secretsOf(chosen)
      return undefined
    } catch (cause) {
      return { kind: 'failed', answered: false, reason: (cause as Error).message }
    }
  },
  async run(chosen: WebhookOptions, delivery: Delivery, { signal, now }): Promise<ActionResult> {
    const url = addressOf(chosen)
    const body = JSON.stringify(FORMATS[chosen.format](delivery))
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'tallyman',
      'idempotency-key': delivery.key,
      ...signatureHeaders({ id: delivery.key, at: now(), body, secrets: secretsOf(chosen) }),
    }
    try {
      return judge(await post({ url, headers, body, caFile: chosen.caFile, signal, now }))
    } catch (cause) {
      // The origin alone: of many receivers the path is the secret.
      const { code, message } = cause as NodeJS.ErrnoException
      const why = signal.aborted ? 'no answer in time' : plainText(code ?? message)
      return { kind: 'failed', answered: false, reason: `${url.origin}: ${why}` }
    }
  },
})

/**
 * What a receiver says of this one message, for good: malformed, too large, of the wrong type, not to be processed;
 * and 410, by which Standard Webhooks says that nothing more is wanted. Everything else (an expired token, a route
 * that is not there just now, a proxy that redirects to its login) is the receiver's trouble, and passes.
 */
const FINAL: ReadonlySet<number> = new Set([400, 410, 413, 415, 422])

/** 2xx is delivered. No redirect is followed: the address is what the configuration says. */
function judge({ status, retryAfter, body }: Answer): ActionResult {
  const reason = `HTTP ${status}${body.trim() === '' ? '' : `: ${cut(plainText(body.trim()), 200)}`}`
  if (status >= 200 && status < 300) return { kind: 'done', reason }
  if (FINAL.has(status)) return { kind: 'refused', reason }
  return { kind: 'failed', answered: true, reason, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

/** Throws, without the address in the message, where it must not be used. */
function addressOf({ url: given, urlFile, insecure }: WebhookOptions): URL {
  const text = given ?? (urlFile === undefined ? '' : (secretLines(urlFile)[0] ?? ''))
  const where = given === undefined ? `the address in ${urlFile ?? 'urlFile'}` : 'url'
  if (mayPostTo(text, insecure)) return new URL(text)
  throw new Error(`${where} is not https://…, nor http to this machine`)
}

function mayPostTo(text: string, insecure: boolean): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && (insecure || isLoopback(url.hostname)))
}

function secretsOf({ secretFile }: WebhookOptions): readonly Buffer[] {
  if (secretFile === undefined) return []
  const lines = secretLines(secretFile)
  if (lines.length > SECRETS) throw new Error(`${secretFile} holds more than ${SECRETS} secrets`)
  try {
    return lines.map(parseSecret)
  } catch (cause) {
    throw new Error(`${secretFile}: ${(cause as Error).message}`, { cause })
  }
}

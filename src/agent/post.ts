import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { UserError } from '../domain/errors.ts'
import { isLoopback } from '../domain/loopback.ts'
import { AGENT_PATH } from '../inputs/agent-hello.ts'
import { parsedJson } from '../inputs/agent-entry.ts'

/** What the daemon answered; or that none did, and why. */
export type Answered =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly body: unknown
      readonly retryAfter: number | undefined
    }
  | { readonly kind: 'unreachable'; readonly reason: string }

/** Sends one request to the daemon. */
export interface Daemon {
  post(body: Buffer, coding: 'zstd' | 'identity', signal: AbortSignal): Promise<Answered>
  close(): void
}

export interface DaemonAddress {
  readonly to: string
  readonly token: string
  /** PEM file of an authority, beside those of the system. */
  readonly ca?: string | undefined
  /** Beyond loopback without TLS. */
  readonly plain: boolean
}

/** A daemon that takes longer than that does not answer; it says itself when it has no time, ms. */
const PATIENCE = 30_000
const ANSWER_BYTES = 64 * 1024

/** Throws a UserError where the address or the authority is of no use. */
export function daemonAt({ to, token, ca, plain }: DaemonAddress): Daemon {
  const url = addressOf(to, plain)
  const isSecure = url.protocol === 'https:'
  const agent = isSecure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 1, ...(ca !== undefined && { ca: readCa(ca) }) })
    : new HttpAgent({ keepAlive: true, maxSockets: 1 })
  const options: RequestOptions = { method: 'POST', agent, timeout: PATIENCE }
  return {
    post: (body, coding, signal) =>
      new Promise((resolve) => {
        const unreachable = (cause: Error): void => resolve({ kind: 'unreachable', reason: reasonOf(cause) })
        const headers = {
          authorization: `Bearer ${token}`,
          'content-type': 'application/octet-stream',
          'content-length': body.length,
          ...(coding !== 'identity' && { 'content-encoding': coding }),
        }
        const asked = (isSecure ? httpsRequest : httpRequest)(
          url,
          { ...options, headers, signal },
          (response) => {
            let text = ''
            response.setEncoding('utf8')
            response.on('data', (piece: string) => {
              text += piece
              if (text.length > ANSWER_BYTES) asked.destroy(new Error('the answer is too long'))
            })
            response.on('error', unreachable)
            response.on('end', () => {
              const { statusCode: status = 0, headers: said } = response
              const seconds = Number(said['retry-after'])
              const retryAfter = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined
              resolve({ kind: 'answered', status, body: parsedJson(text), retryAfter })
            })
          },
        )
        asked.on('timeout', () => asked.destroy(new Error('no answer came')))
        asked.on('error', unreachable)
        asked.end(body)
      }),
    close: () => agent.destroy(),
  }
}

function addressOf(to: string, plain: boolean): URL {
  const url = URL.parse(to)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new UserError(`no address ${to}`, { mend: 'such as --to https://tallyman.example.org:7412' })
  const isLocal = isLoopback(url.hostname.replace(/^\[|\]$/g, ''))
  if (url.protocol === 'http:' && !isLocal && !plain)
    throw new UserError(
      `${to} is not reached through TLS: whoever is on the way reads it and could change it`,
      {
        mend: 'name an address with https://, or --plain-http where the way is secured otherwise',
      },
    )
  return new URL(AGENT_PATH, url)
}

function readCa(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new UserError(`cannot read the authority: ${(cause as Error).message}`, {
      file,
      mend: 'name a PEM file with --ca, readable for this user',
      cause,
    })
  }
}

function reasonOf(cause: Error): string {
  const { code } = cause as NodeJS.ErrnoException
  return cause.message === '' ? (code ?? 'no connection') : cause.message
}

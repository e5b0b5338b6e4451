import { readFileSync } from 'node:fs'
import { request as plainRequest, type IncomingMessage } from 'node:http'
import { request as tlsRequest } from 'node:https'

export interface Answer {
  readonly status: number
  /** What `Retry-After` asks for, ms. */
  readonly retryAfter: number | undefined
  /** The beginning of the body. Hostile text. */
  readonly body: string
}

/** Bytes of an answer that are read; what follows is cut off. */
const ANSWER_LIMIT = 4_096

export interface PostParts {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** PEM of the authorities that are trusted instead of the system's. */
  readonly caFile: string | undefined
  readonly signal: AbortSignal
  readonly now: () => number
}

/** One POST on a connection of its own. Follows no redirect; certificates are verified. Rejects where there is no answer. */
export function post({ url, headers, body, caFile, signal, now }: PostParts): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: false,
      signal,
    } as const
    const sent =
      url.protocol === 'https:'
        ? tlsRequest(url, { ...options, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) })
        : plainRequest(url, options)
    sent.once('error', reject)
    sent.once('response', (response) => {
      beginningOf(response).then(
        (text) =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: retryAfterOf(response.headers['retry-after'], now()),
            body: text,
          }),
        reject,
      )
    })
    sent.end(body)
  })
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= ANSWER_LIMIT) break
  }
  response.destroy()
  return Buffer.concat(chunks).subarray(0, ANSWER_LIMIT).toString()
}

/** Seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterOf(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

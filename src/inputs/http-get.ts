import { get as getClear, type IncomingMessage } from 'node:http'
import { get as getSecurely } from 'node:https'
import { isGzip, inflate } from './inflate.ts'

/** What came of asking. */
export type Got =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly type: string
      /** Unpacked. */
      readonly bytes: Buffer
    }
  | { readonly kind: 'failed'; readonly reason: string }

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>
  /** PEM of the authorities that are believed; the system's unless told. */
  readonly ca?: Buffer | undefined
  /** For the whole of it, ms. */
  readonly timeout: number
  /** Of the answer as it is sent, and unpacked, in bytes. */
  readonly limit: number
  readonly signal: AbortSignal
}

/** GETs a URL on a connection of its own; does not follow where it is sent to. Never throws. */
export async function httpGet(url: string, options: GetOptions): Promise<Got> {
  const { headers, ca, timeout, limit, signal } = options
  const over = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
  try {
    const sent = { agent: false as const, signal: over, headers: { ...headers, 'accept-encoding': 'gzip' } }
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = url.startsWith('https:')
        ? getSecurely(url, { ...sent, ...(ca !== undefined && { ca }) }, resolve)
        : getClear(url, sent, resolve)
      request.on('error', reject)
    })
    const sentBytes = await bytesOf(response, limit)
    if (sentBytes === undefined) return { kind: 'failed', reason: tooLarge(limit) }
    const unpacked = isGzip(sentBytes)
      ? await inflate(sentBytes, 'gzip', limit)
      : ({ kind: 'inflated', bytes: sentBytes } as const)
    if (unpacked.kind === 'too-large') return { kind: 'failed', reason: tooLarge(limit) }
    if (unpacked.kind === 'damaged') return { kind: 'failed', reason: 'the answer is damaged gzip' }
    const type = response.headers['content-type'] ?? ''
    return { kind: 'answered', status: response.statusCode ?? 0, type, bytes: unpacked.bytes }
  } catch (cause) {
    if (over.aborted && !signal.aborted) return { kind: 'failed', reason: `no answer within ${timeout} ms` }
    const { code, message } = cause as NodeJS.ErrnoException
    return { kind: 'failed', reason: code ?? message }
  }
}

/** Undefined where there are more than `limit`. */
async function bytesOf(response: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > limit) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces, length)
}

function tooLarge(limit: number): string {
  return `the answer is larger than ${limit} bytes`
}

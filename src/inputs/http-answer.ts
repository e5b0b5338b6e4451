import type { IncomingMessage, ServerResponse } from 'node:http'
import { otlpAnswer, otlpEncoding } from './otlp-answer.ts'

/** What a sender is told. */
export type Answer =
  /** Committed: it need not be kept any longer. */
  | {
      readonly kind: 'committed'
      readonly repeated: boolean
      /** Parts of it that could not be read. */
      readonly broken: number
    }
  | Refusal

export interface Refusal {
  readonly kind: 'refused'
  readonly status: 400 | 401 | 404 | 405 | 409 | 413 | 415 | 429 | 503
  readonly error: string
  readonly mend: string
  readonly headers?: Readonly<Record<string, string>>
  /** What else the sender is told. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** Seconds after which a sender that must wait is asked to come again. */
const RETRY_AFTER = 2

export const STRANGER = refusal(401, 'no token that may write here', {
  mend: 'send the header Authorization: Bearer <token>; the daemon says at its start which file holds it',
  // Connections are for those who send.
  headers: { 'WWW-Authenticate': 'Bearer', Connection: 'close' },
})
export const STOPPING = refusal(503, 'the daemon stops', {
  mend: 'send it again',
  headers: { 'Retry-After': String(RETRY_AFTER), Connection: 'close' },
})
export const FULL = refusal(503, 'too much waits to be committed', {
  mend: 'send it again after Retry-After',
  headers: { 'Retry-After': String(RETRY_AFTER) },
})
export const OVER_SHARE = refusal(429, 'too much of this sender waits to be committed', {
  mend: 'send it again after Retry-After',
  headers: { 'Retry-After': String(RETRY_AFTER) },
})

export function refusal(
  status: Refusal['status'],
  error: string,
  { mend, headers }: { readonly mend: string; readonly headers?: Readonly<Record<string, string>> },
): Refusal {
  return { kind: 'refused', status, error, mend, ...(headers !== undefined && { headers }) }
}

/** What a refused sender is still sending is thrown away, for so long and so many bytes: then the line is cut. */
const PATIENCE = 2_000
const PATIENCE_BYTES = 1024 * 1024

/** Says it in JSON; to Firehose in the form that it takes for an answer. Nobody may be there to hear it any more. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer, now: number): void {
  if (response.headersSent || response.destroyed) return
  const status = answer.kind === 'committed' ? 200 : answer.status
  const { type, body } = saying(request, answer, now)
  // Nothing was sent yet by who waits to be asked for it, and nothing may come: a new request needs a new line.
  const isWaiting = request.headers.expect !== undefined && !request.complete
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...(answer.kind === 'refused' && answer.headers),
    ...(isWaiting && { Connection: 'close' }),
  })
  if (request.complete || isWaiting) {
    response.end(body)
    return
  }
  response.write(body)
  discardRest(request, () => response.end())
}

function saying(
  request: IncomingMessage,
  answer: Answer,
  now: number,
): { readonly type: string; readonly body: string | Buffer } {
  const otlp = otlpEncoding(request)
  if (otlp !== undefined) return otlpAnswer(otlp, answer)
  const firehose = firehoseRequest(request)
  const body = firehose === undefined ? plain(answer) : forFirehose(firehose, answer, now)
  return { type: 'application/json', body: JSON.stringify(body) }
}

/** Firehose's id of the request; undefined for every other sender. */
export function firehoseRequest({ headers }: IncomingMessage): string | undefined {
  const id = headers['x-amz-firehose-request-id']
  return typeof id === 'string' && id.length <= 256 ? id : undefined
}

function plain(answer: Answer): object {
  return answer.kind === 'committed'
    ? { status: 'committed', repeated: answer.repeated }
    : { error: answer.error, mend: answer.mend, ...answer.more }
}

function forFirehose(requestId: string, answer: Answer, timestamp: number): object {
  if (answer.kind === 'committed') return { requestId, timestamp }
  return { requestId, timestamp, errorMessage: `${answer.error}; ${answer.mend}` }
}

/** Closing at once would take the answer away from whoever is still sending: `end` may close. */
function discardRest(request: IncomingMessage, end: () => void): void {
  let discarded = 0
  let over = false
  const cut = (): void => {
    if (!over) request.socket.destroy()
  }
  // what arrived while this process had no time for it is read first
  const timer = setTimeout(() => setImmediate(cut), PATIENCE)
  timer.unref()
  const finish = (): void => {
    over = true
    clearTimeout(timer)
    end()
  }
  request.on('data', (piece: Buffer) => {
    discarded += piece.length
    if (discarded > PATIENCE_BYTES) cut()
  })
  request.once('end', finish)
  request.once('close', finish)
  request.resume()
}

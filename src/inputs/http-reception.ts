import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BodyQueue } from './body-queue.ts'
import { FULL, refusal, send, STOPPING, STRANGER, type Answer, type Refusal } from './http-answer.ts'
import { codingOf, readBody, takeRoom, tooLarge, type BodyLimits } from './http-body.ts'
import type { Reaction } from './http-listener.ts'
import { senderOf } from './http-sender.ts'
import type { Tokens } from './http-tokens.ts'
import { CODINGS } from './inflate.ts'
import { OTLP_PATH, otlpEncoding, pathOf } from './otlp-answer.ts'
import type { Senders } from './senders.ts'
import { createTurns } from './turns.ts'
import type { Room, WaitingBytes } from './waiting-bytes.ts'

/** Senders have 30 s of patience, as the API server has: while the oldest body waits for so long, no more are let in. */
const LONGEST_WAIT = 10_000

/** Under this name those are counted who show no token; no token and no certificate has it. */
const STRANGERS = '(no token)'

/** Takes requests in; what is read whole goes into the queue, and is answered when it is committed. */
export interface Reception extends Reaction {
  /** Answers everybody who waits, and everybody who comes, that nothing more is taken. */
  stop(): void
}

export function createReception({
  tokens,
  queue,
  waiting,
  limits,
  senders,
}: {
  readonly tokens: Tokens
  readonly queue: BodyQueue
  readonly waiting: WaitingBytes
  readonly limits: BodyLimits
  readonly senders: Senders
}): Reception {
  const inTurn = createTurns()
  const unanswered = new Set<(answer: Answer) => void>()
  let stopped = false

  const takeIn = async (
    request: IncomingMessage,
    { sender, room, answer }: { sender: string; room: Room; answer: (answer: Answer) => void },
  ): Promise<void> => {
    const body = await readBody(request, { limits, room, inTurn })
    if (body.kind === 'aborted') return room.leave()
    if (body.kind === 'refused') {
      room.leave()
      if (body.reason !== undefined) queue.fail(sender, body.reason)
      return answer(body.refusal)
    }
    const { stream, parts, broken } = body
    queue.push({
      stream,
      sender,
      parts,
      broken,
      at: Date.now(),
      committed(repeated) {
        room.leave()
        answer(body.refusal ?? { kind: 'committed', repeated, broken: broken.length })
      },
    })
  }

  const handle = (request: IncomingMessage, response: ServerResponse, know: () => void): void => {
    if (isHealthQuestion(request)) return tellHealth(request, response)
    const sender = senderOf(request, tokens)
    if (sender === undefined) {
      senders.count(STRANGERS, 'refused', Date.now())
      return send(request, response, STRANGER, Date.now())
    }
    know()
    const answer = (said: Answer): void => {
      const now = Date.now()
      unanswered.delete(answer)
      if (isPressure(said)) queue.refused(now)
      senders.count(sender, outcomeOf(said), now)
      send(request, response, said, now)
    }
    if (stopped) return answer(STOPPING)
    const wrong = wrongOf(request, limits.body)
    if (wrong !== undefined) {
      if (wrong.reason !== undefined) queue.fail(sender, wrong.reason)
      return answer(wrong.refusal)
    }
    // who has to wait for longer gives up, and sends again what is being committed
    if (queue.waited(Date.now()) > LONGEST_WAIT) return answer(FULL)
    const room = waiting.room(sender)
    const full = takeRoom(room, Number(request.headers['content-length'] ?? 0))
    if (full !== undefined) return answer(full)
    // what is announced may never come
    takeRoom(room, 0)
    if (request.headers.expect !== undefined) response.writeContinue()
    unanswered.add(answer)
    response.once('close', () => unanswered.delete(answer))
    void takeIn(request, { sender, room, answer })
  }

  return {
    handle,
    crowded() {
      senders.count(STRANGERS, 'refused', Date.now())
      queue.crowded(Date.now())
    },
    stop() {
      stopped = true
      for (const answer of unanswered) answer(STOPPING)
    },
  }
}

/** Somebody was told to come again because too much waits, and not because the daemon stops. */
function isPressure(answer: Answer): boolean {
  return answer.kind === 'refused' && answer !== STOPPING && (answer.status === 429 || answer.status === 503)
}

function outcomeOf(answer: Answer): 'committed' | 'repeated' | 'refused' {
  if (answer.kind === 'refused') return 'refused'
  return answer.repeated ? 'repeated' : 'committed'
}

/** What is wrong with a request of a known sender before its body is read; `reason` where that is a failure. */
function wrongOf(
  request: IncomingMessage,
  limit: number,
): { readonly refusal: Refusal; readonly reason?: string } | undefined {
  const { method, headers } = request
  const isOtlp = pathOf(request) === OTLP_PATH
  if (pathOf(request) !== '/' && !isOtlp) return { refusal: ELSEWHERE }
  if (method !== 'POST') return { refusal: NOT_POSTED }
  if (isOtlp ? otlpEncoding(request) === undefined : !isTextual(headers['content-type']))
    return { refusal: UNKNOWN_TYPE, reason: 'http: content type that is not taken' }
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding !== 'identity' && codingOf(request) === undefined)
    return { refusal: UNKNOWN_CODING, reason: 'http: content encoding that is not taken' }
  return Number(headers['content-length'] ?? 0) > limit ? tooLarge(limit) : undefined
}

const ELSEWHERE = refusal(404, 'nothing is taken here', {
  mend: 'POST to the path /, or OTLP logs to /v1/logs',
})
const NOT_POSTED = refusal(405, 'this method is not understood', {
  mend: 'POST telemetry',
  headers: { Allow: 'POST' },
})
const UNKNOWN_TYPE = refusal(415, 'this content type is not taken', {
  mend: 'send JSON, NDJSON or text, and say so, such as Content-Type: application/json; OTLP as that or application/x-protobuf',
})
const UNKNOWN_CODING = refusal(415, 'this content encoding is not taken', {
  mend: `send it as it is, or with one of ${CODINGS.join(', ')}`,
  headers: { 'Accept-Encoding': CODINGS.join(', ') },
})

/** Formats are known by their content; what cannot be lines or JSON is told at once. */
const TEXTUAL =
  /^(?:application\/(?:[\w.-]+\+)?(?:json|ndjson|x-ndjson|jsonl|jsonlines|x-jsonlines|json-seq|octet-stream|gzip|x-gzip)|text\/(?:plain|json|x-json))$/

function isTextual(contentType: string | undefined): boolean {
  if (contentType === undefined) return true
  return TEXTUAL.test(contentType.split(';')[0]?.trim().toLowerCase() ?? '')
}

function isHealthQuestion(request: IncomingMessage): boolean {
  return request.method === 'GET' && pathOf(request) === '/health'
}

/** For whoever decides where to send: it takes no secret, and tells none. */
function tellHealth(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json', Connection: 'close' }).end('{"status":"ok"}')
  request.resume()
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyStream, type BodyQueue } from './body-queue.ts'
import { FULL, OVER_SHARE, refusal, send, firehoseRequest, STOPPING, STRANGER } from './http-answer.ts'
import type { Answer, Refusal } from './http-answer.ts'
import { openEnvelope } from './http-envelope.ts'
import { senderOf } from './http-sender.ts'
import type { Tokens } from './http-tokens.ts'
import { receive } from './http-upload.ts'
import { CODINGS, createInflate, isGzip, type Coding } from './inflate.ts'
import type { Senders } from './senders.ts'
import type { WaitingBytes } from './waiting-bytes.ts'

/** Bounds of what is taken, in bytes. */
export interface BodyLimits {
  /** Of a body as it is sent. */
  readonly body: number
  /** Of what it unpacks to. */
  readonly unpacked: number
}

/** Takes requests in; what is read whole goes into the queue, and is answered when it is committed. */
export interface Reception {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
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
  const inflate = createInflate()
  const unanswered = new Set<(answer: Answer) => void>()
  let stopped = false

  /** Reads a body of a known sender, for whom OVERHEAD is taken, and puts it into the queue. */
  const takeIn = async (
    { request, sender, answer }: Asked,
    coding: Coding | undefined,
    refuse: (refused: Refusal) => void,
  ): Promise<void> => {
    let held = OVERHEAD
    let trouble: Refusal = FULL
    const hold = (bytes: number): boolean => {
      const refused = pressureOf(waiting.take(sender, bytes))
      if (refused === undefined) held += bytes
      else trouble = refused
      return refused === undefined
    }
    const letGo = (bytes = held): void => {
      waiting.give(sender, bytes)
      held -= bytes
    }
    const fail = (refused: Refusal, reason: string): void => {
      letGo()
      queue.fail(sender, reason)
      refuse(refused)
    }

    const upload = await receive(request, limits.body, hold)
    if (upload.kind === 'aborted') return letGo()
    if (upload.kind === 'too-large') return fail(tooLarge(limits.body), TOO_LARGE)
    if (upload.kind === 'refused') {
      letGo()
      return refuse(trouble)
    }
    const packing = coding ?? (isGzip(upload.bytes) ? 'gzip' : undefined)
    const unpacked =
      packing === undefined
        ? ({ kind: 'inflated', bytes: upload.bytes } as const)
        : await inflate(upload.bytes, packing, limits.unpacked)
    if (unpacked.kind === 'too-large') return fail(tooLarge(limits.unpacked), TOO_LARGE)
    if (unpacked.kind === 'damaged') {
      // Sent again, it is as damaged as it was: counted once, and never taken.
      return queue.push({
        stream: bodyStream([DAMAGED], upload.bytes),
        sender,
        bytes: NOTHING,
        broken: [`http: damaged ${packing ?? ''}`],
        committed() {
          letGo()
          refuse(
            refusal(400, `damaged ${packing ?? ''}`, { mend: 'send what the coding unpacks, to its end' }),
          )
        },
      })
    }
    const opened = await openEnvelope({
      bytes: unpacked.bytes,
      firehose: firehoseRequest(request),
      limit: limits.unpacked,
      inflate,
    })
    if (opened.kind === 'too-large') return fail(tooLarge(limits.unpacked), TOO_LARGE)
    const more = OVERHEAD + (opened.kind === 'opened' ? opened.bytes.length : 0) - held
    if (more > 0 && !hold(more)) {
      letGo()
      return refuse(trouble)
    }
    if (more < 0) letGo(-more)
    const isOpened = opened.kind === 'opened'
    queue.push({
      stream: isOpened ? bodyStream(opened.identity, opened.bytes) : bodyStream([DAMAGED], upload.bytes),
      sender,
      bytes: isOpened ? opened.bytes : NOTHING,
      broken: isOpened ? opened.broken : [opened.reason],
      committed(repeated) {
        letGo()
        if (isOpened) answer({ kind: 'committed', repeated })
        else refuse(refusal(400, opened.reason, { mend: 'send the format that its documentation describes' }))
      },
    })
  }

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    let sender: string | undefined
    const answer = (said: Answer): void => {
      unanswered.delete(answer)
      if (sender !== undefined) senders.count(sender, outcomeOf(said), Date.now())
      send(request, response, said, Date.now())
    }
    const refuse = (refused: Refusal): void => {
      if (refused.status === 429 || refused.status === 503) queue.refused(Date.now())
      answer(refused)
    }
    if (isHealthQuestion(request)) return tellHealth(request, response)
    sender = senderOf(request, tokens)
    if (sender === undefined) return answer(STRANGER)
    if (stopped) return answer(STOPPING)
    const wrong = wrongOf(request, limits.body)
    if (wrong !== undefined) {
      if (wrong.reason !== undefined) queue.fail(sender, wrong.reason)
      return answer(wrong.refused)
    }
    const announced = OVERHEAD + Number(request.headers['content-length'] ?? 0)
    const full = pressureOf(waiting.take(sender, announced))
    if (full !== undefined) return refuse(full)
    // what is announced may never come
    waiting.give(sender, announced - OVERHEAD)
    if (request.headers.expect !== undefined) response.writeContinue()
    unanswered.add(answer)
    response.once('close', () => unanswered.delete(answer))
    void takeIn({ request, sender, answer }, codingOf(request), refuse)
  }

  return {
    handle,
    stop() {
      stopped = true
      for (const answer of unanswered) answer(STOPPING)
    },
  }
}

interface Asked {
  readonly request: IncomingMessage
  readonly sender: string
  readonly answer: (answer: Answer) => void
}

/** What a request takes beside its body: somebody may send a great many small ones at once. */
const OVERHEAD = 2048

function outcomeOf(answer: Answer): 'committed' | 'repeated' | 'refused' {
  if (answer.kind === 'refused') return 'refused'
  return answer.repeated ? 'repeated' : 'committed'
}

function pressureOf(took: 'taken' | 'full' | 'share'): Refusal | undefined {
  if (took === 'taken') return undefined
  return took === 'full' ? FULL : OVER_SHARE
}

const NOTHING = Buffer.alloc(0)
const DAMAGED = 'damaged'
const TOO_LARGE = 'http: body larger than its limit'

function tooLarge(limit: number): Refusal {
  return refusal(413, `the body is larger than ${limit} bytes`, {
    mend: 'send smaller batches, or raise limits of this input in the configuration',
  })
}

/** What is wrong with a request of a known sender before its body is read; `reason` where that is a failure. */
function wrongOf(
  request: IncomingMessage,
  limit: number,
): { readonly refused: Refusal; readonly reason?: string } | undefined {
  const { method, headers } = request
  if (pathOf(request) !== '/')
    return { refused: refusal(404, 'nothing is taken here', { mend: 'POST to the path /' }) }
  if (method !== 'POST') {
    return {
      refused: refusal(405, `${method ?? ''} is not understood`, {
        mend: 'POST telemetry',
        headers: { Allow: 'POST' },
      }),
    }
  }
  if (!isTextual(headers['content-type'])) {
    return { refused: UNKNOWN_TYPE, reason: 'http: content type that is not taken' }
  }
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding !== 'identity' && codingOf(request) === undefined) {
    return { refused: UNKNOWN_CODING, reason: 'http: content encoding that is not taken' }
  }
  if (Number(headers['content-length'] ?? 0) > limit) return { refused: tooLarge(limit), reason: TOO_LARGE }
  return undefined
}

const UNKNOWN_TYPE = refusal(415, 'this content type is not taken', {
  mend: 'send JSON, NDJSON or text, and say so, such as Content-Type: application/json',
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

function codingOf({ headers }: IncomingMessage): Coding | undefined {
  const named = headers['content-encoding']?.trim().toLowerCase().replace(/^x-/, '')
  return CODINGS.find((coding) => coding === named)
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/'
}

function isHealthQuestion(request: IncomingMessage): boolean {
  return request.method === 'GET' && pathOf(request) === '/health'
}

/** For whoever decides where to send: it takes no secret, and tells none. */
function tellHealth(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"ok"}')
  request.resume()
}

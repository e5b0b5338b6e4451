import type { IncomingMessage } from 'node:http'
import { bodyStream, lengthOf, type BodyPart } from './body-queue.ts'
import { firehoseRequest, FULL, OVER_SHARE, refusal, type Refusal } from './http-answer.ts'
import { openEnvelope } from './http-envelope.ts'
import { receive } from './http-upload.ts'
import { openOtlp, type OpenedOtlp } from './otlp-body.ts'
import { otlpEncoding } from './otlp-answer.ts'
import { CODINGS, inflate, isGzip, type Coding } from './inflate.ts'
import type { Turns } from './turns.ts'
import type { Room } from './waiting-bytes.ts'

/** Bounds of what is taken, in bytes. */
export interface BodyLimits {
  /** Of a body as it is sent. */
  readonly body: number
  /** Of what it unpacks to. */
  readonly unpacked: number
}

/** What came of reading a body. */
export type Body =
  | {
      readonly kind: 'read'
      readonly stream: string
      readonly parts: readonly BodyPart[]
      /** Why parts of it, or all of it, cannot be read; one failure each. */
      readonly broken: readonly string[]
      /** What the sender is told when that is committed, where none of it can be read. */
      readonly refusal?: Refusal
    }
  /** `reason` where that is a failure. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly reason?: string }
  | { readonly kind: 'aborted' }

/** What a request takes beside its body: somebody may send a great many small ones at once. */
const OVERHEAD = 2048

/**
 * Receives a body, unpacks it and takes its envelope off. There must be room for it as it is sent, and again as it
 * is then. In between it may take several times `limits.unpacked`: so one body at a time has its turn at that.
 */
export async function readBody(
  request: IncomingMessage,
  { limits, room, inTurn }: { readonly limits: BodyLimits; readonly room: Room; readonly inTurn: Turns },
): Promise<Body> {
  let received = 0
  let refused: Refusal | undefined
  const upload = await receive(request, limits.body, (bytes) => {
    received += bytes
    refused = takeRoom(room, received)
    return refused === undefined
  })
  if (upload.kind === 'aborted') return upload
  if (upload.kind === 'too-large') return tooLarge(limits.body)
  if (upload.kind === 'refused') return { kind: 'refused', refusal: refused ?? FULL }
  return inTurn(async () => {
    const body = await openBody(request, upload.bytes, limits)
    const full = body.kind === 'read' ? takeRoom(room, lengthOf(body.parts)) : undefined
    return full === undefined ? body : { kind: 'refused', refusal: full }
  })
}

async function openBody(request: IncomingMessage, sent: Buffer, limits: BodyLimits): Promise<Body> {
  const packing = codingOf(request) ?? (isGzip(sent) ? 'gzip' : undefined)
  const unpacked =
    packing === undefined
      ? ({ kind: 'inflated', bytes: sent } as const)
      : await inflate(sent, packing, limits.unpacked)
  if (unpacked.kind === 'too-large') return tooLarge(limits.unpacked)
  if (unpacked.kind === 'damaged') return unreadable(sent, `http: damaged ${packing ?? ''}`)
  const otlp = otlpEncoding(request)
  if (otlp !== undefined)
    return openRecords(openOtlp(unpacked.bytes, otlp, limits.unpacked), unpacked.bytes, limits)
  const opened = await openEnvelope({
    bytes: unpacked.bytes,
    firehose: firehoseRequest(request),
    limit: limits.unpacked,
  })
  if (opened.kind === 'too-large') return tooLarge(limits.unpacked)
  if (opened.kind === 'unreadable') return unreadable(sent, opened.reason)
  const { identity, bytes, broken } = opened
  return { kind: 'read', stream: bodyStream(identity, bytes), parts: [{ bytes }], broken }
}

/** What came of a request of OTLP; it is the same when the same is sent again. */
function openRecords(opened: OpenedOtlp, request: Buffer, limits: BodyLimits): Body {
  if (opened.kind === 'too-large') return tooLarge(limits.unpacked)
  if (opened.kind === 'unreadable') return unreadable(request, opened.reason)
  const parts = opened.parts.length === 0 ? [NOTHING] : opened.parts
  return { kind: 'read', stream: bodyStream(['otlp'], request), parts, broken: opened.broken }
}

const NOTHING: BodyPart = { bytes: Buffer.alloc(0) }

/** Takes room for a request with such a body; what to tell its sender where there is none. */
export function takeRoom(room: Room, bytes: number): Refusal | undefined {
  const refused = room.take(OVERHEAD + bytes)
  if (refused === undefined) return undefined
  return refused === 'full' ? FULL : OVER_SHARE
}

export function tooLarge(limit: number): Extract<Body, { kind: 'refused' }> {
  return {
    kind: 'refused',
    refusal: refusal(413, `the body is larger than ${limit} bytes`, {
      mend: 'send smaller batches, or raise limits of this input in the configuration',
    }),
    reason: 'http: body larger than its limit',
  }
}

/** The coding that the request names; undefined for none, and for one that is not understood. */
export function codingOf({ headers }: IncomingMessage): Coding | undefined {
  const named = headers['content-encoding']?.trim().toLowerCase().replace(/^x-/, '')
  return CODINGS.find((coding) => coding === named)
}

/** Sent again, it is as it was: a stream without content, so that it is counted once. */
function unreadable(sent: Buffer, reason: string): Body {
  return {
    kind: 'read',
    stream: bodyStream(['unreadable'], sent),
    parts: [NOTHING],
    broken: [reason],
    refusal: refusal(400, reason, { mend: 'send what its coding and its envelope can be taken off from' }),
  }
}

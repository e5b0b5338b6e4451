import type { IncomingMessage } from 'node:http'
import type { Answer } from './http-answer.ts'
import type { OtlpEncoding } from './otlp-body.ts'

/** Where OTLP/HTTP sends logs (https://opentelemetry.io/docs/specs/otlp/#otlphttp-request). */
export const OTLP_PATH = '/v1/logs'

const TYPES = { json: 'application/json', protobuf: 'application/x-protobuf' } as const

/** How a request of OTLP is encoded, and is to be answered; undefined for any other. */
export function otlpEncoding(request: IncomingMessage): OtlpEncoding | undefined {
  if (pathOf(request) !== OTLP_PATH) return undefined
  const named = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  return named === TYPES.json ? 'json' : named === TYPES.protobuf ? 'protobuf' : undefined
}

export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/'
}

/** google.rpc.Code, by which the reason is told besides the status. */
const CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 404: 5, 413: 8, 415: 3, 429: 8, 503: 14 }
const UNKNOWN = 2

/**
 * An ExportLogsServiceResponse; of records that could not be read, how many. Or a google.rpc.Status, which says what
 * is wrong. Both in the encoding of the request.
 */
export function otlpAnswer(
  encoding: OtlpEncoding,
  answer: Answer,
): { readonly type: string; readonly body: string | Buffer } {
  const type = TYPES[encoding]
  if (answer.kind === 'refused') {
    const [code, message] = [CODES[answer.status] ?? UNKNOWN, `${answer.error}; ${answer.mend}`]
    const body = encoding === 'json' ? JSON.stringify({ code, message }) : numberAndText(code, message)
    return { type, body }
  }
  const { broken } = answer
  if (encoding === 'json') {
    // 64 bits stand in a text
    const partialSuccess = { rejectedLogRecords: String(broken), errorMessage: REJECTED }
    return { type, body: JSON.stringify(broken === 0 ? {} : { partialSuccess }) }
  }
  return { type, body: broken === 0 ? Buffer.alloc(0) : withLength(1, numberAndText(broken, REJECTED)) }
}

const REJECTED = 'these log records cannot be read, and are counted as failures'

/** A message of protocol buffers whose field 1 is a number, and field 2 a text. */
function numberAndText(number: number, text: string): Buffer {
  return Buffer.concat([Buffer.from([0x08]), varint(number), withLength(2, Buffer.from(text))])
}

function withLength(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2]), varint(bytes.length), bytes])
}

function varint(number: number): Buffer {
  const bytes: number[] = []
  let rest = number
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80)
  return Buffer.from([...bytes, rest])
}

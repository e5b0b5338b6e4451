import { inflate, isGzip } from './inflate.ts'

/** What a transport put around records is taken off; records themselves are not looked at. */
export type Opened =
  | {
      readonly kind: 'opened'
      /** What tells this delivery from others, and is the same when it is sent again. */
      readonly identity: readonly string[]
      readonly bytes: Buffer
      /** Why parts of it could not be read; one failure each. */
      readonly broken: readonly string[]
    }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'too-large' }

/** What `openEnvelope` needs of the request. */
export interface Enveloped {
  readonly bytes: Buffer
  /** Firehose's id of the request, which it keeps over retries. */
  readonly firehose: string | undefined
  /** At most so many bytes come out. */
  readonly limit: number
}

const NOT_BASE64 = 'transport envelope: data that is not base64'
const DAMAGED = 'transport envelope: damaged gzip'
const NOT_FIREHOSE = 'transport envelope: not a request of Firehose'

/**
 * Envelopes of Firehose (`records[].data`,
 * https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html), of a Pub/Sub push subscription
 * (`message.data`, https://cloud.google.com/pubsub/docs/push), and of a CloudWatch Logs subscription (gzip, in
 * base64, https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html), alone, in Firehose's,
 * or as `awslogs.data`. CloudWatch's checks of the destination's health are left out. Any other body is itself.
 */
export async function openEnvelope(enveloped: Enveloped): Promise<Opened> {
  const { bytes, firehose } = enveloped
  if (firehose !== undefined) return openFirehose(enveloped, firehose)
  const start = bytes.toString('latin1', 0, START)
  if (PUBSUB_START.test(start)) {
    const message = pubsubMessage(parsed(bytes, SMALL))
    if (message !== undefined) return openPubsub(enveloped, message)
  }
  const encoded = AWSLOGS_START.test(start) ? awslogsData(parsed(bytes, SMALL)) : undefined
  const base64 = encoded ?? (start.startsWith(GZIP_IN_BASE64) ? bytes.toString('latin1').trim() : undefined)
  if (base64 === undefined) return { kind: 'opened', identity: [], bytes, broken: [] }
  return openParts([base64], enveloped, [])
}

const START = 64
const PUBSUB_START = /^\s*\{\s*"(?:message|subscription|deliveryAttempt)"\s*:/
const AWSLOGS_START = /^\s*\{\s*"awslogs"\s*:/
const GZIP_IN_BASE64 = 'H4sI'

function openFirehose(enveloped: Enveloped, request: string): Promise<Opened> | Opened {
  const records = memberOf(parsed(enveloped.bytes, MANY), 'records')
  if (!Array.isArray(records)) return { kind: 'unreadable', reason: NOT_FIREHOSE }
  const data = records.map((record) => memberOf(record, 'data'))
  return openParts(data, enveloped, ['firehose', request])
}

/** Redelivered, the message has the same id, but is not the same text: attempts are counted in it. */
function openPubsub(enveloped: Enveloped, message: object): Promise<Opened> {
  const data = memberOf(message, 'data') ?? ''
  const id = memberOf(message, 'messageId')
  return openParts([data], enveloped, ['pubsub', typeof id === 'string' ? id : ''])
}

function pubsubMessage(json: unknown): object | undefined {
  const message = memberOf(json, 'message')
  if (typeof message !== 'object' || message === null) return undefined
  const isPush = typeof memberOf(json, 'subscription') === 'string'
  return isPush && ('data' in message || 'attributes' in message) ? message : undefined
}

function awslogsData(json: unknown): string | undefined {
  const data = memberOf(memberOf(json, 'awslogs'), 'data')
  return typeof data === 'string' ? data : undefined
}

/** The parts, unpacked, a line each at least. */
async function openParts(
  parts: readonly unknown[],
  { limit }: Enveloped,
  identity: readonly string[],
): Promise<Opened> {
  const pieces: Buffer[] = []
  const broken: string[] = []
  let length = 0
  for (const part of parts) {
    const decoded = fromBase64(part)
    if (decoded === undefined) {
      broken.push(NOT_BASE64)
      continue
    }
    const inflated = isGzip(decoded)
      ? await inflate(decoded, 'gzip', limit - length)
      : ({ kind: 'inflated', bytes: decoded } as const)
    if (inflated.kind === 'damaged') {
      broken.push(DAMAGED)
      continue
    }
    if (inflated.kind === 'too-large' || length + inflated.bytes.length > limit) return { kind: 'too-large' }
    if (inflated.bytes.length === 0 || isHealthCheck(inflated.bytes)) continue
    pieces.push(inflated.bytes, NEWLINE)
    length += inflated.bytes.length + NEWLINE.length
  }
  return { kind: 'opened', identity, bytes: Buffer.concat(pieces), broken }
}

const NEWLINE = Buffer.from('\n')

/** Node decodes what it can and leaves out the rest: the length tells. */
function fromBase64(text: unknown): Buffer | undefined {
  if (typeof text !== 'string' || text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined
}

/** CloudWatch asks whether the destination is reachable in the shape of a record. */
function isHealthCheck(bytes: Buffer): boolean {
  if (bytes.length > HEALTH_CHECK || !bytes.includes('"CONTROL_MESSAGE"')) return false
  return memberOf(parsed(bytes, SMALL), 'messageType') === 'CONTROL_MESSAGE'
}

const HEALTH_CHECK = 4096

/** Brackets that an envelope may have: each costs a hundred bytes of memory, and records are inside of strings. */
const SMALL = 2_000
const MANY = 200_000

function parsed(bytes: Buffer, brackets: number): unknown {
  if (hasMore(bytes, '{', brackets) || hasMore(bytes, '[', brackets)) return undefined
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

export function hasMore(bytes: Buffer, character: string, than: number): boolean {
  let found = 0
  for (let at = bytes.indexOf(character); at !== -1; at = bytes.indexOf(character, at + 1)) {
    found += 1
    if (found > than) return true
  }
  return false
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}

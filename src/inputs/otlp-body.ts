import type { Resource } from '../domain/event.ts'
import { jsonText } from '../domain/json-text.ts'
import type { BodyPart } from './body-queue.ts'
import { hasMore } from './http-envelope.ts'
import { otlpFromJson } from './otlp-json.ts'
import { MalformedOtlp, type OtlpAttributes, type OtlpRecord } from './otlp-logs.ts'
import { otlpFromProtobuf } from './otlp-protobuf.ts'

/** How a request of OTLP/HTTP is encoded. */
export type OtlpEncoding = 'json' | 'protobuf'

export type OpenedOtlp =
  | { readonly kind: 'opened'; readonly parts: readonly BodyPart[]; readonly broken: readonly string[] }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'too-large' }

export const DAMAGED = 'otlp: log record that cannot be read'
export const EMPTY = 'otlp: log record without body and attributes'
export const WITH_NUL = 'otlp: log record with NUL'
const TOO_MANY = 'otlp: more than 1000 resources in a request'
const UNREADABLE = 'otlp: not an ExportLogsServiceRequest'

/** Where the record was written; what a body says of a container is not about who wrote it down. */
const CARRIED = ['host.name', 'k8s.node.name', 'k8s.cluster.name', 'cloud.provider'] as const
const MAX_ATTRIBUTE = 256
/** Lines know nothing of each other. */
const UTC = { zone: 'UTC' } as const
/** Of each, streams are made. */
const MAX_RESOURCES = 1_000
/** Brackets of a request in JSON: each costs a hundred bytes of memory. */
const MAX_BRACKETS = 1_000_000

/**
 * Takes log records out of their request, one a line, by resource: the body as it is where that is text, else as
 * JSON; the attributes of a record that has no body. At most `limit` bytes come out.
 */
export function openOtlp(bytes: Buffer, encoding: OtlpEncoding, limit: number): OpenedOtlp {
  if (encoding === 'json' && (hasMore(bytes, '{', MAX_BRACKETS) || hasMore(bytes, '[', MAX_BRACKETS)))
    return { kind: 'too-large' }
  const records = encoding === 'json' ? otlpFromJson(bytes.toString('utf8')) : otlpFromProtobuf(bytes)
  try {
    return opened(records, limit)
  } catch (cause) {
    if (cause instanceof MalformedOtlp) return { kind: 'unreadable', reason: UNREADABLE }
    throw cause
  }
}

function opened(records: Iterable<OtlpRecord>, limit: number): OpenedOtlp {
  const parts = new Map<string, { readonly resource: Resource; readonly lines: Buffer[] }>()
  const broken: string[] = []
  let length = 0
  for (const record of records) {
    const line = lineOf(record)
    if (record.kind === 'damaged' || line.kind === 'failed') {
      broken.push(line.kind === 'failed' ? line.reason : DAMAGED)
      continue
    }
    const resource = carried(record.resource)
    const key = JSON.stringify(resource)
    const part = parts.get(key) ?? { resource, lines: [] }
    parts.set(key, part)
    const text = Buffer.from(`${line.text}\n`)
    part.lines.push(text)
    length += text.length
    if (length > limit) return { kind: 'too-large' }
    if (parts.size > MAX_RESOURCES) return { kind: 'unreadable', reason: TOO_MANY }
  }
  const joined = [...parts.values()].map(({ resource, lines }) => ({
    bytes: Buffer.concat(lines),
    resource,
    messages: UTC,
  }))
  return { kind: 'opened', parts: joined, broken }
}

type Line =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string }

/** A record is one line, whatever is written into it. */
function lineOf(record: OtlpRecord): Line {
  if (record.kind === 'damaged') return { kind: 'failed', reason: DAMAGED }
  const { body, attributes } = record
  const isEmpty = body === undefined || body === null || body === ''
  if (isEmpty && Object.keys(attributes).length === 0) return { kind: 'failed', reason: EMPTY }
  const said = isEmpty ? attributes : body
  const text = typeof said === 'string' ? said.replaceAll(/[\r\n]/g, ' ') : jsonText(said)
  return text.includes('\0') ? { kind: 'failed', reason: WITH_NUL } : { kind: 'line', text }
}

function carried(attributes: OtlpAttributes): Resource {
  const resource: Record<string, string> = {}
  for (const name of CARRIED) {
    const value = attributes[name]
    if (typeof value === 'string' && value !== '' && value.length <= MAX_ATTRIBUTE) resource[name] = value
  }
  return resource
}

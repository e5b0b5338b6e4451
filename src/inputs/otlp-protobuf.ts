import { isUtf8 } from 'node:buffer'
import { MalformedOtlp, MAX_VALUE_DEPTH, type OtlpAttributes, type OtlpRecord } from './otlp-logs.ts'
import { MalformedProtobuf, protobufFields, type ProtobufField } from './protobuf.ts'

/** Numbers of fields: opentelemetry-proto, collector/logs/v1, logs/v1, resource/v1 and common/v1. */
const REQUEST = { resourceLogs: 1 } as const
const RESOURCE_LOGS = { resource: 1, scopeLogs: 2 } as const
const RESOURCE = { attributes: 1 } as const
const SCOPE_LOGS = { logRecords: 2 } as const
const LOG_RECORD = { body: 5, attributes: 6 } as const
const KEY_VALUE = { key: 1, value: 2 } as const
const LIST = { values: 1 } as const
const ANY = { string: 1, bool: 2, int: 3, double: 4, array: 5, map: 6, bytes: 7 } as const

/** The log records of an ExportLogsServiceRequest, one at a time. Throws MalformedOtlp where that is none. */
export function* otlpFromProtobuf(request: Buffer): Generator<OtlpRecord> {
  try {
    for (const logs of messages(request, REQUEST.resourceLogs)) {
      const [resource] = [...messages(logs, RESOURCE_LOGS.resource)].slice(-1)
      const attributes =
        resource === undefined ? {} : attributesOf(messages(resource, RESOURCE.attributes), 0)
      for (const scope of messages(logs, RESOURCE_LOGS.scopeLogs))
        for (const record of messages(scope, SCOPE_LOGS.logRecords)) yield recordOf(record, attributes)
    }
  } catch (cause) {
    if (cause instanceof MalformedProtobuf) throw new MalformedOtlp(cause.message)
    throw cause
  }
}

/** A record has a length: one that is damaged takes nothing else with it. */
function recordOf(record: Buffer, resource: OtlpAttributes): OtlpRecord {
  try {
    let body: unknown
    for (const value of messages(record, LOG_RECORD.body)) body = valueOf(value, 0)
    const attributes = attributesOf(messages(record, LOG_RECORD.attributes), 0)
    return { kind: 'record', resource, body, attributes }
  } catch (cause) {
    if (cause instanceof MalformedProtobuf) return { kind: 'damaged' }
    throw cause
  }
}

function attributesOf(pairs: Iterable<Buffer>, depth: number): OtlpAttributes {
  const entries: [string, unknown][] = []
  for (const pair of pairs) {
    let [key, value] = ['', undefined as unknown]
    for (const { number, bytes } of protobufFields(pair)) {
      if (number === KEY_VALUE.key && bytes !== undefined) key = textOf(bytes)
      if (number === KEY_VALUE.value && bytes !== undefined) value = valueOf(bytes, depth + 1)
    }
    entries.push([key, value])
  }
  return Object.fromEntries(entries)
}

/** An AnyValue; undefined where it is empty. */
function valueOf(any: Buffer, depth: number): unknown {
  if (depth > MAX_VALUE_DEPTH) throw new MalformedProtobuf('values within values')
  let value: unknown
  for (const field of protobufFields(any)) value = alternative(field, depth) ?? value
  return value
}

function alternative({ number, integer, bytes }: ProtobufField, depth: number): unknown {
  if (bytes !== undefined) {
    if (number === ANY.string) return textOf(bytes)
    if (number === ANY.bytes) return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('base64')
    if (number === ANY.map) return attributesOf(messages(bytes, LIST.values), depth)
    if (number === ANY.array) return [...messages(bytes, LIST.values)].map((each) => valueOf(each, depth + 1))
  }
  if (integer !== undefined) {
    if (number === ANY.bool) return integer !== 0
    if (number === ANY.int) return integerOf(integer)
    if (number === ANY.double) return doubleOf(integer)
  }
  return undefined
}

function integerOf(integer: number | bigint): number | bigint {
  const signed = BigInt.asIntN(64, BigInt(integer))
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed
}

function doubleOf(integer: number | bigint): number {
  const bits = Buffer.alloc(8)
  bits.writeBigUInt64LE(BigInt(integer))
  return bits.readDoubleLE()
}

function* messages(message: Buffer, wanted: number): Generator<Buffer> {
  for (const { number, bytes } of protobufFields(message))
    if (number === wanted && bytes !== undefined) yield bytes
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new MalformedProtobuf('a text that is not UTF-8')
  return bytes.toString('utf8')
}

import { MalformedOtlp, MAX_VALUE_DEPTH, type OtlpAttributes, type OtlpRecord } from './otlp-logs.ts'

/** The log records of an ExportLogsServiceRequest in OTLP's JSON. Throws MalformedOtlp where that is none. */
export function* otlpFromJson(text: string): Generator<OtlpRecord> {
  for (const logs of membersOf(requestOf(text), 'resourceLogs')) {
    const resource = attributesOf(membersOf(objectOf(logs)['resource'], 'attributes'), 0)
    for (const scope of membersOf(logs, 'scopeLogs'))
      for (const record of membersOf(scope, 'logRecords')) yield recordOf(record, resource)
  }
}

function requestOf(text: string): object {
  try {
    const request = JSON.parse(text) as unknown
    if (isObject(request)) return request
  } catch {
    // told below
  }
  throw new MalformedOtlp('not an object of JSON')
}

function recordOf(record: unknown, resource: OtlpAttributes): OtlpRecord {
  if (!isObject(record)) return { kind: 'damaged' }
  try {
    const body = valueOf(record['body'], 0)
    return { kind: 'record', resource, body, attributes: attributesOf(membersOf(record, 'attributes'), 0) }
  } catch (cause) {
    if (cause instanceof MalformedOtlp) return { kind: 'damaged' }
    throw cause
  }
}

function attributesOf(pairs: readonly unknown[], depth: number): OtlpAttributes {
  return Object.fromEntries(
    pairs.map((pair) => {
      const { key, value } = objectOf(pair)
      if (typeof key !== 'string') throw new MalformedOtlp('an attribute without a key')
      return [key, valueOf(value, depth + 1)]
    }),
  )
}

/** An AnyValue; undefined where it is empty. */
function valueOf(any: unknown, depth: number): unknown {
  if (depth > MAX_VALUE_DEPTH) throw new MalformedOtlp('values within values')
  const value = objectOf(any)
  if (value['arrayValue'] !== undefined)
    return membersOf(value['arrayValue'], 'values').map((each) => valueOf(each, depth + 1))
  if (value['kvlistValue'] !== undefined)
    return attributesOf(membersOf(value['kvlistValue'], 'values'), depth)
  if (value['intValue'] !== undefined) return integerOf(value['intValue'])
  if (typeof value['bytesValue'] === 'string') return bytesOf(value['bytesValue'])
  return value['stringValue'] ?? value['boolValue'] ?? value['doubleValue']
}

/** 64 bits stand in a text. */
function integerOf(value: unknown): number | bigint {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) throw new MalformedOtlp('no integer')
  return Number.isSafeInteger(Number(value)) ? Number(value) : BigInt(value)
}

function bytesOf(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : base64
}

/** The list under that name; none where it is left out. */
function membersOf(value: unknown, name: string): readonly unknown[] {
  const list = objectOf(value)[name] ?? []
  if (!Array.isArray(list)) throw new MalformedOtlp(`${name} is no list`)
  return list
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import type { Event, EventLogsource, Mapping, SourceName } from '../domain/event.ts'
import { plainAddress } from '../domain/plain-address.ts'
import { contentOf, OWN_NAMES } from './events.ts'
import { isObject, jsonText, memberOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { failed } from './source.ts'
import type { Decoded, FramedRecord } from './source.ts'
import { inRange, timeOf } from './time.ts'

/** What tells one Zeek log from the others, and how its fields are spelled. */
export interface ZeekLog {
  readonly source: Extract<SourceName, `zeek.${string}`>
  readonly logsource: EventLogsource
  /** Names that Sigma's generic log sources have for Zeek's fields. */
  readonly mapping?: Mapping
  /** What being in this log says, under Sigma's names. */
  readonly implied?: JsonObject
  /** Sigma's names for what has to be made of Zeek's fields. */
  readonly names?: (entry: JsonObject) => JsonObject
  /** What Zeek calls the log, `_path`; the logs of connections that are still open have the same entries. */
  readonly paths: readonly string[]
  /** Corelight's spelling of a field → Zeek's, which rules use. */
  readonly spelling: ReadonlyMap<string, string>
  /** Whether an entry that does not say its log is one of this. */
  readonly looks: (json: JsonObject) => boolean
  /** The field that Zeek made unique for the entry. */
  readonly identity: (record: JsonObject) => string | undefined
}

/** Zeek's names have dots where Corelight writes underscores. */
export function spellingOf(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name.replaceAll('.', '_'), name]))
}

/** Of the tuple that stands in every log about a connection. */
export const CONNECTION_SPELLING = spellingOf(['id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p'])

/**
 * The name of the log that an entry says it is of: `_path`, Corelight's `@stream`, or the `_stream` of Zeek's own
 * example of an extension of all logs.
 */
export function pathOf(json: JsonObject): string | undefined {
  return (
    textOf(memberOf(json, '_path')) ?? textOf(memberOf(json, '@stream')) ?? textOf(memberOf(json, '_stream'))
  )
}

/** The member under its dotted name, or as Corelight spells it. */
export function dottedMember(json: JsonObject, name: string): unknown {
  return memberOf(json, name) ?? memberOf(json, name.replaceAll('.', '_'))
}

export function isOfLog(log: ZeekLog, json: unknown): json is JsonObject {
  if (!isObject(json)) return false
  const path = pathOf(json)
  if (path === undefined) return log.looks(json)
  // `_path` alone is anybody's key
  return log.paths.includes(path) && (Object.hasOwn(json, 'ts') || Object.hasOwn(json, 'uid'))
}

/**
 * One entry of a Zeek log: JSON as Zeek or Corelight write it, or a row of its tables. It is one event with one
 * spelling of its fields. Its identity is Zeek's own and its content what it says, not how: the same log read as
 * JSON and as a table is a duplicate.
 */
export function decodeEntry(log: ZeekLog, { json, received, stream, position }: FramedRecord): Decoded {
  if (!isOfLog(log, json)) return failed(`not an entry of ${log.source}`)
  const record = plainly(respelled(json, log.spelling))
  const stated = timeOfEntry(record['ts'])
  const time = stated ?? received
  if (time === undefined) return failed('zeek: entry without a time')
  const content = contentOf(jsonText(saidBy(record)))
  const key = log.identity(record)?.slice(0, 256)
  const host = textOf(memberOf(json, '_system_name')) ?? textOf(memberOf(json, '@system'))
  const event: Event = {
    id: `${stream}@${position}`,
    time,
    source: log.source,
    logsource: log.logsource,
    resource: host === undefined ? {} : { 'host.name': host },
    record: isNamed(log) ? { ...record, ...log.implied, ...log.names?.(record) } : record,
    mapping: log.mapping ?? OWN_NAMES,
    ...flowOf(record),
  }
  return {
    kind: 'evaluated',
    events: [event],
    facts: [],
    // without its time an entry cannot be told from the next that says the same
    ...(key !== undefined &&
      stated !== undefined && { identity: { id: `${log.source}:${stated}:${key}:${content}`, content } }),
  }
}

function isNamed({ implied, names }: ZeekLog): boolean {
  return implied !== undefined || names !== undefined
}

function flowOf(record: JsonObject): Pick<Event, 'flow'> {
  const isFile = typeof record['fuid'] === 'string' && 'seen_bytes' in record
  const [client, server] = isFile
    ? fileEnds(record)
    : [textOf(record['id.orig_h']), textOf(record['id.resp_h'])]
  return client === undefined || server === undefined ? {} : { flow: { client, server } }
}

/** A file names its connection, or, before Zeek 5.1, who sent it and who received it. */
function fileEnds(record: JsonObject): readonly (string | undefined)[] {
  if (record['id.orig_h'] !== undefined) return [textOf(record['id.orig_h']), textOf(record['id.resp_h'])]
  const [sender, receiver] = [textsOf(record['tx_hosts'])[0], textsOf(record['rx_hosts'])[0]]
  return record['is_orig'] === true ? [sender, receiver] : [receiver, sender]
}

function respelled(json: JsonObject, spelling: ReadonlyMap<string, string>): JsonObject {
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [spelling.get(name) ?? name, value] as const),
  )
}

/** Ends of a connection that are IPv4 addresses mapped into IPv6 are told as what they are. */
function plainly(record: JsonObject): JsonObject {
  const ends = ['id.orig_h', 'id.resp_h'].flatMap((name) => {
    const address = textOf(record[name])
    return address === undefined ? [] : [[name, plainAddress(address)] as const]
  })
  return { ...record, ...Object.fromEntries(ends) }
}

/** What an entry says, apart from where it was written and by which writer. */
function saidBy(record: JsonObject): readonly (readonly [string, unknown])[] {
  return Object.entries(record)
    .filter(([name, value]) => !/^[_@]/.test(name) && value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Later than any time in seconds: Zeek can write milliseconds. */
const MILLISECONDS = 1e11

/** Seconds since the epoch with their fraction; where Zeek was told to, milliseconds or ISO 8601. ms. */
function timeOfEntry(ts: unknown): number | undefined {
  if (typeof ts === 'bigint') return undefined
  if (typeof ts !== 'number') return timeOf(ts)
  if (ts > MILLISECONDS) return inRange(Math.floor(ts))
  // by microseconds: 0.29 s are not 289 ms
  return inRange(Math.floor(Math.round(ts * 1e6) / 1e3))
}

import type { Event, EventLogsource, Resource } from '../domain/event.ts'
import { contentOf, OWN_NAMES, servedBy } from './events.ts'
import { isObject, jsonText, memberOf, objectOf, textOf, tryParseJson } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, Decoder, FramedRecord } from './source.ts'
import { createDropCounter } from './suricata-drops.ts'
import { endsOf, namesOf } from './suricata-names.ts'
import { timeOf } from './time.ts'

/**
 * Kinds of records that are a service each; of others the product alone is named.
 * https://docs.suricata.io/en/latest/output/eve/eve-json-format.html
 */
const KINDS =
  'alert anomaly dns drop fileinfo flow ftp http krb5 netflow nfs quic rdp smb smtp ssh tls'.split(' ')
/** Of those that Sigma, or we, have categories for; on which system the ends run, the network does not say. */
const CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  dns: ['dns'],
  flow: ['network_connection', 'firewall'],
  http: ['proxy', 'webserver'],
  tls: ['tls'],
}
const LOGSOURCES: ReadonlyMap<string, EventLogsource> = new Map(
  KINDS.map((kind) => [kind, logsourceOf(kind)]),
)
const OTHER: EventLogsource = Object.freeze({ product: 'suricata' })

function logsourceOf(service: string): EventLogsource {
  const also = CATEGORIES[service]?.map((category) => ({ category }))
  return Object.freeze({ product: 'suricata', service, ...(also !== undefined && { also }) })
}

/** Suricata's EVE JSON, as it is or as Filebeat forwards it. */
export const suricataEve = defineSource({
  name: 'suricata.eve',
  title: 'Suricata EVE',
  serves: servedBy([...LOGSOURCES.values(), OTHER]),
  recognise: ({ json }) => eveOf(json) !== undefined,
  decoder: createDecoder,
})

/** A record, and what its forwarder said of it. */
interface Eve {
  readonly eve: JsonObject
  readonly outer: JsonObject
}

function eveOf(json: unknown): Eve | undefined {
  if (!isObject(json)) return undefined
  if (isEve(json)) return { eve: json, outer: {} }
  const wrapped = objectOf(json['suricata'])['eve'] ?? json['json']
  if (isObject(wrapped) && typeof wrapped['event_type'] === 'string') return unwrapped(wrapped, json)
  if (!('agent' in json || 'beat' in json)) return undefined
  const text = textOf(json['message']) ?? textOf(objectOf(json['event'])['original'])
  const inner = text !== undefined && text.includes('"event_type"') ? tryParseJson(text) : undefined
  return isObject(inner) && isEve(inner) ? { eve: inner, outer: json } : undefined
}

function isEve(json: JsonObject): boolean {
  return typeof json['event_type'] === 'string' && typeof json['timestamp'] === 'string'
}

/** Filebeat's module moves what ECS has names for out of the record. */
function unwrapped(eve: JsonObject, outer: JsonObject): Eve {
  const [source, destination] = [objectOf(outer['source']), objectOf(outer['destination'])]
  const moved = {
    timestamp: outer['@timestamp'],
    src_ip: source['ip'] ?? source['address'],
    src_port: source['port'],
    dest_ip: destination['ip'] ?? destination['address'],
    dest_port: destination['port'],
    proto: textOf(objectOf(outer['network'])['transport'])?.toUpperCase(),
  }
  const missing = Object.entries(moved).filter(
    ([name, value]) => value !== undefined && !Object.hasOwn(eve, name),
  )
  return { eve: { ...eve, ...Object.fromEntries(missing) }, outer }
}

function createDecoder(checkpoint?: unknown): Decoder {
  const drops = createDropCounter(checkpoint)
  return {
    decode(record) {
      const found = eveOf(record.json)
      if (found === undefined) return failed('not an EVE record')
      const time = timeOf(found.eve['timestamp'])
      if (time === undefined) return failed('suricata: record without a time')
      const host = hostOf(found)
      if (found.eve['event_type'] === 'stats') {
        const finding = drops.count(found.eve, time, host)
        const facts = finding === undefined ? [] : [{ kind: 'finding' as const, finding }]
        return { kind: 'evaluated', events: [], facts, identity: identityOf(found.eve) }
      }
      return decode(found.eve, record, time, host)
    },
    checkpoint: () => drops.checkpoint(),
  }
}

function decode(eve: JsonObject, { stream, position }: FramedRecord, time: number, host?: string): Decoded {
  const type = textOf(eve['event_type']) ?? ''
  const ends = endsOf(eve)
  const resource: Resource = host === undefined ? {} : { 'host.name': host }
  const event: Event = {
    id: `${stream}@${position}`,
    time,
    source: 'suricata.eve',
    logsource: LOGSOURCES.get(type) ?? OTHER,
    resource,
    record: { ...eve, ...namesOf(type, eve, ends) },
    mapping: OWN_NAMES,
    ...(ends.client !== undefined &&
      ends.server !== undefined && {
        flow: { client: ends.client, server: ends.server, ...openedBefore(eve, time) },
      }),
  }
  return { kind: 'evaluated', events: [event], facts: [], identity: identityOf(eve) }
}

/** A flow is told when it timed out, a minute or an hour after it was opened. */
function openedBefore(eve: JsonObject, time: number): { readonly opened?: number } {
  const opened = timeOf(objectOf(eve['flow'])['start']) ?? timeOf(objectOf(eve['netflow'])['start'])
  return opened !== undefined && opened < time ? { opened } : {}
}

/** Suricata numbers flows, not records: what says the same of the same flow at the same microsecond is one. */
function identityOf(eve: JsonObject): { readonly id: string; readonly content: string } {
  const content = contentOf(jsonText(eve))
  const flow = eve['flow_id']
  const number = typeof flow === 'number' || typeof flow === 'bigint' ? String(flow) : ''
  const type = textOf(eve['event_type'])?.slice(0, 64) ?? ''
  return { id: `suricata.eve:${textOf(eve['timestamp'])}:${number}:${type}:${content}`, content }
}

/** The sensor's name, or the machine of the forwarder that runs beside it. */
function hostOf({ eve, outer }: Eve): string | undefined {
  return (
    textOf(memberOf(eve, 'host')) ??
    textOf(objectOf(outer['host'])['name']) ??
    textOf(objectOf(outer['agent'])['hostname']) ??
    textOf(objectOf(outer['beat'])['hostname'])
  )
}

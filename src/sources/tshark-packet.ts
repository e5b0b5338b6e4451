import { addressOf } from './address.ts'
import type { Ends } from './connection-names.ts'
import { isObject, objectOf, textOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { inRange, timeOf } from './time.ts'

/** A packet as tshark told it. */
export interface Packet {
  /** ms since the epoch. */
  readonly time: number
  /** Who sent it to whom; which end is the client, the packet does not say. */
  readonly ends: Ends
  /** An error of ICMP, which carries the beginning of a packet that its sender had sent before. */
  readonly isReturned: boolean
  /** Values of a field, in order, by tshark's name for it with underscores: `tls_handshake_type`. */
  readonly values: (name: string) => readonly string[]
}

const MAX_VALUES = 20_000
const MAX_DEPTH = 12

/**
 * A packet of `-T ek` or `-T json`, with all layers or with those fields that `-e` named
 * (https://www.wireshark.org/docs/man-pages/tshark.html); undefined where it has no time.
 */
export function packetOf(json: JsonObject): Packet | undefined {
  const fields = new Map<string, string[]>()
  const layers = json['layers'] ?? objectOf(json['_source'])['layers']
  collect(layers, '', fields, { left: MAX_VALUES }, 0)
  const values = (name: string): readonly string[] => fields.get(name) ?? []
  const first = (...names: readonly string[]): string | undefined =>
    names.map((name) => values(name)[0]).find((value) => value !== undefined)
  const time = timeOfPacket(first('frame_time_epoch') ?? textOf(json['timestamp']))
  if (time === undefined) return undefined
  return {
    time,
    values,
    isReturned:
      isReturned(values('ip_src'), values('ip_dst')) || isReturned(values('ipv6_src'), values('ipv6_dst')),
    ends: {
      client: addressOf(first('ip_src', 'ipv6_src')),
      clientPort: portOf(first('tcp_srcport', 'udp_srcport')),
      server: addressOf(first('ip_dst', 'ipv6_dst')),
      serverPort: portOf(first('tcp_dstport', 'udp_dstport')),
    },
  }
}

/** A packet within a packet, on its way back to who sent it; one within a tunnel goes on. */
function isReturned([, inner]: readonly string[], [outer]: readonly string[]): boolean {
  return inner !== undefined && inner === outer
}

/** Whether the object is a packet, or the line before one in `-T ek`. */
export function isTshark(json: unknown): json is JsonObject {
  if (!isObject(json)) return false
  return isIndexLine(json) || isObject(json['layers']) || isObject(objectOf(json['_source'])['layers'])
}

/** `-T ek` is made for Elasticsearch, which wants to be told where the next line goes. */
export function isIndexLine(json: JsonObject): boolean {
  return textOf(objectOf(json['index'])['_index'])?.startsWith('packets-') === true
}

/**
 * With all layers a field stands below its protocol and has its name before its own (`tcp_tcp_srcport`); without
 * them it has its own alone.
 */
function collect(
  value: unknown,
  name: string,
  fields: Map<string, string[]>,
  budget: { left: number },
  depth: number,
): void {
  if (budget.left <= 0 || depth > MAX_DEPTH) return
  if (Array.isArray(value)) {
    for (const member of value) collect(member, name, fields, budget, depth + 1)
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value))
      collect(member, plainName(key), fields, budget, depth + 1)
  } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    budget.left -= 1
    const known = fields.get(name)
    if (known === undefined) fields.set(name, [String(value)])
    else known.push(String(value))
  }
}

function plainName(key: string): string {
  const name = key.slice(0, 128).replaceAll('.', '_')
  const bar = name.indexOf('_')
  return bar > 0 && name.startsWith(name.slice(0, bar + 1), bar + 1) ? name.slice(bar + 1) : name
}

/** Seconds with up to nine digits behind the point, newer versions ISO 8601; of the line itself milliseconds. */
function timeOfPacket(text: string | undefined): number | undefined {
  if (text === undefined || text.length > 64) return undefined
  const [, seconds, fraction] = /^(\d{1,12})\.(\d{1,9})$/.exec(text) ?? []
  if (seconds !== undefined && fraction !== undefined)
    return inRange(Number(seconds) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3)))
  return /^\d{10,14}$/.test(text) ? inRange(Number(text)) : timeOf(text)
}

function portOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined
}

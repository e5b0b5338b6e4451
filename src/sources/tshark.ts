import type { Event, EventLogsource } from '../domain/event.ts'
import { certificateFields } from './certificate.ts'
import { connectionNames, endNames } from './connection-names.ts'
import type { Ends } from './connection-names.ts'
import { contentOf, OWN_NAMES, servedBy } from './events.ts'
import { isObject, jsonText, known, objectOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { defineSource, failed } from './source.ts'
import type { Decoded, Decoder, FramedRecord } from './source.ts'
import { clientHello, isHello, serverHello } from './tshark-hello.ts'
import { isIndexLine, isTshark, packetOf } from './tshark-packet.ts'
import type { Packet } from './tshark-packet.ts'

/** What is made of packets; on which system the ends run, the network does not say. */
const LOGSOURCES = {
  conn: sourceOf('conn', 'network_connection', 'firewall'),
  dns: sourceOf('dns', 'dns'),
  tls: sourceOf('tls', 'tls'),
  x509: sourceOf('x509', 'certificate'),
} satisfies Readonly<Record<string, EventLogsource>>

function sourceOf(service: string, ...categories: readonly string[]): EventLogsource {
  return Object.freeze({ product: 'tshark', service, also: categories.map((category) => ({ category })) })
}

/**
 * Packets that tshark printed with `-T ek` or `-T json`: connections that were opened, questions of DNS, TLS
 * handshakes and the certificates in them. What else a packet carries is passed over.
 */
export const tshark = defineSource({
  name: 'tshark',
  title: 'tshark packets',
  serves: servedBy(Object.values(LOGSOURCES)),
  recognise: ({ json }) => isTshark(json),
  decoder: createDecoder,
})

/** Handshakes of which one side was seen, and those whose certificate may come in a later packet. */
interface Open {
  /** What the client said, by connection. */
  readonly hellos: Map<string, JsonObject>
  /** What the server said, by connection. */
  readonly waiting: Map<string, Event>
}

/** Of each: what is open is kept with every checkpoint. */
const MAX_OPEN = 128
const MAX_CERTIFICATES = 10

function createDecoder(checkpoint?: unknown): Decoder {
  const { hellos, waiting } = objectOf(checkpoint)
  const open: Open = {
    hellos: new Map(entriesOf<JsonObject>(hellos)),
    waiting: new Map(entriesOf<Event>(waiting).filter(([, event]) => typeof event.time === 'number')),
  }
  return {
    decode: (record) => decode(record, open),
    settle() {
      const events = [...open.waiting.values()].map(withLogsource)
      open.waiting.clear()
      return { events, facts: [] }
    },
    checkpoint: () =>
      open.hellos.size + open.waiting.size === 0
        ? undefined
        : { hellos: Object.fromEntries(open.hellos), waiting: Object.fromEntries(open.waiting) },
  }
}

function entriesOf<T>(value: unknown): [string, T][] {
  return Object.entries(objectOf(value)).filter(([, member]) => isObject(member)) as [string, T][]
}

/** One that was kept in a checkpoint has a copy of its log source. */
function withLogsource(event: Event): Event {
  return { ...event, logsource: LOGSOURCES.tls, mapping: OWN_NAMES }
}

function decode(record: FramedRecord, open: Open): Decoded {
  const { json } = record
  if (!isTshark(json)) return failed('not a packet of tshark')
  if (isIndexLine(json)) return { kind: 'evaluated', events: [], facts: [] }
  const packet = packetOf(json)
  if (packet === undefined) return failed('tshark: packet without a time')
  const content = contentOf(jsonText(json))
  const identity = { id: `tshark:${packet.time}:${wayOf(packet.ends)}:${content}`, content }
  const { events, completed } = handshakeOf(packet, open, (service, ends, fields, suffix = '') => ({
    id: `${record.stream}@${record.position}${suffix}`,
    time: packet.time,
    source: 'tshark',
    logsource: LOGSOURCES[service],
    resource: {},
    record: fields,
    mapping: OWN_NAMES,
    ...(ends.client !== undefined &&
      ends.server !== undefined && { flow: { client: ends.client, server: ends.server } }),
  }))
  return {
    kind: 'evaluated',
    events,
    facts: [],
    identity,
    ...(completed !== undefined && { completed: [completed] }),
  }
}

type Make = (service: keyof typeof LOGSOURCES, ends: Ends, fields: JsonObject, suffix?: string) => Event

function handshakeOf(
  packet: Packet,
  open: Open,
  make: Make,
): { readonly events: readonly Event[]; readonly completed?: Event } {
  const events = packet.isReturned ? [] : [...opened(packet, make), ...asked(packet, make)]
  const types = packet.values('tls_handshake_type')
  const [there, back] = [wayOf(packet.ends), wayOf(turned(packet.ends))]
  if (isHello(types, 'client')) remember(open.hellos, there, clientHello(packet))
  const certificates = packet.values('tls_handshake_certificate').slice(0, MAX_CERTIFICATES).flatMap(derOf)
  // from the server's side, unless it is the one that said hello as a client
  const ends = open.hellos.has(there) ? packet.ends : turned(packet.ends)
  for (const [index, certificate] of certificates.entries())
    events.push(make('x509', ends, { ...endNames(ends), ...certificate }, `#certificate${index}`))
  const waited = open.waiting.get(back)
  if (waited !== undefined) open.waiting.delete(back)
  const completed = waited && withLogsource(withCertificates(waited, certificates))
  if (!isHello(types, 'server')) return { events, ...(completed !== undefined && { completed }) }
  const fields = { ...endNames(turned(packet.ends)), ...open.hellos.get(back), ...serverHello(packet) }
  const session = withCertificates(make('tls', turned(packet.ends), fields, '#tls'), certificates)
  if (certificates.length > 0 || !mayShowMore(types, fields)) events.push(session)
  else if (open.waiting.size < MAX_OPEN)
    open.waiting.set(back, { ...session, once: `tshark:${packet.time}:${back}` })
  else events.push(session)
  return { events, ...(completed !== undefined && { completed }) }
}

/** Certificate (11) comes before ServerHelloDone (14); TLS 1.3 encrypts it. */
function mayShowMore(types: readonly string[], { version }: JsonObject): boolean {
  return !types.includes('14') && !types.includes('20') && !String(version).startsWith('TLSv13')
}

function withCertificates(session: Event, certificates: readonly JsonObject[]): Event {
  const [server] = certificates
  if (server === undefined) return session
  return {
    ...session,
    record: known({
      ...(session.record as JsonObject),
      subject: server['certificate.subject'],
      issuer: server['certificate.issuer'],
      'san.dns': server['san.dns'],
      cert_chain_fps: certificates.map((each) => each['fingerprint']),
    }),
  }
}

/** A packet that opens a connection: SYN without ACK. */
function opened({ values, ends }: Packet, make: Make): Event[] {
  const flags = Number(values('tcp_flags')[0] ?? Number.NaN)
  if ((flags & 0x12) !== 0x02) return []
  return [make('conn', ends, connectionNames(ends, 'tcp'), '#conn')]
}

function asked({ values, ends: told }: Packet, make: Make): Event[] {
  const query = values('dns_qry_name')
  if (query.length === 0) return []
  const isAnswer = ['1', 'true', 'True'].includes(values('dns_flags_response')[0] ?? '')
  const ends = isAnswer ? turned(told) : told
  const types = values('dns_qry_type').map((type) => RECORD_TYPES[type] ?? type)
  const answers = [...values('dns_a'), ...values('dns_aaaa'), ...values('dns_cname'), ...values('dns_txt')]
  const fields = known({
    ...endNames(ends),
    query: query[0],
    record_type: types[0],
    answer: answers.length > 0 ? answers : undefined,
  })
  return [make('dns', ends, fields, '#dns')]
}

/** https://www.iana.org/assignments/dns-parameters */
const RECORD_TYPES: Readonly<Record<string, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  10: 'NULL',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  64: 'SVCB',
  65: 'HTTPS',
  255: 'ANY',
}

function turned({ client, clientPort, server, serverPort }: Ends): Ends {
  return { client: server, clientPort: serverPort, server: client, serverPort: clientPort }
}

function wayOf({ client, clientPort, server, serverPort }: Ends): string {
  return `${client ?? ''}:${clientPort ?? ''}>${server ?? ''}:${serverPort ?? ''}`
}

/** The oldest makes room. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= MAX_OPEN) return
    map.delete(oldest)
  }
}

function derOf(hex: string): JsonObject[] {
  if (hex.length > 200_000) return []
  const fields = certificateFields(Buffer.from(hex.replaceAll(':', ''), 'hex'))
  return fields === undefined ? [] : [fields]
}

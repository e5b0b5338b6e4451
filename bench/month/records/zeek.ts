import type { Random } from '../random.ts'

/** A connection, as Zeek tells of it. */
export interface Flow {
  readonly client: string
  readonly server: string
  readonly port: number
  readonly proto?: 'tcp' | 'udp'
  readonly service?: string | undefined
  readonly sent: number
  readonly received: number
  /** s */
  readonly duration: number
}

/** A handshake of a connection. */
export interface Handshake {
  readonly version: string
  readonly cipher: string
  readonly name: string | undefined
  readonly ja3: string
  /** Not seen in TLS 1.3. */
  readonly issuer: string | undefined
}

/** Zeek's id of a connection. */
export function uidOf(random: Random): string {
  return `C${random.hex(16)}`
}

/** https://docs.zeek.org/en/current/logs/conn.html. Dated at the beginning, as Zeek does. */
export function connLine(time: number, uid: string, from: number, flow: Flow): string {
  const { client, server, port, proto = 'tcp', service, sent, received, duration } = flow
  const [there, back] = [Math.ceil(sent / 1_400) + 4, Math.ceil(received / 1_400) + 4]
  return JSON.stringify({
    _path: 'conn',
    ts: time / 1_000,
    uid,
    'id.orig_h': client,
    'id.orig_p': from,
    'id.resp_h': server,
    'id.resp_p': port,
    proto,
    ...(service !== undefined && { service }),
    duration: Math.round(duration * 1e6) / 1e6,
    orig_bytes: Math.round(sent),
    resp_bytes: Math.round(received),
    conn_state: 'SF',
    missed_bytes: 0,
    history: 'ShADadFf',
    orig_pkts: there,
    orig_ip_bytes: Math.round(sent) + there * 52,
    resp_pkts: back,
    resp_ip_bytes: Math.round(received) + back * 52,
  })
}

/** https://docs.zeek.org/en/current/logs/ssl.html, with the package ja3. */
export function sslLine(time: number, uid: string, from: number, flow: Flow, handshake: Handshake): string {
  const { version, cipher, name, ja3, issuer } = handshake
  return JSON.stringify({
    _path: 'ssl',
    ts: time / 1_000,
    uid,
    'id.orig_h': flow.client,
    'id.orig_p': from,
    'id.resp_h': flow.server,
    'id.resp_p': flow.port,
    version,
    cipher,
    curve: 'x25519',
    ...(name !== undefined && { server_name: name }),
    resumed: false,
    established: true,
    ja3,
    ...(issuer !== undefined && version !== 'TLSv13' && { subject: `CN=${name ?? 'server'}`, issuer }),
    ...(version !== 'TLSv13' && { validation_status: 'ok', sni_matches_cert: true }),
  })
}

/** https://docs.zeek.org/en/current/logs/dns.html */
export function dnsLine(
  time: number,
  uid: string,
  from: number,
  question: {
    readonly client: string
    readonly server: string
    readonly query: string
    readonly type: 'A' | 'TXT'
    readonly answers: readonly string[]
  },
): string {
  const { client, server, query, type, answers } = question
  return JSON.stringify({
    _path: 'dns',
    ts: time / 1_000,
    uid,
    'id.orig_h': client,
    'id.orig_p': from,
    'id.resp_h': server,
    'id.resp_p': 53,
    proto: 'udp',
    query,
    qclass: 1,
    qclass_name: 'C_INTERNET',
    qtype: type === 'A' ? 1 : 16,
    qtype_name: type,
    rcode: 0,
    rcode_name: 'NOERROR',
    RD: true,
    RA: true,
    answers,
    TTLs: answers.map(() => 60),
    rejected: false,
  })
}

/** The suites that clients and servers of today choose. */
export function cipherOf(version: string): string {
  return version === 'TLSv13' ? 'TLS_AES_256_GCM_SHA384' : 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
}

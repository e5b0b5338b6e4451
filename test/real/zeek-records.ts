import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture, type Packet } from './packets.ts'

/**
 * Writes the conn, ssl and x509 logs that Zeek would write of the traffic on an interface, as JSON
 * (`LogAscii::use_json=T`), while it happens. Zeek itself is not packaged for Debian: what is on the wire is real and
 * read by tshark, and this maps it as Zeek's scripts do. Fields that need more than a connection's own packets
 * (`validation_status`, `local_orig`, …) are left out.
 */
export interface ZeekRecorder {
  /** Holds conn.log, ssl.log and x509.log. */
  readonly folder: string
  /** Ends the capture and writes what is still open. */
  stop(): Promise<void>
}

export interface RecorderOptions {
  /** Name of the network namespace, as `DockerEngine.netns`. */
  readonly netns: string
  /** The bridge; `docker0` unless told. */
  readonly device?: string
  readonly folder: string
  /** Ports that are read as TLS. */
  readonly ports: readonly number[]
}

export async function recordZeek({
  netns,
  device = 'docker0',
  folder,
  ports,
}: RecorderOptions): Promise<ZeekRecorder> {
  mkdirSync(folder, { recursive: true })
  for (const log of ['conn', 'ssl', 'x509']) writeFileSync(join(folder, `${log}.log`), '')
  const write = (log: string, entry: object): void =>
    appendFileSync(join(folder, `${log}.log`), `${JSON.stringify(entry)}\n`)
  const { packets, stop } = await capture(netns, device, ports)
  const ended = follow(packets, write)
  return {
    folder,
    async stop() {
      stop()
      await ended
    },
  }
}

type Write = (log: 'conn' | 'ssl' | 'x509', entry: object) => void

async function follow(packets: AsyncIterable<Packet>, write: Write): Promise<void> {
  const ciphers = cipherNames()
  const connections = new Map<number, Connection>()
  const close = (number: number, connection: Connection): void => {
    connections.delete(number)
    writeSsl(connection, write)
    write('conn', connEntry(connection))
  }
  for await (const packet of packets) {
    const known = connections.get(packet.connection)
    // what goes back and forth behind the last FIN opens nothing
    if (known === undefined && !packet.flags.includes('S')) continue
    const connection = known ?? opened(packet)
    connections.set(packet.connection, connection)
    count(connection, packet)
    readTls(connection, packet, ciphers, write)
    if (connection.established) writeSsl(connection, write)
    if (isClosed(connection)) close(packet.connection, connection)
  }
  for (const [number, connection] of connections) close(number, connection)
}

interface End {
  bytes: number
  packets: number
  ipBytes: number
  ended: boolean
  reset: boolean
  /** Sent ChangeCipherSpec, or, in TLS 1.3, something encrypted. */
  encrypted: boolean
}

interface Connection {
  readonly uid: string
  readonly first: Packet
  readonly client: End
  readonly server: End
  last: number
  tls: { time: number; version?: string; cipher?: string; serverName?: string; alert?: string } | undefined
  certificates: readonly string[]
  established: boolean
  written: boolean
}

function opened(first: Packet): Connection {
  const end = (): End => ({ bytes: 0, packets: 0, ipBytes: 0, ended: false, reset: false, encrypted: false })
  return {
    uid: uidOf(first),
    first,
    client: end(),
    server: end(),
    last: first.time,
    tls: undefined,
    certificates: [],
    established: false,
    written: false,
  }
}

/** `C` and up to 17 letters and digits that no other connection has. */
function uidOf({ time, source, sourcePort, destination, destinationPort }: Packet): string {
  const tuple = JSON.stringify([time, source, sourcePort, destination, destinationPort])
  const digits = createHash('sha256').update(tuple).digest('base64').replaceAll(/[+/=]/g, '')
  return `C${digits.slice(0, 17)}`
}

function isFromClient({ first }: Connection, { source, sourcePort }: Packet): boolean {
  return source === first.source && sourcePort === first.sourcePort
}

function count(connection: Connection, packet: Packet): void {
  const end = isFromClient(connection, packet) ? connection.client : connection.server
  end.packets += 1
  end.bytes += packet.payload
  end.ipBytes += packet.length
  end.ended ||= packet.flags.includes('F')
  end.reset ||= packet.flags.includes('R')
  connection.last = packet.time
}

const HELLO = { client: 1, server: 2 }
const CONTENT = { changeCipherSpec: 20, applicationData: 23 }

function readTls(
  connection: Connection,
  packet: Packet,
  ciphers: ReadonlyMap<number, string>,
  write: Write,
): void {
  const { contents, messages, versions, supportedVersions, certificates, alerts } = packet
  if (contents.length === 0 && messages.length === 0) return
  connection.tls ??= { time: packet.time }
  const { tls } = connection
  if (messages[0] === HELLO.client && packet.serverName !== undefined) tls.serverName = packet.serverName
  if (messages[0] === HELLO.server) {
    const version = versionName(supportedVersions[0] ?? versions[0])
    const cipher = ciphers.get(packet.ciphers[0] ?? -1)
    if (version !== undefined) tls.version = version
    if (cipher !== undefined) tls.cipher = cipher
  }
  if (certificates.length > 0 && connection.certificates.length === 0 && !isFromClient(connection, packet)) {
    connection.certificates = certificates.map(fingerprint)
    for (const [index, der] of certificates.entries()) write('x509', x509Entry(der, packet.time, index === 0))
  }
  const alert = ALERTS.get(alerts[0] ?? -1)
  if (alert !== undefined) tls.alert = alert
  const end = isFromClient(connection, packet) ? connection.client : connection.server
  const sign = tls.version === 'TLSv13' ? CONTENT.applicationData : CONTENT.changeCipherSpec
  end.encrypted ||= contents.includes(sign)
  connection.established ||= connection.client.encrypted && connection.server.encrypted
}

/** Protocol numbers by the names in Zeek's `SSL::version_strings`. */
const VERSIONS = new Map([
  [0x0002, 'SSLv2'],
  [0x0300, 'SSLv3'],
  [0x0301, 'TLSv10'],
  [0x0302, 'TLSv11'],
  [0x0303, 'TLSv12'],
  [0x0304, 'TLSv13'],
  [0xfeff, 'DTLSv10'],
  [0xfefd, 'DTLSv12'],
])

function versionName(version: number | undefined): string | undefined {
  return version === undefined ? undefined : (VERSIONS.get(version) ?? `unknown-${version}`)
}

/** Those of RFC 8446 that a refused handshake ends with. */
const ALERTS = new Map([
  [40, 'handshake_failure'],
  [42, 'bad_certificate'],
  [48, 'unknown_ca'],
  [70, 'protocol_version'],
  [71, 'insufficient_security'],
  [112, 'unrecognized_name'],
])

/** Number of a cipher → its name in IANA's registry, as this machine's OpenSSL knows them. */
function cipherNames(): ReadonlyMap<number, string> {
  const list = execFileSync('openssl', ['ciphers', '-V', '-stdname', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'], {
    encoding: 'utf8',
  })
  const found = [...list.matchAll(/0x([0-9A-F]{2}),0x([0-9A-F]{2}) - (\w+)/g)]
  return new Map(found.map(([, high, low, name = '']) => [Number.parseInt(`${high}${low}`, 16), name]))
}

function tupleOf({ uid, first }: Connection): object {
  return {
    uid,
    'id.orig_h': first.source,
    'id.orig_p': first.sourcePort,
    'id.resp_h': first.destination,
    'id.resp_p': first.destinationPort,
  }
}

function writeSsl(connection: Connection, write: Write): void {
  const { tls, established, certificates, written } = connection
  if (tls === undefined || written) return
  connection.written = true
  const { version, cipher, serverName, alert } = tls
  write('ssl', {
    ts: tls.time,
    ...tupleOf(connection),
    ...(version !== undefined && { version }),
    ...(cipher !== undefined && { cipher }),
    ...(serverName !== undefined && { server_name: serverName }),
    resumed: false,
    ...(alert !== undefined && { last_alert: alert }),
    established,
    ...(certificates.length > 0 && { cert_chain_fps: certificates }),
  })
}

function isClosed({ client, server }: Connection): boolean {
  return (client.ended && server.ended) || client.reset || server.reset
}

/** States of Zeek's conn.log that these connections can end in. */
function stateOf({ client, server }: Connection): string {
  if (server.packets === 0) return 'S0'
  if (server.reset) return client.bytes === 0 ? 'REJ' : 'RSTR'
  if (client.reset) return 'RSTO'
  if (client.ended && server.ended) return 'SF'
  return client.ended ? 'S2' : server.ended ? 'S3' : 'S1'
}

function connEntry(connection: Connection): object {
  const { first, last, client, server, tls } = connection
  return {
    ts: first.time,
    ...tupleOf(connection),
    proto: 'tcp',
    ...(tls !== undefined && { service: 'ssl' }),
    duration: Number((last - first.time).toFixed(6)),
    orig_bytes: client.bytes,
    resp_bytes: server.bytes,
    conn_state: stateOf(connection),
    missed_bytes: 0,
    orig_pkts: client.packets,
    orig_ip_bytes: client.ipBytes,
    resp_pkts: server.packets,
    resp_ip_bytes: server.ipBytes,
  }
}

function fingerprint(der: string): string {
  return createHash('sha256').update(Buffer.from(der, 'hex')).digest('hex')
}

function x509Entry(der: string, time: number, isHost: boolean): object {
  const certificate = new X509Certificate(Buffer.from(der, 'hex'))
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
  const type = asymmetricKeyType === 'ec' ? 'ecdsa' : asymmetricKeyType
  return {
    ts: time,
    fingerprint: fingerprint(der),
    'certificate.version': 3,
    'certificate.serial': certificate.serialNumber,
    'certificate.subject': distinguishedName(certificate.subject),
    'certificate.issuer': distinguishedName(certificate.issuer),
    'certificate.not_valid_before': certificate.validFromDate.getTime() / 1000,
    'certificate.not_valid_after': certificate.validToDate.getTime() / 1000,
    'certificate.key_alg': type === 'rsa' ? 'rsaEncryption' : 'id-ecPublicKey',
    'certificate.sig_alg': certificate.signatureAlgorithm,
    'certificate.key_type': type,
    'certificate.key_length': asymmetricKeyDetails?.modulusLength ?? 256,
    ...(certificate.ca && { 'basic_constraints.ca': true }),
    host_cert: isHost,
    client_cert: false,
  }
}

/** The most specific part first, as RFC 2253 and Zeek write it. */
function distinguishedName(lines: string): string {
  return lines.split('\n').reverse().join(',')
}

import { addressOf } from './address.ts'
import { certificateFields } from './certificate.ts'
import { cipherSuite } from './cipher-suites.ts'
import { connectionNames, endNames } from './connection-names.ts'
import type { Ends } from './connection-names.ts'
import { httpNames } from './http-names.ts'
import { isObject, known, listOf, memberOf, objectOf, textOf, textsOf } from './json.ts'
import type { JsonObject } from './json.ts'
import { tlsVersion } from './tls-version.ts'

/** Who opened the connection that a record is about: some are written about a packet of the way back. */
export function endsOf(eve: JsonObject): Ends {
  const flow = objectOf(eve['flow'])
  const from = textOf(flow['src_ip']) === undefined ? eve : flow
  const ends = {
    client: addressOf(from['src_ip']),
    clientPort: portOf(from['src_port']),
    server: addressOf(from['dest_ip']),
    serverPort: portOf(from['dest_port']),
  }
  const isBack = from === eve && (eve['direction'] === 'to_client' || isAnswer(eve, ends))
  if (!isBack) return ends
  const { client, clientPort, server, serverPort } = ends
  return { client: server, clientPort: serverPort, server: client, serverPort: clientPort }
}

/**
 * Before Suricata 7 an answer to a question of DNS has its own addresses. A file has those of who sent it: the
 * smaller port is the server's.
 */
function isAnswer(eve: JsonObject, { clientPort = 0, serverPort = 0 }: Ends): boolean {
  if (eve['event_type'] === 'fileinfo') return clientPort < serverPort
  const type = objectOf(eve['dns'])['type']
  return (type === 'answer' || type === 'response') && clientPort === 53 && serverPort !== 53
}

/** The names that rules use, beside Suricata's own. */
export function namesOf(type: string, eve: JsonObject, ends: Ends): JsonObject {
  switch (type) {
    case 'flow':
      return connectionNames(ends, textOf(eve['proto']))
    case 'dns':
      return dnsNames(objectOf(eve['dns']))
    case 'http':
      return requestNames(objectOf(eve['http']), ends)
    case 'tls':
      return { ...endNames(ends), ...handshakeNames(objectOf(eve['tls'])) }
    case 'alert':
      return isObject(eve['tls']) ? handshakeNames(eve['tls']) : {}
    default:
      return {}
  }
}

/** Suricata 8 has a list of questions and of answers; before it one question stands in the record itself. */
function dnsNames(dns: JsonObject): JsonObject {
  const queries = [dns, ...listOf(dns['queries']).filter(isObject)]
  const asked = (name: string): unknown => one(queries.flatMap((query) => textOf(query[name]) ?? []))
  const answers = listOf(dns['answers']).flatMap((answer) => textOf(objectOf(answer)['rdata']) ?? [])
  return known({
    query: asked('rrname'),
    record_type: asked('rrtype'),
    answer: answers.length > 0 ? answers : one([textOf(dns['rdata'])].filter((each) => each !== undefined)),
    response_code: textOf(dns['rcode']),
  })
}

function one(values: readonly string[]): string | readonly string[] | undefined {
  const distinct = [...new Set(values)]
  return distinct.length > 1 ? distinct : distinct[0]
}

function requestNames(http: JsonObject, ends: Ends): JsonObject {
  return httpNames({
    method: textOf(http['http_method']),
    host: textOf(http['hostname']),
    uri: textOf(http['url']),
    version: textOf(http['protocol']),
    userAgent: textOf(http['http_user_agent']),
    referrer: textOf(http['http_refer']),
    status: portOf(http['status']),
    contentType: textOf(http['http_content_type']),
    responseBytes: http['length'],
    client: ends.client,
    server: ends.server,
    serverPort: ends.serverPort,
  })
}

/**
 * A handshake under Zeek's names. A record is written once it is complete; where the server's choice is missing from
 * it, nothing was agreed.
 */
function handshakeNames(tls: JsonObject): JsonObject {
  const version = tlsVersion(textOf(tls['version']))
  const choice = textOf(objectOf(tls['ja3s'])['string'])
  const isAnswered =
    choice !== undefined || textOf(tls['subject']) !== undefined || tls['session_resumed'] === true
  const certificate = derOf(tls)
  const fingerprints = [certificate?.['fingerprint'], sha1Of(tls['fingerprint'])].filter(
    (each) => each !== undefined,
  )
  return known({
    version,
    cipher: textOf(objectOf(tls['server_handshake'])['cipher']) ?? cipherOf(choice),
    server_name: textOf(tls['sni']),
    established: version !== undefined && isAnswered,
    resumed: tls['session_resumed'] === true ? true : undefined,
    subject: textOf(tls['subject']),
    issuer: textOf(tls['issuerdn']),
    cert_chain_fps: fingerprints.length > 0 ? fingerprints : undefined,
    'san.dns': textsOf(tls['subjectaltname']).length > 0 ? textsOf(tls['subjectaltname']) : undefined,
    ja3: textOf(objectOf(tls['ja3'])['hash']),
    ja3s: textOf(objectOf(tls['ja3s'])['hash']),
    ja4: textOf(memberOf(tls, 'ja4')),
  })
}

/** `771,49200,65281-11-35-23`: version, cipher and extensions that the server chose, in decimal. */
function cipherOf(ja3s: string | undefined): string | undefined {
  const number = ja3s?.split(',', 2)[1]
  return number === undefined || !/^\d{1,5}$/.test(number) ? undefined : cipherSuite(Number(number))
}

/** `ba:d4:99:…`: Suricata's is of SHA-1, in the spelling that lists of fingerprints have. */
function sha1Of(fingerprint: unknown): string | undefined {
  const text = textOf(fingerprint)
  return text === undefined || text.length > 128 ? undefined : text.replaceAll(':', '').toLowerCase()
}

/** Where Suricata was told to log it, the certificate itself is there. */
function derOf(tls: JsonObject): JsonObject | undefined {
  const text = textOf(tls['certificate']) ?? textsOf(tls['chain'])[0]
  return text === undefined || text.length > 100_000
    ? undefined
    : certificateFields(Buffer.from(text, 'base64'))
}

function portOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}

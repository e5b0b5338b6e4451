import { servedBy } from './events.ts'
import { textOf } from './json.ts'
import { defineSource } from './source.ts'
import { CONNECTION_SPELLING, decodeEntry, dottedMember, isOfLog, type ZeekLog } from './zeek-record.ts'

/** https://docs.zeek.org/en/current/logs/ssl.html; older versions name certificates by `cert_chain_fuids`. */
const SSL: ZeekLog = {
  source: 'zeek.ssl',
  logsource: Object.freeze({ product: 'zeek', service: 'ssl', also: [{ category: 'tls' }] }),
  paths: ['ssl', 'open_ssl'],
  spelling: CONNECTION_SPELLING,
  looks: (json) =>
    dottedMember(json, 'id.orig_h') !== undefined &&
    typeof json['established'] === 'boolean' &&
    'uid' in json,
  identity: ({ uid }) => textOf(uid),
}

/** TLS and DTLS handshakes. */
export const zeekSsl = defineSource({
  name: 'zeek.ssl',
  title: 'Zeek ssl.log',
  serves: servedBy([SSL.logsource]),
  recognise: ({ json }) => isOfLog(SSL, json),
  decoder: () => ({ decode: (record) => decodeEntry(SSL, record), checkpoint: () => undefined }),
})

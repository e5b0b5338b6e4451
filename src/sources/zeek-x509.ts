import { servedBy } from './events.ts'
import { textOf } from './json.ts'
import { defineSource } from './source.ts'
import { decodeEntry, dottedMember, isOfLog, spellingOf, type ZeekLog } from './zeek-record.ts'

/** https://docs.zeek.org/en/current/logs/x509.html */
const X509: ZeekLog = {
  source: 'zeek.x509',
  logsource: Object.freeze({ product: 'zeek', service: 'x509', also: [{ category: 'certificate' }] }),
  paths: ['x509'],
  spelling: spellingOf([
    'certificate.version',
    'certificate.serial',
    'certificate.subject',
    'certificate.issuer',
    'certificate.cn',
    'certificate.not_valid_before',
    'certificate.not_valid_after',
    'certificate.key_alg',
    'certificate.sig_alg',
    'certificate.key_type',
    'certificate.key_length',
    'certificate.exponent',
    'certificate.curve',
    'san.dns',
    'san.uri',
    'san.email',
    'san.ip',
    'san.other_fields',
    'basic_constraints.ca',
    'basic_constraints.path_len',
  ]),
  looks: (json) =>
    dottedMember(json, 'certificate.serial') !== undefined &&
    dottedMember(json, 'certificate.subject') !== undefined &&
    'ts' in json,
  // up to Zeek 3 the file's own id; since then the fingerprint, which comes again with each sighting
  identity: ({ id, fuid, fingerprint }) => textOf(fingerprint) ?? textOf(fuid) ?? textOf(id),
}

/** Certificates on the wire. An entry has no addresses: `zeek.ssl` names it by fingerprint or file id. */
export const zeekX509 = defineSource({
  name: 'zeek.x509',
  title: 'Zeek x509.log',
  serves: servedBy([X509.logsource]),
  recognise: ({ json }) => isOfLog(X509, json),
  decoder: () => ({ decode: (record) => decodeEntry(X509, record), checkpoint: () => undefined }),
})

import { X509Certificate } from 'node:crypto'
import { known } from './json.ts'
import type { JsonObject } from './json.ts'

/** Real certificates have a few kilobytes. */
const MAX_BYTES = 64 * 1024

/**
 * What a certificate says, in the names of Zeek's x509.log (times in seconds since the epoch), read from its DER.
 * Undefined for what is none.
 */
export function certificateFields(der: Uint8Array): JsonObject | undefined {
  if (der.length === 0 || der.length > MAX_BYTES) return undefined
  try {
    return fieldsOf(new X509Certificate(der))
  } catch {
    return undefined
  }
}

function fieldsOf(certificate: X509Certificate): JsonObject {
  const { publicKey, subjectAltName } = certificate
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {}
  const names = subjectAltName?.split(', ') ?? []
  const subject = nameOf(certificate.subject)
  return known({
    fingerprint: plainHex(certificate.fingerprint256),
    'fingerprint.sha1': plainHex(certificate.fingerprint),
    'certificate.serial': certificate.serialNumber,
    'certificate.subject': subject,
    'certificate.issuer': nameOf(certificate.issuer),
    'certificate.cn': /(?:^|,)CN=((?:[^,\\]|\\.)*)/.exec(subject)?.[1],
    'certificate.not_valid_before': seconds(certificate.validFromDate),
    'certificate.not_valid_after': seconds(certificate.validToDate),
    'certificate.key_type': publicKey.asymmetricKeyType,
    'certificate.key_length': modulusLength,
    'certificate.curve': namedCurve,
    'certificate.sig_alg': certificate.signatureAlgorithm,
    'san.dns': some(names, 'DNS:'),
    'san.ip': some(names, 'IP Address:'),
    'san.uri': some(names, 'URI:'),
    'san.email': some(names, 'email:'),
    'basic_constraints.ca': certificate.ca,
  })
}

/** `CN=t,O=x`: what is most particular first, as Zeek writes it; Node has a line a part, the other way round. */
function nameOf(lines: string | undefined): string {
  return (lines ?? '').split('\n').toReversed().join(',')
}

function some(names: readonly string[], kind: string): readonly string[] | undefined {
  const found = names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length))
  return found.length > 0 ? found : undefined
}

function seconds(date: Date): number | undefined {
  const milliseconds = date.getTime()
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000
}

function plainHex(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}

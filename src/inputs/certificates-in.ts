import { X509Certificate } from 'node:crypto'

/** A certificate of a file. */
export interface FoundCertificate {
  /** SHA-256, hexadecimal. */
  readonly fingerprint: string
  /** In one line, what is most particular first; hostile. */
  readonly subject: string
  readonly der: Buffer
}

const BLOCK = /-----BEGIN (?:X509 )?CERTIFICATE-----[\s\S]*?-----END (?:X509 )?CERTIFICATE-----/g
const MAX_SUBJECT = 256
/** What DER begins with: a sequence whose length takes two bytes, as every real certificate's does. */
const DER = Buffer.from([0x30, 0x82])

/**
 * The certificates that a file holds, in PEM (any number, between anything else) or as one in DER; and how many of
 * them cannot be read. A file that holds none, such as a key, has none of either.
 */
export function certificatesIn(bytes: Buffer): {
  readonly certificates: readonly FoundCertificate[]
  readonly damaged: number
} {
  const certificates = new Map<string, FoundCertificate>()
  let damaged = 0
  for (const encoded of encodedIn(bytes)) {
    try {
      const { raw, fingerprint256, subject } = new X509Certificate(encoded)
      const fingerprint = fingerprint256.replaceAll(':', '').toLowerCase()
      const line = (subject ?? '').split('\n').toReversed().join(',').slice(0, MAX_SUBJECT)
      certificates.set(fingerprint, { fingerprint, subject: line, der: raw })
    } catch {
      damaged += 1
    }
  }
  return { certificates: [...certificates.values()], damaged }
}

function encodedIn(bytes: Buffer): Iterable<Buffer | string> {
  const blocks = bytes.toString('latin1').match(BLOCK)
  if (blocks !== null) return blocks
  return bytes.subarray(0, DER.length).equals(DER) ? [bytes] : []
}

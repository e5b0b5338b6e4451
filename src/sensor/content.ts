import { hash } from 'node:crypto'

/** What the first bytes of a file say of it. */
export interface Content {
  /** Shannon's, in bits for each byte, from 0 to 8; undefined for too few bytes to say. */
  readonly entropy?: number
  readonly magic: string
  /** Of the whole file; undefined where only its beginning was read. */
  readonly sha256?: string
}

/** Of fewer bytes no entropy is told: random ones look orderly. */
const FEW = 64

export function contentOf(bytes: Uint8Array, isWhole: boolean): Content {
  return {
    ...(bytes.length >= FEW && { entropy: entropyOf(bytes) }),
    magic: magicOf(bytes),
    ...(isWhole && { sha256: hash('sha256', bytes, 'hex') }),
  }
}

function entropyOf(bytes: Uint8Array): number {
  const counts = new Uint32Array(256)
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
  let entropy = 0
  for (const count of counts)
    if (count > 0) entropy -= (count / bytes.length) * Math.log2(count / bytes.length)
  return Math.round(Math.abs(entropy) * 100) / 100
}

/** Beginnings by which formats are known; the tar archive has its mark behind its first header. */
const BEGINNINGS: readonly (readonly [magic: string, bytes: Uint8Array, at?: number])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b])],
  ['zip', Buffer.from('PK\x03\x04', 'latin1')],
  ['xz', Buffer.from('\xfd7zXZ\0', 'latin1')],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['bzip2', Buffer.from('BZh')],
  ['7z', Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1')],
  ['rar', Buffer.from('Rar!\x1a\x07', 'latin1')],
  ['lz4', Buffer.from([0x04, 0x22, 0x4d, 0x18])],
  ['tar', Buffer.from('ustar'), 257],
  ['openssl', Buffer.from('Salted__')],
  ['age', Buffer.from('age-encryption.org/')],
  ['luks', Buffer.from('LUKS\xba\xbe', 'latin1')],
  ['pgp', Buffer.from('-----BEGIN PGP')],
  ['pem-certificate', Buffer.from('-----BEGIN CERTIFICATE-----')],
  ...['', 'RSA ', 'EC ', 'DSA ', 'ENCRYPTED ', 'OPENSSH '].map((kind): readonly [string, Uint8Array] => [
    'pem-key',
    Buffer.from(`-----BEGIN ${kind}PRIVATE KEY-----`),
  ]),
  ['pem', Buffer.from('-----BEGIN ')],
  ['elf', Buffer.from('\x7fELF', 'latin1')],
  ['pe', Buffer.from('MZ')],
  ['sqlite', Buffer.from('SQLite format 3\0')],
  ['script', Buffer.from('#!')],
  ['png', Buffer.from('\x89PNG', 'latin1')],
  ['jpeg', Buffer.from([0xff, 0xd8, 0xff])],
  ['gif', Buffer.from('GIF8')],
  ['pdf', Buffer.from('%PDF-')],
]

function magicOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'empty'
  const known = BEGINNINGS.find(([, mark, at = 0]) => mark.every((byte, index) => bytes[at + index] === byte))
  if (known !== undefined) return known[0]
  if (isText(bytes)) return 'text'
  return isKeyMaterial(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) ? 'der' : 'data'
}

/** Object identifiers of X.509 and PKCS: names, RSA and elliptic keys, Ed25519, a store of PKCS 12. */
const IDENTIFIERS = [
  '0603550403',
  '06092a864886f70d0101',
  '06072a8648ce3d0201',
  '06082a8648ce3d0301',
  '06032b6570',
  '06092a864886f70d0107',
].map((hex) => Buffer.from(hex, 'hex'))
/** They stand near the beginning. */
const NEAR = 1_024

/** A certificate or a key as DER: one sequence that fills the file, with such an identifier. */
function isKeyMaterial(bytes: Buffer): boolean {
  if (bytes[0] !== 0x30 || bytes.length < 32) return false
  const beginning = bytes.subarray(0, NEAR)
  return endOfSequence(bytes) === bytes.length && IDENTIFIERS.some((one) => beginning.includes(one))
}

/** X.690, 8.1.3: lengths below 128 in one byte, others behind the number of their bytes. */
function endOfSequence(bytes: Buffer): number | undefined {
  const length = bytes[1] ?? 0
  if (length < 0x80) return 2 + length
  const size = length - 0x80
  return size === 0 || size > 3 ? undefined : 2 + size + bytes.readUIntBE(2, size)
}

/** Printable, in any encoding that keeps ASCII: nothing that a terminal obeys but blanks and line ends. */
function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b)
}

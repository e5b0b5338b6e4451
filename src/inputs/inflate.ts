import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate as inflateZlib, zstdDecompress } from 'node:zlib'

/** Content codings that are understood, as HTTP names them (https://www.iana.org/assignments/http-parameters/). */
export const CODINGS = ['gzip', 'deflate', 'br', 'zstd'] as const
export type Coding = (typeof CODINGS)[number]

export type Inflated =
  | { readonly kind: 'inflated'; readonly bytes: Buffer }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'too-large' }

const HOW = {
  gzip: promisify(gunzip),
  deflate: promisify(inflateZlib),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
} as const satisfies Record<Coding, unknown>

/** What it unpacks to, at most `limit` bytes. */
export async function inflate(bytes: Buffer, coding: Coding, limit: number): Promise<Inflated> {
  // zlib takes no limit of 0, which is what is left when a body is full to the byte
  if (limit < 1) return { kind: 'too-large' }
  try {
    return { kind: 'inflated', bytes: await HOW[coding](bytes, { maxOutputLength: limit }) }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    return { kind: code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'damaged' }
  }
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

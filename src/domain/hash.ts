import { createHash } from 'node:crypto'

/** 128 bits of SHA-256 over the parts, unambiguously joined; 32 hex digits. */
export function digest(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest('hex').slice(0, 32)
}

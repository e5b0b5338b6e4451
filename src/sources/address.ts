import { isIPv6 } from 'node:net'
import { plainAddress } from '../domain/plain-address.ts'
import { textOf } from './json.ts'

/**
 * An IP address in the one spelling that engines use: IPv6 in short (RFC 5952), IPv4 that is mapped into it as IPv4.
 * Any other text as it is; undefined for what is no text.
 */
export function addressOf(value: unknown): string | undefined {
  const text = textOf(value)
  if (text === undefined || text.length > 64) return undefined
  const plain = plainAddress(text)
  if (!plain.includes(':') || plain.includes('%') || !isIPv6(plain)) return plain
  return new URL(`http://[${plain}]`).hostname.slice(1, -1)
}

import { isIPv6 } from 'node:net'

/**
 * The IPv4 address that an IPv6 address only wraps (`::ffff:192.0.2.1`, RFC 4291, 2.5.5.2), for that is what is
 * spoken to; any other text as it is.
 */
export function plainAddress(text: string): string {
  if (!text.includes(':') || text.length > 64 || !isIPv6(text) || text.includes('%')) return text
  const address = new URL(`http://[${text}]`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(address) ?? []
  if (high === undefined || low === undefined) return text
  const bytes = [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((two) => [two >> 8, two & 0xff])
  return bytes.join('.')
}

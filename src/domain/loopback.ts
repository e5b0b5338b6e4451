import { isIPv4 } from 'node:net'

/**
 * Whether a host is this machine itself, so that nothing crosses a network on the way to it: `localhost`, `::1` (in
 * brackets too, as URLs have it), 127.0.0.0/8. What only looks like an address (127.999.999.999) is a name, and
 * whoever answers for names decides where it leads.
 */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'))
  )
}

import { isIPv4 } from 'node:net'

/** How many containers have addresses in each network: of 256 addresses in IPv4, of 64 bits in IPv6. */
export interface Neighbours {
  /** `address` in one spelling. */
  add(address: string): void
  remove(address: string): void
  has(address: string): boolean
}

export function createNeighbours(): Neighbours {
  const counts = new Map<string, number>()
  return {
    add(address) {
      const network = networkOf(address)
      counts.set(network, (counts.get(network) ?? 0) + 1)
    },
    remove(address) {
      const network = networkOf(address)
      const left = (counts.get(network) ?? 0) - 1
      if (left > 0) counts.set(network, left)
      else counts.delete(network)
    },
    has: (address) => counts.has(networkOf(address)),
  }
}

function networkOf(address: string): string {
  if (isIPv4(address)) return address.slice(0, address.lastIndexOf('.'))
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - groups.length - behind.length
  return [...groups, ...Array.from({ length: zeros }, () => '0'), ...behind].slice(0, 4).join(':')
}

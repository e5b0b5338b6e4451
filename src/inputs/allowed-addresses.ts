import { BlockList, isIP } from 'node:net'

/** Whether an address is one of those that may send. */
export type AllowedAddresses = (address: string) => boolean

const NETWORK = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i

/** Addresses and networks (`192.0.2.7`, `10.0.0.0/8`, `fd00::/8`); without any, every address may. */
export function allowedAddresses(networks: readonly string[] | undefined): AllowedAddresses {
  if (networks === undefined) return () => true
  const list = new BlockList()
  for (const network of networks) {
    const { address, bits, family } = partsOf(network) ?? {}
    if (address === undefined || family === undefined) continue
    list.addSubnet(address, bits ?? (family === 'ipv4' ? 32 : 128), family)
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address))
}

/** Whether it is an address or a network. */
export function isNetwork(text: string): boolean {
  return partsOf(text) !== undefined
}

/** The address of the other end; IPv4 is IPv4, also on a socket that takes both. */
export function plainAddress(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '')
}

function partsOf(network: string) {
  const [, address = '', length] = NETWORK.exec(network) ?? []
  if (isIP(address) === 0) return undefined
  const family = familyOf(address)
  const bits = length === undefined ? undefined : Number(length)
  return bits !== undefined && bits > (family === 'ipv4' ? 32 : 128) ? undefined : { address, bits, family }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

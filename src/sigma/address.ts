import { isIPv4, isIPv6 } from 'node:net'

export type AddressTest = (text: string) => boolean

/**
 * Whether an address lies in an IPv4 or IPv6 network written as `address/prefix` (no prefix: one host). An
 * IPv4 address mapped into IPv6 is not in an IPv4 network. Zone ids are ignored. Says what is wrong as text.
 */
export function compileNetwork(network: string): AddressTest | { readonly wrong: string } {
  const [address = '', prefixText, ...more] = network.split('/')
  const base = isIPv6(address) && address.includes('%') ? undefined : bitsOf(address)
  if (!base || more.length > 0) return { wrong: 'it is no IPv4 or IPv6 network' }
  if (prefixText !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(prefixText))
    return { wrong: 'its mask is no number of bits' }
  const prefix = prefixText === undefined ? base.length * 8 : Number(prefixText)
  if (prefix > base.length * 8) return { wrong: `its mask is longer than ${base.length * 8} bits` }
  if (!base.every((byte, index) => (byte & ~maskByte(prefix, index)) === 0))
    return { wrong: 'it has host bits set' }
  return (text) => {
    const bytes = bitsOf(text)
    if (bytes?.length !== base.length) return false
    return base.every((byte, index) => ((bytes[index] ?? 0) & maskByte(prefix, index)) === byte)
  }
}

function maskByte(prefix: number, index: number): number {
  const bits = Math.min(Math.max(prefix - index * 8, 0), 8)
  return (0xff << (8 - bits)) & 0xff
}

/** 4 or 16 bytes; undefined for what is no address. */
function bitsOf(text: string): readonly number[] | undefined {
  if (text.length > 100) return undefined
  if (isIPv4(text)) return text.split('.').map(Number)
  if (!isIPv6(text)) return undefined
  const address = (text.split('%')[0] ?? '').replace(/\d+\.\d+\.\d+\.\d+$/, hexadecimal)
  const [head = '', tail] = address.split('::')
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0)
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff])
}

function groups(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

function hexadecimal(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

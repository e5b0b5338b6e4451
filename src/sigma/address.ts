/** An IPv4 address as one word of 32 bits, an IPv6 address as four. */
export type Address = readonly number[]

/** The addresses whose first bits are given. */
export interface Network {
  readonly base: Address
  /** A mask for each word. */
  readonly masks: readonly number[]
}

/**
 * An IPv4 or IPv6 network written as `address/prefix` (no prefix: one host). Says what is wrong as text.
 */
export function readNetwork(written: string): Network | { readonly wrong: string } {
  const [text = '', prefixText, ...more] = written.split('/')
  const base = text.includes('%') ? undefined : readAddress(text)
  if (!base || more.length > 0) return { wrong: 'it is no IPv4 or IPv6 network' }
  if (prefixText !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(prefixText))
    return { wrong: 'its mask is no number of bits' }
  const bits = base.length * 32
  const prefix = prefixText === undefined ? bits : Number(prefixText)
  if (prefix > bits) return { wrong: `its mask is longer than ${bits} bits` }
  const masks = base.map((_, index) => maskOf(Math.min(Math.max(prefix - index * 32, 0), 32)))
  if (!base.every((word, index) => (word & ~(masks[index] as number)) === 0))
    return { wrong: 'it has host bits set' }
  return { base, masks }
}

/** Whether a text is an address in any of the networks. An IPv4 address mapped into IPv6 is in no IPv4 network. */
export function inAnyNetwork(networks: readonly Network[]): (text: string) => boolean {
  return (text) => {
    const address = readAddress(text)
    return address !== undefined && networks.some((network) => isIn(address, network))
  }
}

function isIn(address: Address, { base, masks }: Network): boolean {
  if (address.length !== base.length) return false
  for (let index = 0; index < base.length; index += 1)
    if (((address[index] as number) & (masks[index] as number)) !== base[index]) return false
  return true
}

function maskOf(bits: number): number {
  return bits === 0 ? 0 : -1 << (32 - bits)
}

/** The longest: IPv6 with an IPv4 tail, and room for a zone. */
const MAX_LENGTH = 100
const ZONE = /^[0-9A-Za-z.:-]+$/

/** An address as text has it, its zone ignored; undefined for what is none. */
export function readAddress(text: string): Address | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const percent = text.indexOf('%')
  if (percent >= 0 && !ZONE.test(text.slice(percent + 1))) return undefined
  const end = percent < 0 ? text.length : percent
  if (text.includes(':')) return readIpv6(text, end)
  const word = percent < 0 ? readIpv4(text, 0, end) : undefined
  return word === undefined ? undefined : [word]
}

const DOT = 0x2e
const COLON = 0x3a
const ZERO = 0x30

/** Four numbers up to 255 without leading zeros. */
function readIpv4(text: string, from: number, end: number): number | undefined {
  let word = 0
  let index = from
  for (let part = 0; part < 4; part += 1) {
    if (part > 0 && text.charCodeAt(index++) !== DOT) return undefined
    const begin = index
    let value = 0
    while (index < end && isDigit(text.charCodeAt(index)))
      value = value * 10 + text.charCodeAt(index++) - ZERO
    const length = index - begin
    if (length === 0 || length > 3 || value > 255) return undefined
    if (length > 1 && text.charCodeAt(begin) === ZERO) return undefined
    word = (word << 8) | value
  }
  return index === end ? word : undefined
}

/** Eight groups of hexadecimal digits; the last two may be an IPv4 address, and `::` stands for one or more zeros. */
function readIpv6(text: string, end: number): Address | undefined {
  const groups: number[] = []
  let gap = -1
  let index = 0
  if (text.startsWith('::')) {
    gap = 0
    index = 2
  }
  while (index < end) {
    const begin = index
    let value = 0
    while (index < end && index - begin < 5 && hexOf(text.charCodeAt(index)) >= 0)
      value = value * 16 + hexOf(text.charCodeAt(index++))
    if (index < end && text.charCodeAt(index) === DOT) {
      const tail = readIpv4(text, begin, end)
      if (tail === undefined) return undefined
      groups.push(tail >>> 16, tail & 0xff_ff)
      break
    }
    if (index === begin || index - begin > 4) return undefined
    groups.push(value)
    if (index === end) break
    if (text.charCodeAt(index++) !== COLON || index === end) return undefined
    if (text.charCodeAt(index) !== COLON) continue
    if (gap >= 0) return undefined
    gap = groups.length
    index += 1
  }
  const missing = 8 - groups.length
  if (gap < 0 ? missing !== 0 : missing < 1) return undefined
  if (gap >= 0) groups.splice(gap, 0, ...Array.from({ length: missing }, () => 0))
  return [0, 2, 4, 6].map((pair) => ((groups[pair] as number) << 16) | (groups[pair + 1] as number))
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39
}

function hexOf(code: number): number {
  if (isDigit(code)) return code - ZERO
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

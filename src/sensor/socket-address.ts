/** An address of a socket as a process handed it to the kernel (struct sockaddr). */
export type SocketAddress =
  | { readonly family: 'ipv4' | 'ipv6'; readonly address: string; readonly port: number }
  | { readonly family: 'unix'; readonly path: string }

const [AF_UNIX, AF_INET, AF_INET6] = [1, 2, 10]

/** Undefined for other families, and for what is too short. An abstract unix address begins with `@`. */
export function socketAddress(bytes: Buffer): SocketAddress | undefined {
  if (bytes.length < 2) return undefined
  const family = bytes.readUInt16LE(0)
  if (family === AF_UNIX) return { family: 'unix', path: unixPath(bytes.subarray(2)) }
  if (family === AF_INET && bytes.length >= 8)
    return { family: 'ipv4', address: ipv4(bytes.subarray(4, 8)), port: bytes.readUInt16BE(2) }
  if (family === AF_INET6 && bytes.length >= 24)
    return { ...ipv6(bytes.subarray(8, 24)), port: bytes.readUInt16BE(2) }
  return undefined
}

function unixPath(bytes: Buffer): string {
  if (bytes.length === 0) return ''
  if (bytes[0] === 0) return `@${bytes.subarray(1).toString()}`
  const zero = bytes.indexOf(0)
  return (zero === -1 ? bytes : bytes.subarray(0, zero)).toString()
}

export function ipv4(bytes: Uint8Array): string {
  return [...bytes].join('.')
}

/** An address of 16 bytes. One that is mapped from IPv4 is spoken to over IPv4, and is told as that. */
export function ipv6(bytes: Uint8Array): { readonly family: 'ipv4' | 'ipv6'; readonly address: string } {
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  return mapped
    ? { family: 'ipv4', address: ipv4(bytes.subarray(12)) }
    : { family: 'ipv6', address: shortest(bytes) }
}

/** RFC 5952: lower case, the longest run of zeros as `::`. */
function shortest(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16),
  )
  const text = groups.join(':')
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run)
  const longest = runs.sort((a, b) => b.length - a.length)[0]
  if (longest === undefined) return text
  const at = text.indexOf(longest)
  const [before, after] = [text.slice(0, at), text.slice(at + longest.length)]
  return `${before}::${after.replace(/^:/, '')}`
}

/** IPPROTO numbers that sockets have. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  58: 'ipv6-icmp',
  132: 'sctp',
  136: 'udplite',
  255: 'raw',
  262: 'mptcp',
}

export function protocolOf(number: number): string | undefined {
  return PROTOCOLS[number]
}

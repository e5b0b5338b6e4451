import { isIPv4 } from 'node:net'
import { plainAddress } from '../domain/plain-address.ts'
import type { SocketEnd } from './linux-event.ts'

const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10

/** The `saddr` of a SOCKADDR record: a sockaddr of the machine that wrote it. Of other families undefined. */
export function socketEnd(bytes: Buffer): SocketEnd | undefined {
  if (bytes.length < 3) return undefined
  // the family is in the machine's own order, and below 256
  switch (bytes[0] === 0 ? bytes[1] : bytes[0]) {
    case AF_UNIX:
      return unixEnd(bytes.subarray(2))
    case AF_INET:
      return bytes.length < 8
        ? undefined
        : { family: 'ipv4', address: bytes.subarray(4, 8).join('.'), port: bytes.readUInt16BE(2) }
    case AF_INET6:
      return bytes.length < 24 ? undefined : inet6End(bytes)
    default:
      return undefined
  }
}

/** What stands behind the end of the path is what happened to be there; an abstract name begins with a zero. */
function unixEnd(name: Buffer): SocketEnd | undefined {
  const isAbstract = name[0] === 0
  const text = isAbstract ? name.subarray(1) : name
  const end = text.indexOf(0)
  const path = text.toString('utf8', 0, end === -1 ? text.length : end)
  return path === '' ? undefined : { family: 'unix', address: isAbstract ? `@${path}` : path }
}

function inet6End(bytes: Buffer): SocketEnd {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(8 + index * 2).toString(16))
  const address = plainAddress(new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1))
  return { family: isIPv4(address) ? 'ipv4' : 'ipv6', address, port: bytes.readUInt16BE(2) }
}

/** What auditd and Laurel make of it: `{ saddr_fam=inet laddr=192.0.2.1 lport=80 }`. */
export function translatedEnd(text: string): SocketEnd | undefined {
  const pairs = new Map(Array.from(text.matchAll(/(\w+)=([^\s}]*)/g), ([, name, value]) => [name, value]))
  const path = pairs.get('path')
  if (path !== undefined && path !== '') return { family: 'unix', address: path }
  const written = pairs.get('laddr') ?? pairs.get('addr')
  const port = Number(pairs.get('lport') ?? pairs.get('port'))
  if (written === undefined || !/^[\da-fA-F.:]{2,45}$/.test(written) || !Number.isInteger(port))
    return undefined
  const address = plainAddress(written)
  return { family: isIPv4(address) ? 'ipv4' : 'ipv6', address, port }
}

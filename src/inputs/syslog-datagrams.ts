import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { plainAddress } from './allowed-addresses.ts'
import { cannotListen } from './http-listener.ts'
import type { Hearing, SyslogEar } from './syslog-ear.ts'
import { syslogLine } from './syslog-line.ts'
import { TOO_LONG } from './syslog-frames.ts'
import { droppedByKernel } from './udp-drops.ts'

/** So much the kernel is asked to hold while this process is busy; it may grant less (`net.core.rmem_max`). */
const HELD_BY_KERNEL = 8 * 1024 * 1024

export const NO_ROOM = 'syslog: datagram for which there was no room'
export const DROPPED_BY_KERNEL = 'syslog: datagram that the kernel dropped'

/**
 * Listens for syslog over UDP (RFC 5426): a datagram is a message. Who sends does not learn what is lost, so that it
 * is counted here: what there is no room for, and what the kernel dropped. Throws a UserError where it cannot listen.
 */
export async function listenForDatagrams(
  { name, host, port }: { readonly name: string; readonly host: string; readonly port: number },
  { queue, limit, isAllowed, refused, lost }: Hearing,
): Promise<SyslogEar> {
  const type = isIPv6(host) ? 'udp6' : 'udp4'
  const socket = createSocket({ type, recvBufferSize: HELD_BY_KERNEL })
  let dropped = 0
  socket.on('message', (message, { address }) => {
    const sender = plainAddress(address)
    if (!isAllowed(sender)) return refused()
    if (message.length > limit) return queue.fail(sender, TOO_LONG)
    const line = syslogLine(message)
    if (line === undefined) return
    if (line.kind === 'failed') return queue.fail(sender, line.reason)
    if (queue.offer(sender, line.bytes)) return
    queue.fail(sender, NO_ROOM)
    lost()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) => reject(cannotListen(host, port, cause)))
    socket.bind(port, host, resolve)
  })
  // what goes wrong with one datagram ends nothing
  socket.on('error', () => {})
  const taken = socket.address().port
  return {
    url: `udp://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    look() {
      const now = droppedByKernel(type, taken) ?? dropped
      if (now > dropped) {
        queue.fail(name, DROPPED_BY_KERNEL, now - dropped)
        lost()
      }
      dropped = now
    },
    reread() {},
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

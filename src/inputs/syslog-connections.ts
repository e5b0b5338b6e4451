import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { plainAddress } from './allowed-addresses.ts'
import { cannotListen } from './http-listener.ts'
import { handOn, type Hearing, type SyslogEar } from './syslog-ear.ts'
import { createFrameReader } from './syslog-frames.ts'
import { certificateOf, readTls, type TlsFiles } from './tls-files.ts'

/** Connections of all senders, and of one address. */
const CONNECTIONS = 1024
const CONNECTIONS_EACH = 64
/** Senders are quiet for hours: whether they are there at all is asked by the kernel, ms. */
const KEEP_ALIVE = 60_000
const HANDSHAKE = 30_000

/**
 * Listens for syslog over TCP (RFC 6587) or TLS (RFC 5425). Who has to wait for room is not read from, so that what
 * it sends waits at its end. Throws a UserError where it cannot listen or the TLS files are of no use.
 */
export async function listenForConnections(
  { host, port, tls }: { readonly host: string; readonly port: number; readonly tls: TlsFiles | undefined },
  { queue, limit, isAllowed, refused, crowded }: Hearing,
): Promise<SyslogEar> {
  const open = new Set<Socket>()
  const byAddress = new Map<string, number>()
  const reading = new Set<Promise<void>>()

  const take = async (socket: Socket, sender: string): Promise<void> => {
    const frames = createFrameReader(limit)
    let cut = true
    const read = async ({ messages, failures }: ReturnType<typeof frames.push>): Promise<boolean> => {
      for (const reason of failures) queue.fail(sender, reason)
      for (const message of messages) if (!(await handOn(queue, sender, message))) return false
      return true
    }
    try {
      for await (const piece of socket as AsyncIterable<Buffer>) if (!(await read(frames.push(piece)))) return
      cut = false
    } catch {
      // the sender, or what lies between, cut it: what had arrived is whole or told
    }
    await read(frames.end(cut))
  }
  const accept = (socket: Socket): void => {
    const address = plainAddress(socket.remoteAddress)
    const others = byAddress.get(address) ?? 0
    if (!isAllowed(address)) {
      refused()
      socket.destroy()
      return
    }
    if (others >= CONNECTIONS_EACH) {
      crowded()
      socket.destroy()
      return
    }
    open.add(socket)
    byAddress.set(address, others + 1)
    socket.setKeepAlive(true, KEEP_ALIVE)
    socket.on('error', () => {})
    socket.once('close', () => {
      open.delete(socket)
      const left = (byAddress.get(address) ?? 1) - 1
      if (left === 0) byAddress.delete(address)
      else byAddress.set(address, left)
    })
  }
  const hear = (socket: Socket): void => {
    const certificate = certificateOf(socket)
    if (tls?.clientCa !== undefined && certificate === undefined) {
      refused()
      socket.destroy()
      return
    }
    const over = take(socket, certificate ?? plainAddress(socket.remoteAddress)).finally(() =>
      reading.delete(over),
    )
    reading.add(over)
  }

  const secured =
    tls === undefined ? undefined : createTlsServer({ ...readTls(tls), handshakeTimeout: HANDSHAKE })
  const server = secured ?? createServer()
  server.maxConnections = CONNECTIONS
  server.on('drop', crowded)
  server.on('connection', (socket: Socket) => {
    accept(socket)
    if (secured === undefined && !socket.destroyed) hear(socket)
  })
  secured?.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {})
    hear(socket)
  })
  secured?.on('tlsClientError', (_cause, { remoteAddress }) => {
    if (remoteAddress !== undefined) refused()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(host, port, cause)))
    server.listen(port, host, resolve)
  })
  const taken = (server.address() as AddressInfo).port
  return {
    url: `${tls === undefined ? 'tcp' : 'tls'}://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    look() {},
    reread() {
      if (tls !== undefined) secured?.setSecureContext(readTls(tls))
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      for (const socket of open) socket.destroy()
      await closed
      await Promise.all(reading)
    },
  }
}

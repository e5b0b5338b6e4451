import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Bounds of a server's connections. */
export interface ConnectionLimits {
  /** Of all at once: descriptors are needed elsewhere. */
  readonly all: number
  /** Of those that are not known: of more, the oldest are cut, so that whoever comes next has a place. */
  readonly unknown: number
  /** How long the head of a request may take, and how long all of it, in checks (one a second). */
  readonly head: number
  readonly request: number
}

/** Who is connected, and for how long they may keep a connection without using it. */
export interface Connections {
  /** To be told of each request when its head is there. */
  hear(request: IncomingMessage, response: ServerResponse): void
  /** Its connection is not cut to make place for others, until it is forgotten. */
  know(request: IncomingMessage): void
  forget(request: IncomingMessage): void
}

const CHECK_EVERY = 1_000

interface Connection {
  readonly socket: Socket
  known: boolean
  /** The request that is being read or answered. */
  asked: IncomingMessage | undefined
  /** What had been read when it last had nothing to ask. */
  rested: number
  /** Checks for which a request has been expected or is on its way. */
  waited: number
}

/**
 * Keeps a server open for those who use it. Time is counted in checks, not by the clock: while this process is too
 * busy to read, there are none, so that nobody is cut for what waits here to be read. `cut` is told of each
 * connection that was refused or cut because there were too many.
 */
export function tendConnections(server: Server, limits: ConnectionLimits, cut: () => void): Connections {
  const byPeer = new Map<string, Connection>()
  let making = false

  const makePlace = (): void => {
    making = false
    const unknown = [...byPeer.values()].filter(({ known }) => !known)
    for (const { socket } of unknown.slice(0, Math.max(0, unknown.length - limits.unknown))) {
      socket.destroy()
      cut()
    }
  }
  const check = (): void => {
    for (const connection of byPeer.values()) {
      const { asked, rested, socket } = connection
      const rests = asked === undefined ? rested === socket.bytesRead : asked.complete
      connection.waited = rests ? 0 : connection.waited + 1
      if (connection.waited > (asked === undefined ? limits.head : limits.request)) socket.destroy()
    }
  }

  server.headersTimeout = 0
  server.requestTimeout = 0
  server.maxConnections = limits.all
  const checking = setInterval(check, CHECK_EVERY)
  checking.unref()
  server.once('close', () => clearInterval(checking))
  server.on('drop', cut)
  server.on('timeout', (socket: Socket) => {
    const { bytesRead } = socket
    afterReading(() => {
      if (socket.bytesRead === bytesRead) socket.destroy()
    })
  })
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    if (peer === undefined) return
    const connection = { socket, known: false, asked: undefined, rested: -1, waited: 0 }
    byPeer.set(peer, connection)
    socket.once('close', () => {
      if (byPeer.get(peer) === connection) byPeer.delete(peer)
    })
    if (making || byPeer.size <= limits.unknown) return
    making = true
    // who already asked is known before somebody has to go
    afterReading(makePlace)
  })

  const of = ({ socket }: IncomingMessage): Connection | undefined => byPeer.get(peerOf(socket) ?? '')
  return {
    hear(request, response) {
      const connection = of(request)
      if (connection === undefined) return
      connection.asked = request
      response.once('close', () => {
        if (connection.asked !== request) return
        connection.asked = undefined
        connection.rested = connection.socket.bytesRead
        connection.waited = 0
      })
    },
    know(request) {
      const connection = of(request)
      if (connection !== undefined) connection.known = true
    },
    forget(request) {
      const [peer, connection] = [peerOf(request.socket), of(request)]
      if (peer === undefined || connection === undefined) return
      connection.known = false
      // the longest idle goes first
      byPeer.delete(peer)
      byPeer.set(peer, connection)
    },
  }
}

/** The same for a connection and for what TLS makes of it. */
function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`
}

/** What arrived while this process had no time for it, also on connections that are just being taken, is read first. */
function afterReading(then: () => void): void {
  setImmediate(() => setImmediate(then))
}

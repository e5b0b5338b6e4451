import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { UserError } from '../domain/errors.ts'
import { tendConnections, type ConnectionLimits } from './connections.ts'
import { readTls, type TlsFiles } from './tls-files.ts'

export interface Listener {
  /** With the port that was taken. */
  readonly url: string
  /** Takes what stands in the TLS files now. Throws a UserError, and nothing changes, where they are of no use. */
  reread(): void
  /** Takes no more connections; those that are there have their answers first, and a moment to hear them. */
  close(): Promise<void>
}

/** Senders are few, and any number of strangers may come: those who show no token are cut off to make place. */
const CONNECTIONS = { all: 1024, unknown: 256, head: 10, request: 60 } as const satisfies ConnectionLimits
const KEEP_ALIVE = 65_000
/** Answers are on their way when listening ends; so long they have, ms. */
const FAREWELL = 1_000

/** What is done with what arrives. */
export interface Reaction {
  /** `know` tells that the request is a known sender's. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, know: () => void) => void
  /** A connection was cut because too many strangers are there; it may have been a sender's. */
  readonly crowded: () => void
}

/** Throws a UserError where it cannot listen or the TLS files are of no use. */
export async function listen(
  { host, port, tls }: { readonly host: string; readonly port: number; readonly tls?: TlsFiles | undefined },
  { handle, crowded }: Reaction,
): Promise<Listener> {
  const hear = (request: IncomingMessage, response: ServerResponse): void => {
    connections.hear(request, response)
    handle(request, response, () => connections.know(request))
  }
  const secured =
    tls === undefined ? undefined : createTlsServer({ ...readTls(tls), keepAliveTimeout: KEEP_ALIVE }, hear)
  const server = secured ?? createServer({ keepAliveTimeout: KEEP_ALIVE }, hear)
  const connections = tendConnections(server, CONNECTIONS, crowded)
  // Whoever asks before sending hears what is wrong without sending.
  server.on('checkContinue', hear)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(host, port, cause)))
    server.listen(port, host, resolve)
  })
  const taken = (server.address() as AddressInfo).port
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    reread() {
      if (tls !== undefined) secured?.setSecureContext(readTls(tls))
    },
    close() {
      return new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), FAREWELL)
        server.close(() => {
          clearTimeout(cut)
          resolve()
        })
      })
    },
  }
}

export function cannotListen(host: string, port: number, cause: Error): UserError {
  return new UserError(`cannot listen on ${host}:${port}: ${cause.message}`, {
    mend: 'name another port, or an address of this machine, for this input in the configuration',
    cause,
  })
}

import { serve } from '@hono/node-server'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { UserError } from '../domain/errors.ts'
import { tendConnections, type ConnectionLimits } from '../inputs/connections.ts'

/**
 * Whoever reaches loopback must not use up the descriptors that inputs need. Whoever connects and does not ask is
 * cut off soon, and at once where many do.
 */
const CONNECTIONS = { all: 512, unknown: 128, head: 10, request: 30 } as const satisfies ConnectionLimits
/** And who asks and takes nothing of the answer, ms: longer than a live stream is silent. */
const STALLED = 30_000

/** Where to listen; `port` becomes the one that was taken. */
export interface Address {
  readonly host: string
  port: number
  readonly origin?: string | undefined
}

/** Throws a UserError where the address cannot be had. `stalled` is in ms. */
export function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  address: Address,
  stalled = STALLED,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: address.host, port: address.port }, (info) => {
      address.port = info.port
      resolve(server)
    }) as Server
    server.setTimeout(stalled)
    const connections = tendConnections(server, CONNECTIONS, () => {})
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      connections.hear(request, response)
      connections.know(request)
      response.once('close', () => connections.forget(request))
    })
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new UserError(`cannot listen on ${address.host}:${address.port}: ${cause.message}`, {
          mend: `name another port with --port (npm start -- --port ${address.port < 65_535 ? address.port + 1 : 0}), or an address of this machine in the configuration`,
          cause,
        }),
      )
    })
  })
}

/** This machine's names for itself, and the origin of the proxy where there is one: nobody else's. */
export function allowedHosts({ port, origin }: Address): readonly string[] {
  const own = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`)
  return origin === undefined ? own : [...own, new URL(origin).host]
}

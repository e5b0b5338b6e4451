import { serve } from '@hono/node-server'
import { UserError } from '../domain/errors.ts'

const MAX_CONNECTIONS = 256
/** Whoever connects and does not ask is cut off soon, ms. */
const TIMEOUTS = { headersTimeout: 5_000, requestTimeout: 15_000, connectionsCheckingInterval: 1_000 }
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
): Promise<ReturnType<typeof serve>> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch, hostname: address.host, port: address.port, serverOptions: TIMEOUTS },
      (info) => {
        address.port = info.port
        // Whoever reaches loopback must not use up the descriptors that inputs need.
        server.maxConnections = MAX_CONNECTIONS
        server.setTimeout(stalled)
        resolve(server)
      },
    )
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new UserError(`cannot listen on ${address.host}:${address.port}: ${cause.message}`, {
          mend: 'name another port with --port, or an address of this machine in the configuration',
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

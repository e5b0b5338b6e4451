import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Where connections lead: a port of this machine, or the path of a socket. */
export type Target = number | string

/** Lies between who asks and who answers, and can cut what passes. */
export interface CuttingProxy {
  /** Where it listens: a port, or the path that it was given. */
  readonly at: Target
  leadTo(target: Target): void
  /** Bytes that it passed on to the target. */
  passed(): number
  /** Cuts all connections that are open. */
  cut(): void
  /**
   * The connection in which this text passes, whichever way, is cut within it: its first half gets through. Resolves
   * when that has happened.
   */
  cutWithin(text: string): Promise<void>
  /** The next answer does not get through: its connection is cut in its place. Resolves when that has happened. */
  cutAnswer(): Promise<void>
  stop(): Promise<void>
}

type Way = 'there' | 'back'
/** How much of a piece passes before the cut; undefined where it passes as a whole. */
type Cut = (piece: Buffer, way: Way) => number | undefined

/** Listens on a free port, or on a path. */
export async function cuttingProxy(target: Target, path?: string): Promise<CuttingProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let leadsTo = target
  let there = 0
  let cutting: { readonly at: Cut; readonly done: () => void } | undefined

  const pass = (from: Socket, to: Socket, way: Way): void => {
    from.on('data', (piece: Buffer) => {
      const length = cutting?.at(piece, way)
      if (length === undefined) {
        to.write(piece)
        if (way === 'there') there += piece.length
        return
      }
      const { done } = cutting ?? {}
      cutting = undefined
      // what gets through arrives before the end does
      to.end(piece.subarray(0, length), () => to.destroy())
      from.destroy()
      done?.()
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroySoon())
  }
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const to = typeof leadsTo === 'number' ? { port: leadsTo, host: '127.0.0.1' } : { path: leadsTo }
    const far = connect({ ...to, allowHalfOpen: true })
    const pair = [near, far] as const
    pairs.add(pair)
    far.once('close', () => pairs.delete(pair))
    pass(near, far, 'there')
    pass(far, near, 'back')
  })
  const cutOnce = (at: Cut): Promise<void> =>
    new Promise((resolve) => {
      cutting = { at, done: resolve }
    })
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path })
  await once(server, 'listening')
  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  return {
    at: path ?? (server.address() as AddressInfo).port,
    leadTo(next) {
      leadsTo = next
    },
    passed: () => there,
    cut,
    cutWithin: (text) =>
      cutOnce((piece) => {
        const at = piece.indexOf(text)
        return at === -1 ? undefined : at + Math.floor(text.length / 2)
      }),
    cutAnswer: () => cutOnce((_piece, way) => (way === 'back' ? 0 : undefined)),
    async stop() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

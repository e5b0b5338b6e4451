import type { IncomingMessage } from 'node:http'

/** What came of an upload: its bytes, or why there are none. */
export type Upload =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  /** The sender went away, or was told something meanwhile. */
  | { readonly kind: 'aborted' }
  /** `take` refused more. */
  | { readonly kind: 'refused' }

/** Pieces of a byte each would cost a hundred times what they hold: so many are joined. */
const JOINED = 256

/** Reads a body to its end. `take` is asked for each piece, before it is kept. */
export function receive(
  request: IncomingMessage,
  limit: number,
  take: (bytes: number) => boolean,
): Promise<Upload> {
  return new Promise((resolve) => {
    const joined: Buffer[] = []
    let pieces: Buffer[] = []
    let length = 0
    const keep = (piece: Buffer): void => {
      pieces.push(piece)
      if (pieces.length < JOINED) return
      joined.push(Buffer.concat(pieces))
      pieces = []
    }
    const finish = (upload: Upload): void => {
      request.off('data', read)
      request.off('end', end)
      request.off('close', close)
      resolve(upload)
    }
    const read = (piece: Buffer): void => {
      length += piece.length
      if (length > limit) finish({ kind: 'too-large' })
      else if (take(piece.length)) keep(piece)
      else finish({ kind: 'refused' })
    }
    const end = (): void => finish({ kind: 'whole', bytes: Buffer.concat([...joined, ...pieces], length) })
    const close = (): void => finish({ kind: 'aborted' })
    request.on('data', read)
    request.on('end', end)
    request.on('close', close)
    // An aborted upload is an error as well; `close` follows it.
    request.on('error', () => {})
  })
}

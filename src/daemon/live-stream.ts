import { encoded, type LiveMessage } from './live.ts'

export const HEARTBEAT = 15_000
/** What a client may leave unread, in bytes, before it is hung up on. */
export const UNREAD_LIMIT = 1_048_576

export interface LiveStreamParts {
  readonly subscribe: (listener: (message: LiveMessage) => void) => () => void
  /** Asked at each heartbeat: a stream does not outlive the session that opened it. */
  readonly holds: () => boolean
  /** Told once, however the stream ends. */
  readonly ended: (why: 'slow' | 'over' | 'cancelled') => void
  /** ms. */
  readonly heartbeat?: number
}

/**
 * Live messages as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html):
 * `event` is the message's kind, `data` the message as one line of JSON.
 */
export function liveStream({
  subscribe,
  holds,
  ended,
  heartbeat = HEARTBEAT,
}: LiveStreamParts): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder()
  const unread: Uint8Array<ArrayBuffer>[] = []
  let [bytes, wanted, open] = [0, false, true]
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>

  const end = (why: 'slow' | 'over' | 'cancelled'): void => {
    if (!open) return
    open = false
    clearInterval(timer)
    unsubscribe()
    unread.length = 0
    if (why !== 'cancelled') controller.close()
    ended(why)
  }
  const send = (chunk: Uint8Array<ArrayBuffer>): void => {
    if (!open) return
    if (wanted) {
      wanted = false
      controller.enqueue(chunk)
    } else {
      unread.push(chunk)
      bytes += chunk.length
      if (bytes > UNREAD_LIMIT) end('slow')
    }
  }
  const timer = setInterval(
    () => (holds() ? send(encoder.encode(': still here\n\n')) : end('over')),
    heartbeat,
  )
  timer.unref()
  const unsubscribe = subscribe((message) => send(encoded(message)))

  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(given) {
        controller = given
        send(encoder.encode('retry: 3000\n\n'))
      },
      pull() {
        const chunk = unread.shift()
        if (chunk === undefined) {
          wanted = true
          return
        }
        bytes -= chunk.length
        controller.enqueue(chunk)
      },
      cancel: () => end('cancelled'),
    },
    // Nothing is buffered outside `unread`, so that its bound is the bound.
    { highWaterMark: 0 },
  )
}

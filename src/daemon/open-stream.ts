import type { Context } from 'hono'
import type { Auth } from './auth.ts'
import { refusal, type ApiEnvironment } from './guard.ts'
import { liveStream } from './live-stream.ts'
import type { LiveMessage } from './live.ts'

const EVENT_STREAM = { 'Content-Type': 'text/event-stream; charset=utf-8' }
/** Live streams at one time, whatever they tell of. */
const STREAM_LIMIT = 32

/** Answers with a live stream that ends with its credential; 503 where too many are open. */
export type OpenStream = <E extends ApiEnvironment>(
  context: Context<E>,
  live: { subscribe(listener: (message: LiveMessage) => void): () => void },
) => Response

/** Counts streams of all sets of data together: what they use up is the daemon's. */
export function streamOpener(auth: Pick<Auth, 'holds'>): OpenStream {
  let streams = 0
  return (context, live) => {
    // Nobody would read the body of a HEAD request, nor cancel it.
    if (context.req.method !== 'GET') return context.body(null, 200, EVENT_STREAM)
    if (streams >= STREAM_LIMIT) return context.json(refusal('too many live streams', 'close one'), 503)
    const credential = context.get('credential')
    streams += 1
    const body = liveStream({
      subscribe: (listener) => live.subscribe(listener),
      holds: () => auth.holds(credential),
      ended(why) {
        streams -= 1
        if (why === 'slow') hangUp(context.env)
      },
    })
    return context.body(body, 200, EVENT_STREAM)
  }
}

/** A client that does not read never drains its socket: cut it. Bindings are those of `@hono/node-server`. */
function hangUp(bindings: unknown): void {
  ;(bindings as { readonly outgoing?: { destroy(): void } } | undefined)?.outgoing?.destroy()
}

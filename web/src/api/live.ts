import { headers } from './client.ts'
import { createEventParser } from './server-sent-events.ts'
import type { LiveMessage } from './types.ts'

export type LiveState = 'connecting' | 'live' | 'lost' | 'refused'

/** The daemon says something every fifteen seconds; after this long without a byte it is gone. ms. */
const SILENCE = 45_000
const FIRST_WAIT = 1_000
const LONGEST_WAIT = 30_000

/**
 * Listens to the daemon until `signal` aborts, and comes back after a growing delay when the stream is lost.
 * Read with fetch: an EventSource cannot send the session's key.
 */
export async function listen(
  url: string,
  parts: {
    readonly told: (message: LiveMessage) => void
    /** `live` again after `lost` means that something may have been missed. */
    readonly state: (state: LiveState) => void
    readonly signal: AbortSignal
  },
): Promise<void> {
  let wait = FIRST_WAIT
  parts.state('connecting')
  while (!parts.signal.aborted) {
    const connection = new AbortController()
    const end = (): void => connection.abort()
    parts.signal.addEventListener('abort', end)
    try {
      const response = await fetch(url, { headers: headers(), signal: connection.signal })
      if (response.status === 401) {
        parts.state('refused')
        return
      }
      if (response.ok && response.body !== null) {
        parts.state('live')
        wait = FIRST_WAIT
        await read(response.body, parts.told, end)
      }
    } catch {
      // Lost is lost, whatever ended it: what matters is to come back.
    } finally {
      parts.signal.removeEventListener('abort', end)
      end()
    }
    if (parts.signal.aborted) return
    parts.state('lost')
    await pause(wait, parts.signal)
    wait = Math.min(wait * 2, LONGEST_WAIT)
  }
}

async function read(
  body: ReadableStream<Uint8Array>,
  told: (message: LiveMessage) => void,
  end: () => void,
): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const parse = createEventParser()
  for (;;) {
    const silence = setTimeout(end, SILENCE)
    try {
      const { value, done } = await reader.read()
      if (done) return
      for (const { data } of parse(decoder.decode(value, { stream: true }))) {
        const message = messageOf(data)
        if (message !== undefined) told(message)
      }
    } finally {
      clearTimeout(silence)
    }
  }
}

function messageOf(data: string): LiveMessage | undefined {
  try {
    const message = JSON.parse(data) as LiveMessage | null
    return message !== null && typeof message === 'object' ? message : undefined
  } catch {
    return undefined
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}

import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Input, InputBatch, Reach, Resume } from './input.ts'

export interface StdinInputOptions {
  readonly name?: string
  /** Standard input unless told. */
  readonly from?: Readable
  /** What is piped in happens now: what was not piped in by then is not waited for. */
  readonly live?: true
}

/**
 * What is piped in. It cannot be read again, so that its stream is named after the run: `stdin:<UUID>`. The
 * producer waits while a batch is dealt with. The last chunk has `end`.
 */
export function stdinInput({ name = 'stdin', from = process.stdin, live }: StdinInputOptions = {}): Input {
  let isWaiting = false
  const stop = (): void => void from.destroy()
  return {
    name,
    ...(live && {
      reach: (): Reach => (isWaiting ? { kind: 'caught-up', until: Date.now() } : { kind: 'behind' }),
    }),
    async *read(_resume: Resume, signal: AbortSignal): AsyncIterable<InputBatch> {
      const stream = `stdin:${randomUUID()}`
      let offset = 0
      signal.addEventListener('abort', stop, { once: true })
      isWaiting = true
      try {
        for await (const piece of from as AsyncIterable<Buffer | string>) {
          const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
          if (bytes.length === 0) continue
          isWaiting = false
          // what comes is handed on at once: a pipe may stay quiet for hours
          yield { chunks: [{ stream, offset, bytes }], findings: [], unreadable: [] }
          offset += bytes.length
          isWaiting = true
          if (signal.aborted) return
        }
      } catch (cause) {
        if (!signal.aborted) throw cause
        return
      } finally {
        signal.removeEventListener('abort', stop)
      }
      if (offset > 0) {
        yield {
          chunks: [{ stream, offset, bytes: new Uint8Array(0), end: true }],
          findings: [],
          unreadable: [],
        }
      }
    },
  }
}

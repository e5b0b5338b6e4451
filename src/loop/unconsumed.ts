import type { Chunk } from '../domain/event.ts'
import type { Commit } from '../store/store.ts'

/** What of a batch no record was made of yet, where it cannot be read again. */
export interface Unconsumed {
  /** A chunk was read, and its stream is consumed up to an offset. */
  took(chunk: Pick<Chunk, 'stream' | 'offset' | 'bytes'>, consumed: number): void
  rests(): NonNullable<Commit['rests']>
}

export function createUnconsumed(): Unconsumed {
  const byStream = new Map<string, { consumed: number; pieces: { offset: number; bytes: Uint8Array }[] }>()
  return {
    took({ stream, offset, bytes }, consumed) {
      const of = byStream.get(stream) ?? { consumed, pieces: [] }
      of.consumed = consumed
      if (bytes.length > 0) of.pieces.push({ offset, bytes })
      byStream.set(stream, of)
    },
    rests: () =>
      [...byStream].map(([stream, { consumed, pieces }]) => ({
        stream,
        consumed,
        pieces: pieces.flatMap(({ offset, bytes }) => {
          const from = Math.max(offset, consumed)
          return from >= offset + bytes.length ? [] : [{ offset: from, bytes: bytes.subarray(from - offset) }]
        }),
      })),
  }
}

import type { Chunk } from '../domain/event.ts'

/**
 * What records of 64 KiB mean takes a few hundred KiB, and is dropped before the collector has looked at it twice; what
 * is kept for longer is copied, and then looked at with all that lives long.
 */
const PIECE_BYTES = 64 * 1024

/** The same bytes in pieces of 64 KiB at most, to be decoded one after the other. Only the last ends the stream. */
export function* inPieces<C extends Pick<Chunk, 'offset' | 'bytes' | 'end' | 'idle'>>(
  chunk: C,
): Generator<C> {
  const { end: _end, idle: _idle, ...going } = chunk
  let at = 0
  for (; chunk.bytes.length - at > PIECE_BYTES; at += PIECE_BYTES)
    yield { ...going, offset: chunk.offset + at, bytes: chunk.bytes.subarray(at, at + PIECE_BYTES) } as C
  yield at === 0 ? chunk : { ...chunk, offset: chunk.offset + at, bytes: chunk.bytes.subarray(at) }
}

import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { openRegular } from './open-regular.ts'
import { packingOf, unpack, type Packing } from './unpack.ts'

/** A longer first line names its stream by as much of it. */
export const HEAD_LIMIT = 4096
/** Bytes before an offset that tell whether a file is the one that was read up to there. */
export const TAIL_LENGTH = 1024

/** The content of an open file, unpacked where it is packed; offsets count unpacked bytes. */
export interface Content {
  readonly handle: FileHandle
  readonly packing: Packing
}

/** What stands before an offset. */
export interface Tail {
  readonly offset: number
  readonly bytes: Buffer
}

/** The same by its hash, for a checkpoint. */
export interface Mark {
  readonly offset: number
  readonly length: number
  readonly hash: string
}

/** Throws as `openRegular` does. */
export async function openContent({ real }: { readonly real: string }): Promise<Content> {
  const handle = await openRegular(real)
  try {
    const start = Buffer.alloc(4)
    await handle.read(start, 0, 4, 0)
    return { handle, packing: packingOf(start) }
  } catch (cause) {
    await handle.close()
    throw cause
  }
}

/**
 * The hash of the first line, of its first 4 KiB if it is longer. Undefined while there is no whole line;
 * `finished` content may end without one. Empty content has no head.
 */
export async function headOf(content: Content, finished: boolean): Promise<string | undefined> {
  return headOfBytes(await startOf(content), finished)
}

/** The same of what content begins with. */
export function headOfBytes(bytes: Buffer, finished: boolean): string | undefined {
  const start = bytes.subarray(0, HEAD_LIMIT)
  const newline = start.indexOf(10)
  if (start.length === 0) return undefined
  if (newline < 0 && start.length < HEAD_LIMIT && !finished) return undefined
  return hashOf(newline < 0 ? start : start.subarray(0, newline))
}

async function startOf({ handle, packing }: Content): Promise<Buffer> {
  if (packing === 'none') return readAt(handle, 0, HEAD_LIMIT)
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of unpack(handle, packing)) {
      pieces.push(piece)
      length += piece.length
      if (length >= HEAD_LIMIT) break
    }
  } catch (cause) {
    // the trouble is told when the content is read; what came before it still names the stream
    if (length === 0) throw cause
  }
  return Buffer.concat(pieces).subarray(0, HEAD_LIMIT)
}

/** What stands before `offset`, or before the end where the content is shorter. */
export async function tailAt({ handle, packing }: Content, offset: number): Promise<Tail> {
  if (packing === 'none') {
    const from = Math.max(0, offset - TAIL_LENGTH)
    const bytes = await readAt(handle, from, offset - from)
    return { offset: from + bytes.length, bytes }
  }
  let tail: Tail = { offset: 0, bytes: Buffer.alloc(0) }
  for await (const piece of unpack(handle, packing)) {
    tail = extendTail(tail, piece.subarray(0, offset - tail.offset))
    if (tail.offset === offset) break
  }
  return tail
}

/** Chunks from `offset` to the present end. */
export async function* chunksFrom(
  { handle, packing }: Content,
  offset: number,
  chunkBytes: number,
): AsyncGenerator<{ readonly offset: number; readonly bytes: Buffer }> {
  if (packing === 'none') {
    for (let position = offset; ;) {
      const bytes = await readAt(handle, position, chunkBytes)
      if (bytes.length === 0) return
      yield { offset: position, bytes }
      position += bytes.length
    }
  }
  let [position, held, length] = [0, [] as Buffer[], 0]
  const take = (): { offset: number; bytes: Buffer } => {
    const chunk = { offset: position - length, bytes: Buffer.concat(held) }
    held = []
    length = 0
    return chunk
  }
  try {
    for await (const piece of unpack(handle, packing)) {
      const wanted = piece.subarray(Math.min(piece.length, Math.max(0, offset - position)))
      position += piece.length
      if (wanted.length === 0) continue
      held.push(wanted)
      length += wanted.length
      if (length >= chunkBytes) yield take()
    }
  } catch (cause) {
    if (length > 0) yield take()
    throw cause
  }
  if (length > 0) yield take()
}

/** At most `length` bytes at `position`; fewer only at the end of the file. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

export function extendTail(tail: Tail, bytes: Buffer): Tail {
  const joined = bytes.length >= TAIL_LENGTH ? bytes : Buffer.concat([tail.bytes, bytes])
  return { offset: tail.offset + bytes.length, bytes: Buffer.from(joined.subarray(-TAIL_LENGTH)) }
}

export function markOf(tail: Tail): Mark {
  return { offset: tail.offset, length: tail.bytes.length, hash: hashOf(tail.bytes) }
}

/** Whether the content was read up to `mark`: the same bytes stand before the same offset. */
export async function agrees(content: Content, mark: Mark): Promise<boolean> {
  const tail = await tailAt(content, mark.offset)
  return (
    tail.offset === mark.offset && hashOf(tail.bytes.subarray(tail.bytes.length - mark.length)) === mark.hash
  )
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32)
}

import type { FileHandle } from 'node:fs/promises'
import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'

/** How a file is compressed, by its first bytes. */
export type Packing = 'none' | 'gzip' | 'zstd'

/** A compressed file that does not unpack to its end: what came before was delivered. */
export class UnpackError extends Error {
  readonly kind: 'truncated' | 'damaged' | 'bomb'
  constructor(reason: string, kind: UnpackError['kind'], cause?: unknown) {
    super(reason, { cause })
    this.name = 'UnpackError'
    this.kind = kind
  }
}

/** A packed file that grows by more than this beyond the floor is a bomb, not a log: gzip at its limit is 1,030. */
const BOMB_RATIO = 500
const BOMB_FLOOR = 1024 ** 3
/** Bytes that are unpacked at once; where there is damage, the piece with it is taken again in smaller ones. */
const PIECES = [64 * 1024, 256, 1] as const

export function packingOf(start: Uint8Array): Packing {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip'
  // RFC 8878, section 3.1.1
  const zstd = start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd
  return zstd ? 'zstd' : 'none'
}

/**
 * The bytes that were packed, in pieces as they come. Throws an UnpackError after the last that can be had: what a
 * piece gave before the damage in it comes only with smaller pieces.
 */
export async function* unpack(file: FileHandle, packing: 'gzip' | 'zstd'): AsyncGenerator<Buffer> {
  let [sound, delivered] = [0, 0]
  for (const length of PIECES) {
    let unpacked = 0
    const source = pieces(file, length, sound, (position) => (sound = position))
    try {
      for await (const piece of unpackOnce(source, packing)) {
        const known = Math.min(piece.length, delivered - unpacked)
        unpacked += piece.length
        if (known === piece.length) continue
        delivered = unpacked
        yield piece.subarray(known)
      }
      return
    } catch (cause) {
      if (!(cause instanceof UnpackError) || cause.kind !== 'damaged' || length === PIECES.at(-1)) throw cause
    }
  }
}

async function* unpackOnce(source: AsyncIterable<Buffer>, packing: 'gzip' | 'zstd'): AsyncGenerator<Buffer> {
  const stream: Transform =
    packing === 'gzip'
      ? createGunzip({ chunkSize: 64 * 1024 })
      : createZstdDecompress({ chunkSize: 64 * 1024 })
  let [packed, unpacked] = [0, 0]
  try {
    for await (const piece of drive(
      stream,
      counted(source, (bytes) => (packed += bytes)),
    )) {
      unpacked += piece.length
      if (unpacked > BOMB_FLOOR && unpacked > packed * BOMB_RATIO) {
        throw new UnpackError(`decompression bomb: ${packing} grows more than ${BOMB_RATIO}-fold`, 'bomb')
      }
      yield piece
    }
  } catch (cause) {
    if (cause instanceof UnpackError) throw cause
    const code = (cause as NodeJS.ErrnoException).code ?? ''
    if (code === 'Z_BUF_ERROR') throw new UnpackError(`truncated ${packing}`, 'truncated', cause)
    if (code.startsWith('Z_') || code.startsWith('ZSTD_')) {
      throw new UnpackError(`damaged ${packing} (${(cause as Error).message})`, 'damaged', cause)
    }
    throw cause
  } finally {
    stream.destroy()
  }
}

/** In pieces of the full length up to `sound`, then of `length`; `passed` is told where one that made no trouble ends. */
async function* pieces(
  file: FileHandle,
  length: number,
  sound: number,
  passed: (position: number) => void,
): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const wanted = position < sound ? Math.min(PIECES[0], sound - position) : length
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, position)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    position += bytesRead
    if (position > sound) passed(position)
  }
}

async function* counted(
  source: AsyncIterable<Buffer>,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    count(piece.length)
    yield piece
  }
}

/**
 * Writes piece by piece and reads all that each one gave before the next is written: iterating over the
 * stream itself would discard what it still buffers when an error comes.
 */
async function* drive(stream: Transform, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let trouble: Error | undefined
  let wake: () => void = nobodyWaits
  let ended = false
  stream.on('readable', () => wake())
  stream.on('end', () => {
    ended = true
    wake()
  })
  stream.on('error', (error: Error) => {
    trouble = error
    wake()
  })
  const until = async function* (finished: () => boolean): AsyncGenerator<Buffer> {
    for (;;) {
      for (let piece = read(stream); piece !== null; piece = read(stream)) yield piece
      if (trouble !== undefined) throw trouble
      if (finished()) return
      await new Promise<void>((resolve) => {
        wake = resolve
        if (finished() || trouble !== undefined || stream.readableLength > 0) resolve()
      })
    }
  }
  for await (const piece of source) {
    let written = false
    stream.write(piece, () => {
      written = true
      wake()
    })
    yield* until(() => written)
    for (let rest = read(stream); rest !== null; rest = read(stream)) yield rest
  }
  stream.end()
  yield* until(() => ended)
}

function read(stream: Transform): Buffer | null {
  return stream.read() as Buffer | null
}

function nobodyWaits(): void {}

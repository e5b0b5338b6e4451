import { expect, it } from 'vitest'
import { inPieces } from './in-pieces.ts'

const chunk = (length: number) => ({
  stream: 's',
  offset: 1_000,
  bytes: Uint8Array.from({ length }, (_, at) => at % 251),
  idle: true as const,
  end: true,
})

it.each([0, 1, 65_535, 65_536, 65_537, 131_072, 200_001])(
  'cuts %d bytes into consecutive pieces of which only the last ends the stream',
  (length) => {
    const whole = chunk(length)
    const pieces = [...inPieces(whole)]
    let at = whole.offset
    for (const [number, { stream, offset, bytes, end, idle }] of pieces.entries()) {
      const isLast = number === pieces.length - 1
      expect({ stream, offset, end, idle }).toEqual({
        stream: 's',
        offset: at,
        end: isLast ? true : undefined,
        idle: isLast ? true : undefined,
      })
      expect(bytes.length).toBeLessThanOrEqual(65_536)
      at += bytes.length
    }
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).equals(whole.bytes)).toBe(true)
    expect(pieces.length).toBe(Math.max(1, Math.ceil(length / 65_536)))
  },
)

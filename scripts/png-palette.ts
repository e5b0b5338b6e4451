import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const COLOURS = 256
/** So many are chosen by frequency. */
const FREQUENT = 160
/** Pixels of a colour that are worth a place. */
const RARE = 6

/**
 * The same picture with 256 colours, which a page of text rarely exceeds: the most frequent ones, and for each
 * other pixel the nearest of them. Reads PNG (https://www.w3.org/TR/png-3/) as a browser writes screenshots:
 * eight bits a channel, without interlace; an alpha channel is dropped.
 */
export function withPalette(png: Uint8Array): Uint8Array {
  const { width, height, channels, pixels } = decode(Buffer.from(png))
  const counts = new Map<number, number>()
  const colourAt = (at: number): number =>
    ((pixels[at] ?? 0) << 16) | ((pixels[at + 1] ?? 0) << 8) | (pixels[at + 2] ?? 0)
  for (let at = 0; at < pixels.length; at += channels) {
    const colour = colourAt(at)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  const palette = choose(counts)
  const known = new Map(palette.map((colour, index) => [colour, index]))
  const indexOf = (colour: number): number => {
    const index = known.get(colour) ?? nearest(palette, colour)
    known.set(colour, index)
    return index
  }
  const rows = Buffer.alloc(height * (width + 1))
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      rows[y * (width + 1) + 1 + x] = indexOf(colourAt((y * width + x) * channels))
    }
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** The most frequent colours; and, so that a rare one does not turn grey, those that are furthest from them. */
function choose(counts: ReadonlyMap<number, number>): readonly number[] {
  const ordered = [...counts].sort(([, a], [, b]) => b - a).map(([colour]) => colour)
  const palette = ordered.slice(0, FREQUENT)
  const rest = new Map(
    ordered
      .slice(FREQUENT)
      .filter((colour) => (counts.get(colour) ?? 0) >= RARE)
      .map((colour) => [colour, Math.min(...palette.map((each) => distance(each, colour)))]),
  )
  while (palette.length < COLOURS && rest.size > 0) {
    const [furthest] = [...rest].reduce((most, each) => (each[1] > most[1] ? each : most))
    palette.push(furthest)
    rest.delete(furthest)
    for (const [colour, far] of rest) rest.set(colour, Math.min(far, distance(furthest, colour)))
  }
  return palette
}

function decode(png: Buffer) {
  const parts: Buffer[] = []
  let [width, height, channels] = [0, 0, 0]
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const data = png.subarray(at + 8, at + 8 + length)
    if (type === 'IHDR') {
      ;[width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)]
      channels = { 2: 3, 6: 4 }[data[9] ?? 0] ?? 0
      if (data[8] !== 8 || channels === 0 || data[12] !== 0) throw new Error('not a PNG as browsers write it')
    }
    if (type === 'IDAT') parts.push(data)
    at += length + 12
  }
  return {
    width,
    height,
    channels,
    pixels: unfilter(inflateSync(Buffer.concat(parts)), width * channels, channels),
  }
}

/** Undoes the filter of each row: none, sub, up, average, Paeth. */
function unfilter(raw: Buffer, stride: number, channels: number): Uint8Array {
  const rows = raw.length / (stride + 1)
  const pixels = new Uint8Array(rows * stride)
  for (let y = 0; y < rows; y += 1) {
    const filter = raw[y * (stride + 1)] ?? 0
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x
      const left = x >= channels ? (pixels[at - channels] ?? 0) : 0
      const up = y > 0 ? (pixels[at - stride] ?? 0) : 0
      const corner = x >= channels && y > 0 ? (pixels[at - stride - channels] ?? 0) : 0
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0
      pixels[at] = (raw[y * (stride + 1) + 1 + x] ?? 0) + guess
    }
  }
  return pixels
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}

function nearest(palette: readonly number[], colour: number): number {
  let [best, index] = [Number.POSITIVE_INFINITY, 0]
  for (const [n, each] of palette.entries()) {
    const far = distance(each, colour)
    if (far < best) [best, index] = [far, n]
  }
  return index
}

function distance(a: number, b: number): number {
  const red = (a >> 16) - (b >> 16)
  const green = ((a >> 8) & 255) - ((b >> 8) & 255)
  const blue = (a & 255) - (b & 255)
  return red * red + green * green + blue * blue
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(named.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(named, 4)
  framed.writeUInt32BE(crc32(named), named.length + 4)
  return framed
}

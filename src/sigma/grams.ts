/** Characters by which a literal is looked for. */
export const GRAM = 4
/** Bytes before a text, so that the first gram can be read like every other. */
export const PAD = GRAM
/** Odd, with its bits spread: Knuth's multiplicative hashing. */
const SPREAD = -1_640_531_535

/** Sets what tells upper from lower case in each byte of Latin-1; some other characters fall together by it. */
const CASE = 0x20_20_20_20

/** The same for upper and lower case. */
export function caseless(gram: number): number {
  return gram | CASE
}

/** A gram's place in a table of 2^(32 - shift) places, the same for upper and lower case. */
export function placeOf(gram: number, shift: number): number {
  return Math.imul(gram | CASE, SPREAD) >>> shift
}

/** The gram of a text that ends at `end`; of its UTF-16 units the low bytes count. */
export function gramBefore(text: string, end: number): number {
  let gram = 0
  for (let index = end - GRAM; index < end; index += 1) gram = nextGram(gram, text.charCodeAt(index) & 0xff)
  return gram
}

/** The gram that ends one byte further. */
export function nextGram(gram: number, byte: number): number {
  return (gram >>> 8) | (byte << 24)
}

/** Of a text the low byte of each UTF-16 unit: going through bytes is several times as fast as through a string. */
export interface LowBytes {
  /** The first {@link PAD} of them are no part of the text. */
  readonly bytes: Buffer
  readonly view: DataView
}

let scratch = lowBytes(65_536)

function lowBytes(size: number): LowBytes {
  const bytes = Buffer.alloc(size)
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) }
}

/** The text's bytes, until the next call. */
export function lowBytesOf(text: string): LowBytes {
  if (PAD + text.length > scratch.bytes.length) scratch = lowBytes(PAD + 2 * text.length)
  scratch.bytes.write(text, PAD, 'latin1')
  return scratch
}

/** The gram that ends before the byte at `end`. */
export function gramAt({ view }: LowBytes, end: number): number {
  return view.getInt32(end - GRAM, true)
}

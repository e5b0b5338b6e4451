/** 16 KiB: of 10,000 values one in 200 that is not among them is taken for one that is. */
const BITS = 131_072
const HASHES = 4

/** Values that were there, where they are too many to keep: a Bloom filter. What was added is always found. */
export interface SeenSketch {
  readonly bits: Uint8Array
}

export function newSeenSketch(): SeenSketch {
  return { bits: new Uint8Array(BITS / 8) }
}

export function addSeen({ bits }: SeenSketch, value: string): void {
  for (const bit of bitsOf(value)) bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7))
}

export function maybeSeen({ bits }: SeenSketch, value: string): boolean {
  return bitsOf(value).every((bit) => ((bits[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0)
}

export function seenSketchJson({ bits }: SeenSketch): string {
  return Buffer.from(bits).toString('base64')
}

export function seenSketchFrom(json: string): SeenSketch {
  const bits = new Uint8Array(BITS / 8)
  bits.set(Buffer.from(json, 'base64').subarray(0, bits.length))
  return { bits }
}

/** Two hashes give all: Kirsch and Mitzenmacher, 2006. */
function bitsOf(value: string): readonly number[] {
  const [one, other] = [fnv(value, 0x811c9dc5), fnv(value, 0x01000193) | 1]
  return Array.from({ length: HASHES }, (_, n) => (one + Math.imul(n, other)) >>> (32 - Math.log2(BITS)))
}

function fnv(text: string, seed: number): number {
  let hash = seed
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  return hash ^ (hash >>> 12)
}

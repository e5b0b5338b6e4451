import type { Entry } from '../domain/chained.ts'

/** Lengths of head and body, 32 bits each, before both. */
const PREFIX = 8

/** Entries one after the other, as they travel. */
export function framed(entries: readonly Entry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ head, body }) => {
      const text = Buffer.from(head)
      const prefix = Buffer.alloc(PREFIX)
      prefix.writeUInt32BE(text.length, 0)
      prefix.writeUInt32BE(body.length, 4)
      return [prefix, text, body]
    }),
  )
}

/** The entries again; undefined where the bytes are none. They refer to `bytes`. */
export function unframed(bytes: Buffer): readonly Entry[] | undefined {
  const entries: Entry[] = []
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < PREFIX) return undefined
    const [head, body] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
    at += PREFIX
    if (bytes.length - at < head + body) return undefined
    entries.push({
      head: bytes.toString('utf8', at, at + head),
      body: bytes.subarray(at + head, at + head + body),
    })
    at += head + body
  }
  return entries
}

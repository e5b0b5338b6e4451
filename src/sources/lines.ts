import { isUtf8 } from 'node:buffer'

/** A line of a stream, or why it is none. `next` is the offset behind its end. */
export type Line =
  | {
      readonly kind: 'line'
      readonly offset: number
      readonly next: number
      readonly text: string
      /** Two bytes a character: UTF-16. */
      readonly wide: boolean
    }
  | {
      readonly kind: 'failed'
      readonly offset: number
      readonly next: number
      readonly reason: string
      readonly sample: string
    }

type Encoding = 'utf8' | 'utf16le' | 'utf16be'

/** Where reading stopped, for going on at `offset`. JSON. */
export interface LinesCheckpoint {
  /** Undefined before the first bytes: a mark may come. */
  readonly encoding: Encoding | undefined
  /** The rest of a line that was too long is thrown away. */
  readonly skipping: boolean
  /** A line of text was read. */
  readonly begun?: boolean
  /** It began with bytes that are no text: nothing more is read. */
  readonly stopped: boolean
}

export interface LineReader {
  /** Bytes must follow on those before them. `end` tells that a line without its newline is complete. */
  push(offset: number, bytes: Uint8Array, end: boolean): readonly Line[]
  /** Offset behind the last line that was handed out. */
  readonly consumed: number
  checkpoint(): LinesCheckpoint
}

/** Longer records are refused: 16 MiB. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024
export const TOO_LONG = 'record longer than 16 MiB'
export const INVALID_UTF8 = 'invalid UTF-8'
export const BINARY = 'binary content'

/**
 * Cuts the bytes of a stream into lines, holding no more than one record's limit of them. NUL is in no text: a stream
 * that begins with it is something else, and is not read; within one that was text, it fails its line alone. What a
 * power cut leaves of a block, NULs and then the next record, is a failure and that record.
 */
export function createLineReader(from?: LinesCheckpoint): LineReader {
  let encoding = from?.encoding
  let skipping = from?.skipping ?? false
  let begun = from?.begun ?? from !== undefined
  let stopped = from?.stopped ?? false
  let held: Buffer = Buffer.alloc(0)
  let start = 0
  let searched = 0
  let parts: Buffer[] = []
  let partsLength = 0

  /** A long line that arrives in many chunks is joined once. */
  const isMoreOfOneLine = (bytes: Uint8Array, end: boolean): boolean =>
    encoding === 'utf8' &&
    held.length > 0 &&
    !end &&
    held.length + partsLength + bytes.length <= MAX_RECORD_BYTES &&
    !bytes.includes(0x0a)

  const decode = (bytes: Buffer, offset: number, next: number): readonly Line[] => {
    if (encoding === 'utf16le' || encoding === 'utf16be') {
      return [{ kind: 'line', offset, next, text: trimReturn(utf16(bytes, encoding)), wide: true }]
    }
    const hole = lengthOfHole(bytes)
    const text = bytes.subarray(hole)
    if (text.includes(0) || text.length === 0) {
      if (bytes.length === 0) return [{ kind: 'line', offset, next, text: '', wide: false }]
      stopped = !begun
      return [{ kind: 'failed', offset, next, reason: BINARY, sample: '' }]
    }
    if (hole > 0) {
      const before: Line = { kind: 'failed', offset, next: offset + hole, reason: BINARY, sample: '' }
      return [before, ...decode(text, offset + hole, next)]
    }
    if (!isUtf8(bytes)) {
      const sample = bytes.toString('latin1', 0, 512)
      return [{ kind: 'failed', offset, next, reason: INVALID_UTF8, sample }]
    }
    begun = true
    return [{ kind: 'line', offset, next, text: trimReturn(bytes.toString('utf8')), wide: false }]
  }

  const tooLong = (): Line => {
    const line: Line = {
      kind: 'failed',
      offset: start,
      next: start + held.length,
      reason: TOO_LONG,
      sample: held.toString('utf8', 0, 512),
    }
    start += held.length
    held = Buffer.alloc(0)
    searched = 0
    skipping = true
    return line
  }

  return {
    push(offset, bytes, end) {
      if (stopped) {
        start = offset + bytes.length
        return []
      }
      if (held.length === 0 && parts.length === 0) start = offset
      if (isMoreOfOneLine(bytes, end)) {
        parts.push(Buffer.from(bytes))
        partsLength += bytes.length
        return []
      }
      held = held.length === 0 ? viewOf(bytes) : Buffer.concat([held, ...parts, bytes])
      parts = []
      partsLength = 0
      if (encoding === undefined) {
        if (held.length < 3 && !end) return []
        const mark = byteOrderMark(held)
        encoding = mark.encoding
        // a resumed stream does not begin with its mark
        held = held.subarray(mark.length)
        start += mark.length
      }
      const lines: Line[] = []
      let from = 0
      for (;;) {
        const at = newline(held, Math.max(from, searched), encoding)
        if (at === -1) break
        const next = at + (encoding === 'utf8' ? 1 : 2)
        if (skipping) skipping = false
        else if (at - from > MAX_RECORD_BYTES) lines.push(failedLine(held, start, from, next))
        else lines.push(...decode(held.subarray(from, at), start + from, start + next))
        from = next
        if (stopped) break
      }
      start += from
      held = held.subarray(from)
      searched = Math.max(0, held.length - 1)
      if (stopped || skipping) {
        start += held.length
        held = Buffer.alloc(0)
        searched = 0
      } else if (held.length > MAX_RECORD_BYTES) {
        lines.push(tooLong())
      } else if (end && held.length > 0) {
        lines.push(...decode(held, start, start + held.length))
        start += held.length
        held = Buffer.alloc(0)
        searched = 0
      } else {
        // a copy: the chunk's memory is the input's
        held = Buffer.from(held)
      }
      return lines
    },
    get consumed() {
      return start
    },
    checkpoint() {
      return { encoding, skipping, begun, stopped }
    },
  }
}

function failedLine(held: Buffer, start: number, from: number, next: number): Line {
  const sample = held.toString('utf8', from, from + 512)
  return { kind: 'failed', offset: start + from, next: start + next, reason: TOO_LONG, sample }
}

/** How many NULs it begins with. */
function lengthOfHole(bytes: Buffer): number {
  let length = 0
  while (bytes[length] === 0) length += 1
  return length
}

function trimReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}

function byteOrderMark(bytes: Buffer): { readonly encoding: Encoding; readonly length: number } {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { encoding: 'utf8', length: 3 }
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { encoding: 'utf16le', length: 2 }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: 'utf16be', length: 2 }
  return { encoding: 'utf8', length: 0 }
}

/** Index of the next newline; in UTF-16 of its code unit, which starts at an even index. */
function newline(bytes: Buffer, from: number, encoding: Encoding): number {
  if (encoding === 'utf8') return bytes.indexOf(0x0a, from)
  const high = encoding === 'utf16le' ? 1 : 0
  for (let at = from - (from % 2); at + 1 < bytes.length; at += 2) {
    if (bytes[at + 1 - high] === 0x0a && bytes[at + high] === 0) return at
  }
  return -1
}

function utf16(bytes: Buffer, encoding: Encoding): string {
  const even = bytes.subarray(0, bytes.length - (bytes.length % 2))
  return encoding === 'utf16le' ? even.toString('utf16le') : Buffer.from(even).swap16().toString('utf16le')
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

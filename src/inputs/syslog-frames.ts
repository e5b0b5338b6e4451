/** What a piece of a connection held. */
export interface Frames {
  /** Messages as they were sent, without what frames them. */
  readonly messages: readonly Buffer[]
  /** Why others could not be taken; one failure each. */
  readonly failures: readonly string[]
}

export interface FrameReader {
  push(piece: Buffer): Frames
  /** The connection is over; `cut` where the sender did not end it itself. */
  end(cut: boolean): Frames
}

export const TOO_LONG = 'syslog: message longer than its limit'
export const UNFINISHED = 'syslog: connection ended within a message'

/** A message that begins with its length, or what may become one. A line that begins with a year is none. */
const COUNTED = /^([1-9]\d{0,7}) </
const COUNT_BEGINS = /^[1-9]\d{0,7} ?$/
const COUNT_LENGTH = 10
const NEWLINE = 0x0a

type Frame =
  | { readonly kind: 'message'; readonly bytes: Buffer; readonly next: number }
  /** Not before there are so many bytes; Infinity: not before there is a newline. */
  | { readonly kind: 'more'; readonly wanted: number }
  /** So many bytes are passed over; Infinity: all up to a newline. */
  | { readonly kind: 'long'; readonly pass: number }

/**
 * Takes messages out of a connection, each framed as it says itself (RFC 6587, 3.4): octet counting, where it begins
 * with its length and a priority follows, else by newlines. A longer message than `limit` bytes is passed over, and
 * what follows it is read. Holds twice the limit at most.
 */
export function createFrameReader(limit: number): FrameReader {
  let held = Buffer.alloc(0)
  let length = 0
  let wanted = 0
  let passing = 0

  const passOver = (bytes: Buffer): Buffer => {
    if (passing === 0) return bytes
    if (passing !== Infinity) {
      const passed = Math.min(passing, bytes.length)
      passing -= passed
      return bytes.subarray(passed)
    }
    const end = bytes.indexOf(NEWLINE)
    if (end === -1) return bytes.subarray(bytes.length)
    passing = 0
    return bytes.subarray(end + 1)
  }
  const append = (bytes: Buffer): void => {
    if (length + bytes.length > held.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * length, length + bytes.length))
      held.copy(larger, 0, 0, length)
      held = larger
    }
    bytes.copy(held, length)
    length += bytes.length
  }
  const mayBeWhole = (fresh: Buffer): boolean =>
    length >= wanted || (wanted === Infinity && (length > limit || fresh.includes(NEWLINE)))

  return {
    push(piece) {
      const messages: Buffer[] = []
      const failures: string[] = []
      let bytes = passOver(piece)
      if (length > 0) {
        append(bytes)
        if (!mayBeWhole(bytes)) return { messages, failures }
        bytes = held.subarray(0, length)
      }
      wanted = 0
      while (bytes.length > 0 && wanted === 0) {
        const frame = frameOf(bytes, limit)
        if (frame.kind === 'more') wanted = frame.wanted
        else if (frame.kind === 'long') {
          failures.push(TOO_LONG)
          passing = frame.pass
          bytes = passOver(bytes)
        } else {
          messages.push(frame.bytes)
          bytes = bytes.subarray(frame.next)
        }
      }
      // what was handed out stands in the buffer that was held
      held = Buffer.from(bytes)
      length = held.length
      return { messages, failures }
    },
    end(cut) {
      const bytes = held.subarray(0, length)
      held = Buffer.alloc(0)
      length = 0
      if (bytes.length === 0) return { messages: [], failures: [] }
      // who closes behind the last line may leave out its newline; a count says that something is missing
      const isWhole = !cut && !COUNTED.test(headOf(bytes))
      return isWhole ? { messages: [bytes], failures: [] } : { messages: [], failures: [UNFINISHED] }
    },
  }
}

function frameOf(bytes: Buffer, limit: number): Frame {
  const head = headOf(bytes)
  const count = COUNTED.exec(head)?.[1]
  if (count !== undefined) {
    const start = count.length + 1
    const next = start + Number(count)
    if (next - start > limit) return { kind: 'long', pass: next }
    return bytes.length < next
      ? { kind: 'more', wanted: next }
      : { kind: 'message', bytes: bytes.subarray(start, next), next }
  }
  if (COUNT_BEGINS.test(head)) return { kind: 'more', wanted: bytes.length + 1 }
  const end = bytes.indexOf(NEWLINE)
  if (end > limit) return { kind: 'long', pass: end + 1 }
  if (end !== -1) return { kind: 'message', bytes: bytes.subarray(0, end), next: end + 1 }
  return bytes.length > limit ? { kind: 'long', pass: Infinity } : { kind: 'more', wanted: Infinity }
}

function headOf(bytes: Buffer): string {
  return bytes.toString('latin1', 0, COUNT_LENGTH)
}

import { isUtf8 } from 'node:buffer'

/** A message as one line, without its newline; or why it is none. Undefined where it is empty. */
export type SyslogLine =
  | { readonly kind: 'line'; readonly bytes: Buffer }
  | { readonly kind: 'failed'; readonly reason: string }

export const WITH_NUL = 'syslog: message with NUL'
export const NOT_UTF8 = 'syslog: message that is not UTF-8'

const [NUL, NEWLINE, RETURN, BLANK] = [0x00, 0x0a, 0x0d, 0x20]

/**
 * One message is one line, whatever is written into it: newlines within it become blanks, and so no text that a
 * program logs becomes a message of another. What ends it (newline, NUL) is left out.
 */
export function syslogLine(message: Buffer): SyslogLine | undefined {
  let end = message.length
  while (end > 0 && isEnding(message[end - 1])) end -= 1
  const bytes = message.subarray(0, end)
  if (bytes.length === 0) return undefined
  if (bytes.includes(NUL)) return { kind: 'failed', reason: WITH_NUL }
  if (!isUtf8(bytes)) return { kind: 'failed', reason: NOT_UTF8 }
  if (!bytes.includes(NEWLINE) && !bytes.includes(RETURN)) return { kind: 'line', bytes }
  return {
    kind: 'line',
    bytes: Buffer.from(bytes.map((byte) => (byte === NEWLINE || byte === RETURN ? BLANK : byte))),
  }
}

function isEnding(byte: number | undefined): boolean {
  return byte === NUL || byte === NEWLINE || byte === RETURN
}

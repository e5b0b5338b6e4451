import type { Span } from './messages.ts'

/** A span whose bytes are not put together yet. */
export interface LooseSpan {
  readonly offset: number
  readonly parts: readonly Uint8Array[]
  readonly end?: true
}

const NEWLINE = 0x0a

/** The spans up to their last newline, and a copy of what is behind it; undefined where there is none. */
export function cutAtLine(
  spans: readonly LooseSpan[],
): { readonly spans: readonly LooseSpan[]; readonly tail: Uint8Array } | undefined {
  const behind: Uint8Array[] = []
  for (let span = spans.length - 1; span >= 0; span -= 1) {
    const { offset, parts = [] } = spans[span] ?? { offset: 0 }
    for (let part = parts.length - 1; part >= 0; part -= 1) {
      const bytes = parts[part] ?? new Uint8Array(0)
      const at = bytes.lastIndexOf(NEWLINE)
      behind.unshift(bytes.subarray(at + 1))
      if (at === -1) continue
      const kept = { offset, parts: [...parts.slice(0, part), bytes.subarray(0, at + 1)] }
      return { spans: [...spans.slice(0, span), kept], tail: joined(behind) }
    }
  }
  return undefined
}

/** A copy of the last whole lines, at most so many bytes; the spans end with a newline. */
export function lastLines(spans: readonly LooseSpan[], limit: number): Uint8Array {
  const last: Uint8Array[] = []
  let length = 0
  for (const bytes of spans.flatMap(({ parts }) => parts).reverse()) {
    if (length >= limit) break
    const wanted = bytes.subarray(Math.max(0, bytes.length - (limit - length)))
    last.unshift(wanted)
    length += wanted.length
  }
  const window = joined(last)
  return window.subarray(window.indexOf(NEWLINE) + 1)
}

/** The spans over one piece of memory, which can be handed to another thread. */
export function withinOne(loose: readonly LooseSpan[]): {
  readonly bytes: ArrayBuffer
  readonly spans: readonly Span[]
} {
  const total = loose.reduce((sum, { parts }) => sum + lengthOf(parts), 0)
  const bytes = new ArrayBuffer(total)
  let at = 0
  const spans = loose.map(({ offset, parts, end }): Span => {
    const own = new Uint8Array(bytes, at, lengthOf(parts))
    let filled = 0
    for (const part of parts) {
      own.set(part, filled)
      filled += part.length
    }
    at += filled
    return { offset, bytes: own, ...(end === true && { end }) }
  })
  return { bytes, spans }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return withinOne([{ offset: 0, parts }]).spans[0]?.bytes ?? new Uint8Array(0)
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}

import { describe, expect, it } from 'vitest'
import { counted } from '../../test/syslog-input.ts'
import { createFrameReader, TOO_LONG, UNFINISHED } from './syslog-frames.ts'

const LIMIT = 64

/** What comes of the text in pieces of `size` bytes, with the end of the connection. */
function framed(text: string | Buffer, size: number, cut = false) {
  const reader = createFrameReader(LIMIT)
  const bytes = Buffer.from(text)
  const messages: string[] = []
  const failures: string[] = []
  const take = (frames: ReturnType<typeof reader.push>): void => {
    messages.push(...frames.messages.map((message) => message.toString()))
    failures.push(...frames.failures)
  }
  for (let at = 0; at < bytes.length; at += size) take(reader.push(bytes.subarray(at, at + size)))
  take(reader.end(cut))
  return { messages, failures }
}

const A = '<13>Nov 21 10:00:00 a x: first'
const B = '<13>1 2026-11-21T10:00:00Z b x - - - se\ncond'
const LONG = `<13>${'x'.repeat(LIMIT)}`

describe.each([1, 2, 3, 7, 30, 31, 32, 1_000])('in pieces of %i bytes', (size) => {
  it.each([
    ['octet counting', counted(A) + counted(B) + counted(A), [A, B, A]],
    ['newlines', `${A}\n${A}\n`, [A, A]],
    ['both on one connection', `${counted(B)}${A}\n${counted(A)}`, [B, A, A]],
    ['newlines behind counted messages', `${counted(B)}\n${counted(A)}\n`, [B, '', A, '']],
    ['a last line without its newline', `${A}\n${A}`, [A, A]],
    [
      'lines that begin with digits',
      `2026-11-21 x\n12\n7 {"a":1}\n12345678901 <13>\n`,
      ['2026-11-21 x', '12', '7 {"a":1}', '12345678901 <13>'],
    ],
    ['empty lines', `\n\n${A}\n`, ['', '', A]],
  ])('reads %s', (_, text, messages) => {
    expect(framed(text, size)).toEqual({ messages, failures: [] })
  })

  it('passes over what is longer than the limit, once each, and reads on', () => {
    const text = `${counted(LONG)}${counted(A)}${LONG}\n${A}\n${LONG.repeat(3)}\n${counted(B)}`
    expect(framed(text, size)).toEqual({ messages: [A, A, B], failures: [TOO_LONG, TOO_LONG, TOO_LONG] })
  })

  it('takes what is just not too long', () => {
    const full = `<13>${'y'.repeat(LIMIT - 4)}`
    expect(framed(`${counted(full)}${full}\n`, size)).toEqual({ messages: [full, full], failures: [] })
  })

  it('tells of what a connection ended within', () => {
    expect(framed(`${A}\n<13>half`, size, true)).toEqual({ messages: [A], failures: [UNFINISHED] })
    expect(framed(counted(A) + counted(B).slice(0, -1), size)).toEqual({
      messages: [A],
      failures: [UNFINISHED],
    })
  })
})

it('holds what comes byte by byte without copying it again and again', () => {
  const reader = createFrameReader(4 * 1024 * 1024)
  const [before, piece] = [performance.now(), Buffer.from('x')]
  for (let at = 0; at < 1_000_000; at += 1) reader.push(piece)
  expect(reader.push(Buffer.from('\n')).messages[0]).toHaveLength(1_000_000)
  // joined anew for each byte it would be hundreds of gigabytes
  expect(performance.now() - before).toBeLessThan(20_000)
})

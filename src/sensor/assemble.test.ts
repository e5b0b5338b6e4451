import { array, assert, integer, property, uint8Array } from 'fast-check'
import { expect, it } from 'vitest'
import { createAssembly, type Observed } from './assemble.ts'
import { parseMessage, type Message } from './messages.ts'

/** A line as bpftrace prints it. */
function line(data: string): string {
  return JSON.stringify({ type: 'printf', data })
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

const END = 'E 1 1000 7 7 6 0 900 44 0 0 0 0 0 0 0'

/** The messages of an exec with these arguments, as the program sends them: pieces of 128 bytes, then the end. */
function execOf(path: Uint8Array, args: Uint8Array): readonly string[] {
  const pieces = (field: number, bytes: Uint8Array): string[] => [
    `L 1000 7 ${field} ${bytes.length}`,
    ...Array.from(
      { length: Math.ceil(bytes.length / 128) },
      (_, index) => `T 1000 7 ${field} ${index * 128} ${hex(bytes.subarray(index * 128, index * 128 + 128))}`,
    ),
  ]
  return [...pieces(0, path), ...pieces(1, args), END].map(line)
}

function observe(lines: readonly string[]): Observed | undefined {
  const assembly = createAssembly()
  let last: Observed | undefined
  for (const message of lines.map(parseMessage)) {
    if (message !== undefined) last = assembly.take(message) ?? last
  }
  return last
}

it('gives back any bytes as they were, whatever they look like', () => {
  assert(
    property(uint8Array({ maxLength: 600 }), uint8Array({ maxLength: 4_000 }), (path, args) => {
      const text = Buffer.concat([path.map((byte) => byte || 1), Buffer.alloc(1)])
      const event = observe(execOf(text, args))
      expect(event?.text(0)?.bytes).toEqual(text.subarray(0, -1))
      expect(event?.text(0)?.whole).toBe(true)
      expect(event?.bytes(1)?.bytes).toEqual(Buffer.from(args))
      expect(event?.bytes(1)?.whole).toBe(true)
    }),
  )
})

it('says that a text is not whole when any of its pieces is missing, and keeps only what is before it', () => {
  const args = Buffer.from('a'.repeat(1_000))
  const lines = execOf(Buffer.from('/bin/x\0'), args)
  assert(
    property(integer({ min: 3, max: lines.length - 2 }), (missing) => {
      const event = observe(lines.filter((_, index) => index !== missing))
      expect(event?.bytes(1)?.whole).toBe(false)
      expect(args.indexOf(event?.bytes(1)?.bytes ?? '')).toBe(0)
      expect(event?.text(0)?.whole).toBe(true)
    }),
  )
})

it('keeps the pieces of events apart that come between each other', () => {
  const other = execOf(Buffer.from('/bin/other\0'), Buffer.from('other\0')).map((one) =>
    one.replaceAll('1000 7', '1000 8'),
  )
  const mine = execOf(Buffer.from('/bin/mine\0'), Buffer.from('mine\0'))
  const assembly = createAssembly()
  const events = mine
    .flatMap((one, index) => [one, other[index] ?? ''])
    .map(parseMessage)
    .filter((message): message is Message => message !== undefined)
    .flatMap((message) => assembly.take(message) ?? [])
  expect(events.map((event) => event.text(0)?.bytes.toString())).toEqual(['/bin/mine', '/bin/other'])
})

it('never throws on a line, and takes nothing for a message that the program does not send', () => {
  assert(
    property(array(uint8Array({ maxLength: 80 }), { maxLength: 5 }), (lines) => {
      for (const bytes of lines) {
        const text = Buffer.from(bytes).toString('latin1')
        for (const one of [text, line(text)]) {
          const message = parseMessage(one)
          if (message !== undefined) createAssembly().take(message)
        }
      }
    }),
  )
  expect(parseMessage(line('E 1 1000 7 7 6 0 900 44 0 0 0 0 0 0'))).toBeUndefined()
  expect(parseMessage(line('Z 1'))).toBeUndefined()
  expect(parseMessage('{"type":"map","data":{"@x":1}}')).toBeUndefined()
  expect(parseMessage('{"type":"lost_events","data":{"events":3}}')).toEqual({ kind: 'lost', count: 3 })
})

it('puts the steps of a path together from the root on, and marks one that did not reach it', () => {
  const steps = ['D 1000 7 0 0 3 66 6f 6f', 'D 1000 7 0 1 0 ', 'D 1000 7 0 2 3 62 61 72']
  const whole = observe([...steps, 'R 1000 7 0 3', END].map(line))?.folder(0)
  expect([whole?.bytes.toString(), whole?.whole]).toEqual(['/bar/foo', true])
  expect(observe([...steps, END].map(line))?.folder(0)?.whole).toBe(false)
  expect(observe(['R 1000 7 0 0', END].map(line))?.folder(0)?.bytes.toString()).toBe('/')
  expect(observe([END].map(line))?.folder(0)).toBeUndefined()
})

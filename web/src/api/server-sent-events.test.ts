import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createEventParser } from './server-sent-events.ts'

const STREAM =
  'retry: 3000\n\n: still here\n\nevent: alert\ndata: {"a":1}\n\ndata: two\r\ndata: lines\r\n\r\nevent: unfinished\ndata: x\n'
const EVENTS = [
  { event: 'alert', data: '{"a":1}' },
  { event: 'message', data: 'two\nlines' },
]

it('gives whole events, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length }), { maxLength: 8 }), (cuts) => {
      const parse = createEventParser()
      const places = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length]
      const events = places.slice(1).flatMap((end, index) => parse(STREAM.slice(places[index], end)))
      expect(events).toEqual(EVENTS)
    }),
  )
})

it('drops an event that is too large, and goes on', () => {
  const parse = createEventParser()
  const piece = `data: ${'x'.repeat(1_048_576)}\n`
  expect([1, 2, 3, 4, 5].flatMap(() => parse(piece))).toEqual([])
  expect(parse('\ndata: next\n\n')).toEqual([{ event: 'message', data: 'next' }])
})

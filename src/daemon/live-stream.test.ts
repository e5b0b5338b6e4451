import { expect, test } from 'vitest'
import { liveStream, UNREAD_LIMIT } from './live-stream.ts'
import type { LiveMessage } from './live.ts'

function open(holds: () => boolean = () => true) {
  const listeners = new Set<(message: LiveMessage) => void>()
  const endings: string[] = []
  const stream = liveStream({
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    holds,
    ended: (why) => void endings.push(why),
    heartbeat: 5,
  })
  const tell = (message: string): void => {
    for (const listener of listeners) listener(aFinding(message))
  }
  return { reader: stream.pipeThrough(new TextDecoderStream()).getReader(), stream, tell, listeners, endings }
}

function aFinding(message: string): LiveMessage {
  const at = '2026-11-21T10:00:00.000Z'
  return {
    kind: 'finding',
    finding: { id: 'f', kind: 'producer-loss', about: 'a', since: at, until: at, message },
  }
}

test('messages come in order, each as one event, whatever their text', async () => {
  const { reader, tell } = open()
  expect((await reader.read()).value).toBe('retry: 3000\n\n')
  tell('one\n\nevent: forged\ndata: x')
  tell('two')
  const texts: string[] = []
  while (texts.length < 2) {
    const { done, value = '' } = await reader.read()
    if (done) throw new Error('the stream ended')
    if (value.startsWith(':')) continue
    const [event, data, ...rest] = value.split('\n')
    expect([event, rest]).toEqual(['event: finding', ['', '']])
    texts.push(JSON.parse((data ?? '').replace(/^data: /, '')).finding.message)
  }
  expect(texts).toEqual(['one\n\nevent: forged\ndata: x', 'two'])
  await reader.cancel()
})

test('a quiet stream beats, until the session that opened it ends', async () => {
  let held = true
  const { reader, listeners, endings } = open(() => held)
  await reader.read()
  expect((await reader.read()).value).toBe(': still here\n\n')
  held = false
  while (!(await reader.read()).done);
  expect([listeners.size, endings]).toEqual([0, ['over']])
})

test('a client that leaves is forgotten', async () => {
  const { reader, listeners, endings } = open()
  await reader.read()
  await reader.cancel()
  expect([listeners.size, endings]).toEqual([0, ['cancelled']])
})

test('what a client leaves unread is bounded: it is hung up on, once', async () => {
  const { tell, listeners, endings, reader } = open()
  for (let bytes = 0; bytes <= UNREAD_LIMIT + 200_000; bytes += 100_000) tell('x'.repeat(100_000))
  expect([listeners.size, endings]).toEqual([0, ['slow']])
  let received = 0
  for (;;) {
    const { done, value = '' } = await reader.read()
    if (done) break
    received += value.length
  }
  expect(received).toBeLessThan(200_000)
})

test('a client that keeps up is told more than it may ever leave unread', async () => {
  const { reader, tell, endings } = open()
  await reader.read()
  let received = 0
  for (let n = 0; n < 20; n += 1) {
    tell('x'.repeat(100_000))
    tell('y')
    while (received < (n + 1) * 100_000) {
      const { done, value = '' } = await reader.read()
      if (done) throw new Error(`ended after ${received} characters`)
      received += value.length
    }
  }
  expect(received).toBeGreaterThan(UNREAD_LIMIT)
  expect(endings).toEqual([])
  await reader.cancel()
})

import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { createDelivered, deliver } from '../../test/delivered.ts'
import { stdinInput } from './stdin.ts'

it('hands on what is piped in, in order, and ends', async () => {
  const delivered = createDelivered()
  await deliver(
    stdinInput({ from: Readable.from([Buffer.from('{"a"'), Buffer.from(':1}\n{'), Buffer.from('}')]) }),
    delivered,
  )
  expect([...delivered.streams.values()].map(String)).toEqual(['{"a":1}\n{}'])
  expect([...delivered.ended]).toEqual([...delivered.streams.keys()])
})

it('has nothing to say of an empty input', async () => {
  const delivered = createDelivered()
  await deliver(stdinInput({ from: Readable.from([]) }), delivered)
  expect(delivered.batches).toEqual([])
})

it('lets the producer wait while a batch is dealt with', async () => {
  let produced = 0
  const producer = new Readable({
    highWaterMark: 64 * 1024,
    read() {
      produced += 1
      this.push(produced > 200 ? null : Buffer.alloc(64 * 1024, 'x'))
    },
  })
  const reading = stdinInput({ from: producer }).read(
    { checkpoint: undefined, offset: () => undefined },
    new AbortController().signal,
  )
  const batches = reading[Symbol.asyncIterator]()
  await batches.next()
  await new Promise((resolve) => void setTimeout(resolve, 50))
  expect(produced).toBeLessThan(5)
  let bytes = 64 * 1024
  for (let batch = await batches.next(); batch.done !== true; batch = await batches.next())
    bytes += batch.value.chunks[0]?.bytes.length ?? 0
  expect(bytes).toBe(200 * 64 * 1024)
})

it('stops when asked to, also while nothing comes', async () => {
  const delivered = createDelivered()
  await deliver(stdinInput({ from: new Readable({ read() {} }) }), delivered, () => true)
  expect(delivered.batches).toEqual([])
})

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Input, InputBatch, Resume } from '../inputs/input.ts'
import { merge } from '../inputs/merge.ts'
import { containersFirst, type TypedInput } from './containers-first.ts'

const RESUME: Resume = { checkpoint: undefined, offset: () => undefined }
const BATCH: InputBatch = { chunks: [], findings: [], unreadable: [] }

function input(name: string, pauses: readonly number[]): Input {
  return {
    name,
    async *read() {
      for (const pause of pauses) {
        await sleep(pause)
        yield BATCH
      }
    },
  }
}

/** Settled when so many of its batches are dealt with. */
function engine(name: string, pauses: readonly number[], settledAfter: number): Input {
  let dealtWith = 0
  return {
    name,
    settled: () => dealtWith >= settledAfter,
    async *read() {
      for (const pause of pauses) {
        await sleep(pause)
        yield BATCH
        dealtWith += 1
      }
    },
  }
}

async function orderOf(inputs: readonly TypedInput[]): Promise<readonly string[]> {
  const signal = new AbortController().signal
  const order: string[] = []
  const sequences = inputs.map(({ input: one }) => ({ from: one.name, items: one.read(RESUME, signal) }))
  for await (const { from } of merge(sequences)) order.push(from)
  return order
}

it('reads files when every engine has told its containers, however slowly, and lets nobody else wait', async () => {
  const inputs = containersFirst([
    { type: 'file', input: input('file', [0]) },
    { type: 'http', input: input('http', [0]) },
    { type: 'docker', input: engine('docker', [100, 1_000], 2) },
    { type: 'docker', input: engine('podman', [200], 1) },
  ])
  expect(await orderOf(inputs)).toEqual(['http', 'docker', 'podman', 'docker', 'file'])
})

it('lets nobody wait for an engine that cannot tell', async () => {
  const inputs = containersFirst([
    { type: 'file', input: input('file', [0]) },
    { type: 'docker', input: engine('docker', [2_000], 0) },
  ])
  expect(await orderOf(inputs)).toEqual(['file', 'docker'])
})

it('reads files although an engine never has told all', async () => {
  const pauses = Array.from({ length: 40 }, () => 20)
  const inputs = containersFirst(
    [
      { type: 'file', input: input('file', [0]) },
      { type: 'docker', input: engine('docker', pauses, Number.POSITIVE_INFINITY) },
    ],
    100,
  )
  const order = await orderOf(inputs)
  expect(order).toContain('file')
  expect(order.indexOf('file')).toBeLessThan(39)
})

it('changes nothing where no engine is read', () => {
  const inputs = [{ type: 'file', input: input('file', [0]) }]
  expect(containersFirst(inputs)).toBe(inputs)
})

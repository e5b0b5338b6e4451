import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Input, InputBatch, Resume } from '../inputs/input.ts'
import { merge } from '../merge.ts'
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

async function orderOf(inputs: readonly TypedInput[]): Promise<readonly string[]> {
  const signal = new AbortController().signal
  const order: string[] = []
  const sequences = inputs.map(({ input: one }) => ({ from: one.name, items: one.read(RESUME, signal) }))
  for await (const { from } of merge(sequences)) order.push(from)
  return order
}

it('reads files when the engine has told its containers, and lets nobody else wait', async () => {
  const inputs = containersFirst(
    [
      { type: 'file', input: input('file', [0]) },
      { type: 'http', input: input('http', [0]) },
      { type: 'docker', input: input('docker', [100, 100]) },
    ],
    { quiet: 500 },
  )
  expect(await orderOf(inputs)).toEqual(['http', 'docker', 'docker', 'file'])
})

it('reads files although the engine never stops telling', async () => {
  const inputs = containersFirst(
    [
      { type: 'file', input: input('file', [0]) },
      {
        type: 'docker',
        input: input(
          'docker',
          Array.from({ length: 40 }, () => 20),
        ),
      },
    ],
    { quiet: 60_000, patience: 100 },
  )
  expect((await orderOf(inputs)).indexOf('file')).toBeLessThan(39)
})

it('changes nothing where no engine is read', () => {
  const inputs = [{ type: 'file', input: input('file', [0]) }]
  expect(containersFirst(inputs)).toBe(inputs)
})

import { expect, it } from 'vitest'
import { merge } from './merge.ts'

async function* items(values: readonly number[], log: string[] = [], name = ''): AsyncGenerator<number> {
  try {
    for (const value of values) {
      await new Promise((resolve) => setImmediate(resolve))
      log.push(`${name}${value}`)
      yield value
    }
  } finally {
    log.push(`${name}closed`)
  }
}

it('delivers all of every sequence', async () => {
  const seen: number[] = []
  for await (const { item } of merge([
    { from: 'a', items: items([1, 2, 3]) },
    { from: 'b', items: items([4, 5]) },
  ]))
    seen.push(item)
  expect(seen.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5])
})

it('asks for the next item only when the one before was dealt with', async () => {
  const log: string[] = []
  for await (const { item } of merge([{ from: 'a', items: items([1, 2], log) }])) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    log.push(`dealt with ${item}`)
  }
  expect(log).toEqual(['1', 'dealt with 1', '2', 'dealt with 2', 'closed'])
})

it('throws what a sequence throws', async () => {
  async function* broken(): AsyncGenerator<number> {
    yield 1
    throw new Error('disk gone')
  }
  const read = async (): Promise<void> => {
    for await (const { item } of merge([{ from: 'a', items: broken() }])) expect(item).toBe(1)
  }
  await expect(read()).rejects.toThrow('disk gone')
})

it('closes every sequence when the consumer leaves', async () => {
  const log: string[] = []
  for await (const { item } of merge([
    { from: 'a', items: items([1, 2, 3], log, 'a') },
    { from: 'b', items: items([1, 2, 3], log, 'b') },
  ])) {
    if (item === 1) break
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(log.filter((line) => line.endsWith('closed')).sort()).toEqual(['aclosed', 'bclosed'])
})

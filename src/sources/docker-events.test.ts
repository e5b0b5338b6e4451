import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createStreamDecoder, sources } from './index.ts'

function identitiesIn(file: string) {
  const bytes = readFileSync(join(import.meta.dirname, 'fixtures/docker.events', file))
  const batch = createStreamDecoder(sources, file).push({ stream: file, offset: 0, bytes, end: true })
  return batch.items.map(({ decoded }) => decoded.identity)
}

test('the API’s records and the text of `docker events` are the same events', () => {
  expect(identitiesIn('recorded.log')).toEqual(identitiesIn('recorded.jsonl'))
})

const JOINED = {
  Type: 'network',
  Action: 'connect',
  Actor: { ID: 'a'.repeat(64), Attributes: { container: 'b'.repeat(64), name: 'open', type: 'bridge' } },
  time: 1_795_200_000,
  'x-tallyman': { running: true },
}

test.each([
  ['docker:d:engine', true],
  ['file:1', undefined],
])('whether a container ran is believed of an engine’s own stream: %s', (stream, running) => {
  const batch = createStreamDecoder(sources, stream).push({
    stream,
    offset: 0,
    bytes: Buffer.from(`${JSON.stringify(JOINED)}\n`),
    end: true,
  })
  const [event] = batch.items.flatMap(({ decoded }) => decoded.events)
  expect((event?.record as Record<string, unknown> | undefined)?.['container.running']).toBe(running)
})

test.each([
  ['Docker', 'a'.repeat(64), { container: 'b'.repeat(64), name: 'open', type: 'bridge' }],
  ['Podman', 'b'.repeat(64), { name: 'open' }],
])('%s says which container joins a network', (_engine, ID, Attributes) => {
  const text = JSON.stringify({ ...JOINED, Actor: { ID, Attributes } })
  const batch = createStreamDecoder(sources, 's').push({
    stream: 's',
    offset: 0,
    bytes: Buffer.from(`${text}\n`),
    end: true,
  })
  const [event] = batch.items.flatMap(({ decoded }) => decoded.events)
  expect(event?.resource['container.id']).toBe('b'.repeat(64))
})

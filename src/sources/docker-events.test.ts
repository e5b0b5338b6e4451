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

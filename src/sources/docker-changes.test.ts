import { expect, it } from 'vitest'
import { engineStream } from '../domain/engine-stream.ts'
import { dockerChanges } from './docker-changes.ts'
import type { FramedRecord } from './source.ts'

const ID = 'a'.repeat(64)
const LINE = {
  Path: '/usr/local/bin/x',
  Kind: 1,
  'x-tallyman': { container: ID, engine: 'docker', host: 'node-1', observed: 5 },
}
const record = (stream: string, json: object): FramedRecord => ({
  stream,
  position: 0,
  text: JSON.stringify(json),
  json,
  received: 9,
})

it('is told of the container that its engine was asked about, as of when it was, and once', () => {
  const own = record(engineStream('d', 'e1'), LINE)
  expect(dockerChanges.recognise(own)).toBe(true)
  const decoded = dockerChanges.decoder().decode(own)
  expect(decoded).toMatchObject({
    events: [{ time: 5, resource: { 'container.id': ID, 'host.name': 'node-1' } }],
  })
  const later = record(engineStream('d', 'e1'), {
    ...LINE,
    'x-tallyman': { ...LINE['x-tallyman'], observed: 7 },
  })
  const again = dockerChanges.decoder().decode(later)
  expect(again.kind === 'evaluated' && again.identity).toEqual(
    decoded.kind === 'evaluated' && decoded.identity,
  )
})

it('is nobody’s where anybody else says whose it is', () => {
  expect(dockerChanges.recognise(record('file:x', LINE))).toBe(false)
  const plain = record('file:x', { Path: '/x', Kind: 0 })
  expect(dockerChanges.decoder().decode(plain)).toMatchObject({ events: [{ time: 9, resource: {} }] })
})

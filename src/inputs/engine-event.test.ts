import { expect, it } from 'vitest'
import { changesSpecification, endsContainer, parseEvent } from './engine-event.ts'

const [NETWORK, CONTAINER] = ['a'.repeat(64), 'b'.repeat(64)]

function event(Type: string, Action: string, ID: string, Attributes: object = {}): string {
  return JSON.stringify({ Type, Action, Actor: { ID, Attributes }, timeNano: 1 })
}

it.each([
  ['a container is made', event('container', 'create', CONTAINER), CONTAINER, true, false],
  ['a container is destroyed', event('container', 'destroy', CONTAINER), CONTAINER, false, true],
  [
    'a container joins a network',
    event('network', 'connect', NETWORK, { container: CONTAINER }),
    CONTAINER,
    true,
    false,
  ],
  [
    'a container joins one, as Podman says it',
    event('network', 'connect', CONTAINER),
    CONTAINER,
    true,
    false,
  ],
  ['a network is made', event('network', 'create', NETWORK, { name: 'shop' }), undefined, false, false],
  ['a network is destroyed', event('network', 'destroy', NETWORK), undefined, false, false],
  ['a volume is made', event('volume', 'create', NETWORK), undefined, false, false],
  ['no event', 'not JSON', undefined, false, false],
] as const)('%s', (_name, line, container, changes, ends) => {
  const read = parseEvent(line)
  expect([read.container, changesSpecification(read), endsContainer(read)]).toEqual([
    container,
    changes,
    ends,
  ])
})

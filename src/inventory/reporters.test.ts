import { describe, expect, it } from 'vitest'
import { aContainer, anEvent, BY_ANYBODY, BY_ENGINE } from '../../test/builders.ts'
import type { Fact, Resource } from '../domain/event.ts'
import type { Reporter } from '../domain/state.ts'
import { createInventory, type Inventory } from './inventory.ts'

const ID = 'c'.repeat(64)
const ROOT_MOUNT = { source: '/', destination: '/host', readOnly: false }
const OTHER_ENGINE: Reporter = { input: 'docker-2', engine: true }

const TRUE = { 'container.image.id': 'sha256:1', 'container.image.name': 'evil/miner' }
const FORGED = { 'container.image.id': 'sha256:9', 'container.image.name': 'ours/approved' }

function container(id: string, resource: Resource, time = 1): Fact {
  return {
    kind: 'container',
    id,
    time,
    resource: aContainer({ 'container.id': id, ...resource }),
    mounts: [],
  }
}

function known(inventory: Inventory, id = ID): Resource {
  return inventory.resolve(anEvent({ resource: { 'container.id': id } })).resource
}

describe.each([
  ['anybody who may send telemetry', BY_ANYBODY],
  ['the input of another engine', OTHER_ENGINE],
])('%s', (_who, other) => {
  const contradiction = { container: ID, believed: 'docker', contradicting: other.input }

  it('replaces nothing that the engine told, whether newer or older, and the attempt is told', () => {
    const inventory = createInventory([])
    expect(inventory.observe(container(ID, TRUE, 5), BY_ENGINE)).toBeUndefined()
    for (const time of [1, 5, 9])
      expect(inventory.observe(container(ID, FORGED, time), other)).toEqual(contradiction)
    expect(known(inventory)).toMatchObject({ ...TRUE, 'host.name': 'node-1' })
    expect(inventory.changes()).toHaveLength(1)
  })

  it('adds nothing that a filter could ask for, nor a mount', () => {
    const inventory = createInventory([])
    inventory.observe(container(ID, TRUE), BY_ENGINE)
    const more = {
      ...TRUE,
      'container.image.repo_digests': ['ours@sha256:1'],
      'k8s.namespace.name': 'kube-system',
    }
    expect(inventory.observe(container(ID, more), other)).toBeUndefined()
    expect(inventory.observe({ ...container(ID, TRUE), mounts: [ROOT_MOUNT] } as Fact, other)).toEqual(
      contradiction,
    )
    expect(known(inventory)).toEqual(aContainer({ 'container.id': ID, ...TRUE }))
  })

  it('does not let the container go', () => {
    const inventory = createInventory([])
    inventory.observe(container(ID, TRUE), BY_ENGINE)
    inventory.observe({ kind: 'container-gone', id: ID, time: 2 }, other)
    inventory.observe({ kind: 'container-gone', id: ID.slice(0, 12), time: 2 }, other)
    expect(inventory.changes()[0]).not.toHaveProperty('gone')
  })

  it('does the same after a restart', () => {
    const before = createInventory([])
    before.observe(container(ID, TRUE), BY_ENGINE)
    const after = createInventory(JSON.parse(JSON.stringify(before.changes())))
    expect(after.observe(container(ID, FORGED), other)).toEqual(contradiction)
    expect(known(after)).toMatchObject(TRUE)
  })
})

it('believes the engine once it tells, and keeps nothing of what others said', () => {
  const inventory = createInventory([])
  const forged: Fact = {
    ...container(ID, { ...FORGED, 'k8s.namespace.name': 'kube-system' }, 9),
    mounts: [ROOT_MOUNT],
    addresses: ['10.0.0.2'],
  } as Fact
  inventory.observe(forged, BY_ANYBODY)
  expect(inventory.observe(container(ID, TRUE, 5), BY_ENGINE)).toEqual({
    container: ID,
    believed: 'docker',
    contradicting: 'http',
  })
  expect(inventory.changes()).toEqual([
    { id: ID, resource: aContainer({ 'container.id': ID, ...TRUE }), mounts: [], by: BY_ENGINE, time: 5 },
  ])
})

it('takes over the containers of an input that is no longer there', () => {
  const row = {
    id: ID,
    resource: aContainer(TRUE),
    mounts: [],
    by: { ...BY_ENGINE, input: 'renamed' },
    time: 1,
  }
  const inventory = createInventory([row], { isInput: (name) => name !== 'renamed' })
  inventory.observe(container(ID, { ...TRUE, 'container.name': 'new' }, 2), BY_ENGINE)
  expect(inventory.changes()).toMatchObject([{ by: BY_ENGINE, resource: { 'container.name': 'new' } }])
})

describe('a short id', () => {
  const SHORT = ID.slice(0, 12)
  const twin = SHORT + 'd'.repeat(52)

  it('names a container only where a single one begins so', () => {
    const inventory = createInventory([])
    inventory.observe(container(ID, TRUE), BY_ENGINE)
    expect(known(inventory, SHORT)).toMatchObject({ ...TRUE, 'container.id': ID })
    inventory.observe(container(twin, FORGED), BY_ENGINE)
    expect(known(inventory, SHORT)).toEqual({ 'container.id': SHORT })
    expect(known(inventory, ID)).toMatchObject(TRUE)
    expect(known(inventory, twin)).toMatchObject(FORGED)
    expect(known(inventory, SHORT + 'e'.repeat(52))).not.toHaveProperty(['container.name'])
  })

  it.each([twin, SHORT])('is the engine’s container’s, whatever anybody says of %s', (id) => {
    const inventory = createInventory([])
    inventory.observe(container(ID, TRUE), BY_ENGINE)
    inventory.observe(container(id, FORGED), BY_ANYBODY)
    expect(known(inventory, SHORT)).toMatchObject({ ...TRUE, 'container.id': ID })
  })
})

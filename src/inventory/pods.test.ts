import { describe, expect, it } from 'vitest'
import { aContainer, anEvent, BY_ANYBODY, BY_CLUSTER, BY_ENGINE } from '../../test/builders.ts'
import type { Fact, Resource } from '../domain/event.ts'
import { createInventory } from './inventory.ts'

const UID = '0a1b2c3d-1111-2222-3333-444455556666'
const ID = 'c'.repeat(64)
const NOON = Date.UTC(2026, 10, 20, 12)
const POD: Resource = {
  'k8s.namespace.name': 'shop',
  'k8s.pod.name': 'web-5d-x',
  'k8s.pod.uid': UID,
  'k8s.node.name': 'node-1',
  'k8s.deployment.name': 'web',
}

function pod(parts: Partial<Extract<Fact, { kind: 'container' }>> = {}): Fact {
  return {
    kind: 'container',
    id: UID.replaceAll('-', ''),
    time: NOON,
    resource: POD,
    mounts: [],
    addresses: ['10.1.0.7'],
    ...parts,
  }
}

function container(resource: Resource): Fact {
  return {
    kind: 'container',
    id: ID,
    time: NOON,
    resource: { 'container.id': ID, ...resource },
    mounts: [{ source: '/', destination: '/host', readOnly: false }],
  }
}

describe('what an API server tells', () => {
  it('is found by the container, short or whole, by the pod, and by its address while it had it', () => {
    const inventory = createInventory([])
    inventory.observe(pod(), BY_CLUSTER)
    inventory.observe(container({ ...POD, 'k8s.container.name': 'app' }), BY_CLUSTER)
    const found = (resource: Resource) => inventory.resolve(anEvent({ resource, time: NOON + 1 })).resource
    expect(found({ 'container.id': ID.slice(0, 12) })).toEqual({
      ...POD,
      'k8s.container.name': 'app',
      'container.id': ID,
    })
    expect(found({ 'k8s.pod.uid': UID })).toEqual(POD)
    // whoever names the pod and a container that is not known yet
    expect(found({ 'k8s.pod.uid': UID, 'container.id': 'd'.repeat(64) })).toEqual({
      ...POD,
      'container.id': 'd'.repeat(64),
    })
    const flow = { client: '10.1.0.7', server: '10.9.9.9' }
    const connection = (time: number) => inventory.resolve(anEvent({ resource: {}, flow, time })).resource
    expect(connection(NOON + 1)).toEqual(POD)
    inventory.observe(pod({ time: NOON + 1_000, addresses: [] }), BY_CLUSTER)
    expect(connection(NOON + 2_000)).toEqual({})
    expect(connection(NOON + 500)).toEqual(POD)
  })

  it('is changed by nobody else', () => {
    const inventory = createInventory([])
    inventory.observe(pod(), BY_CLUSTER)
    const forged = pod({ time: NOON + 1, resource: { ...POD, 'k8s.deployment.name': 'trusted' } })
    expect(inventory.observe(forged, BY_ANYBODY)).toMatchObject({ believed: 'kubernetes' })
    inventory.observe({ kind: 'container-gone', id: UID.replaceAll('-', ''), time: NOON + 2 }, BY_ANYBODY)
    const { resource } = inventory.resolve(anEvent({ resource: { 'k8s.pod.uid': UID } }))
    expect(resource['k8s.deployment.name']).toBe('web')
    expect(inventory.changes()).toMatchObject([{ by: BY_CLUSTER, resource: POD }])
  })

  it('replaces what others had told of the pod before, and says so', () => {
    const inventory = createInventory([])
    inventory.observe(pod({ resource: { ...POD, 'k8s.deployment.name': 'trusted' } }), BY_ANYBODY)
    expect(inventory.observe(pod(), BY_CLUSTER)).toMatchObject({ contradicting: 'http' })
    const { resource } = inventory.resolve(anEvent({ resource: { 'k8s.pod.uid': UID } }))
    expect(resource['k8s.deployment.name']).toBe('web')
  })

  it.each([
    { order: 'before', first: BY_CLUSTER },
    { order: 'after', first: BY_ENGINE },
  ])('adds the pod, and nothing else, to what the engine told $order', ({ first }) => {
    const inventory = createInventory([])
    const told = [
      [container({ ...POD, 'container.image.id': 'sha256:of-the-status' }), BY_CLUSTER],
      [container(aContainer({ 'container.id': ID, 'container.image.id': 'sha256:real' })), BY_ENGINE],
    ] as const
    for (const [fact, by] of first === BY_CLUSTER ? told : told.toReversed())
      expect(inventory.observe(fact, by)).toBeUndefined()
    const { resource } = inventory.resolve(anEvent({ resource: { 'container.id': ID } }))
    expect(resource).toMatchObject({ ...POD, 'container.image.id': 'sha256:real', 'container.name': 'web' })
    // and it is the engine that says when it ends
    inventory.observe({ kind: 'container-gone', id: ID, time: NOON + 5 }, BY_CLUSTER)
    const [row] = inventory.changes()
    expect(row).toMatchObject({ by: BY_ENGINE, pod: POD })
    expect(row?.gone).toBeUndefined()
  })

  it('survives a restart, and is anybody’s once its input is gone', () => {
    const inventory = createInventory([])
    inventory.observe(pod(), BY_CLUSTER)
    const rows = inventory.changes()
    const again = createInventory(rows)
    expect(
      again.observe(pod({ time: NOON + 1, resource: { 'k8s.pod.name': 'x' } }), BY_ANYBODY),
    ).toBeDefined()
    const without = createInventory(rows, { isInput: () => false })
    expect(
      without.observe(pod({ time: NOON + 1, resource: { 'k8s.pod.name': 'x' } }), BY_ANYBODY),
    ).toBeUndefined()
  })
})

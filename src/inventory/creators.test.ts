import { describe, expect, it } from 'vitest'
import { anEvent, BY_ANYBODY, BY_CLUSTER, BY_ENGINE } from '../../test/builders.ts'
import type { Event, Fact, Resource } from '../domain/event.ts'
import { createCreators } from './creators.ts'
import { createInventory, type Inventory } from './inventory.ts'

const T = Date.UTC(2026, 10, 20, 12)
const uid = (n: number): string => `${String(n).padStart(8, '0')}-5b1e-4c0a-9a6e-${'0'.repeat(12)}`
const created = (n: number, user: string, owner?: number, time = T): Extract<Fact, { kind: 'created' }> => ({
  kind: 'created',
  object: uid(n),
  time,
  user,
  ...(owner !== undefined && { owner: uid(owner) }),
})
const REPLICAS = 'system:serviceaccount:kube-system:replicaset-controller'
const ROLLOUT = 'system:serviceaccount:kube-system:deployment-controller'

describe('who created an object', () => {
  it('is who sent the request, and who created what owns it is behind it', () => {
    const creators = createCreators([])
    creators.put(created(3, REPLICAS, 2), 'audit')
    expect(creators.of(uid(3))).toEqual({ user: REPLICAS, behind: REPLICAS })
    creators.put(created(2, ROLLOUT, 1), 'audit')
    creators.put(created(1, 'alice'), 'audit')
    expect(creators.of(uid(3))).toEqual({ user: REPLICAS, behind: 'alice' })
    expect(creators.of(uid(9))).toBeUndefined()
  })

  it('is nobody once it is told otherwise, whoever was first, and a record told twice changes nothing', () => {
    const creators = createCreators([])
    expect([1, 2].map(() => creators.put(created(1, 'mallory'), 'audit'))).toEqual([undefined, undefined])
    expect(creators.put(created(1, 'alice'), 'http')).toBe('audit')
    expect(creators.of(uid(1))).toBeUndefined()
    creators.put(created(2, REPLICAS, 1), 'audit')
    expect(creators.of(uid(2))).toEqual({ user: REPLICAS, behind: REPLICAS })
  })

  it('follows no owners in a circle', () => {
    const creators = createCreators([])
    creators.put(created(1, 'a', 2), 'audit')
    creators.put(created(2, 'b', 1), 'audit')
    expect(creators.of(uid(1))).toEqual({ user: 'a', behind: 'a' })
  })

  it('is kept in a bound, and stored', () => {
    const creators = createCreators([], 2)
    creators.put(created(1, 'a'), 'audit')
    const first = creators.changes()
    expect(first.creators).toEqual([{ object: uid(1), user: 'a', time: T, input: 'audit' }])
    creators.put(created(2, 'b'), 'audit')
    creators.put(created(3, 'c'), 'audit')
    expect(creators.changes()).toMatchObject({
      creators: [{ user: 'b' }, { user: 'c' }],
      forgottenCreators: [uid(1)],
    })
    expect(creators.changes()).toEqual({ creators: [], forgottenCreators: [] })
    expect(createCreators(first.creators).of(uid(1))).toEqual({ user: 'a', behind: 'a' })
  })
})

describe('of a container', () => {
  const POD: Resource = { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'web', 'k8s.pod.uid': uid(3) }
  const ID = 'c'.repeat(64)
  const pod: Fact = { kind: 'container', id: uid(3).replaceAll('-', ''), time: T, resource: POD, mounts: [] }
  const container: Fact = { ...pod, id: ID, resource: { ...POD, 'container.id': ID } }
  const resolved = (inventory: Inventory, parts: Partial<Event>): Resource =>
    inventory.resolve(anEvent({ time: T + 1, ...parts })).resource
  const knowing = (...facts: readonly Fact[]): Inventory => {
    const inventory = createInventory([])
    for (const fact of facts) inventory.observe(fact, fact.kind === 'created' ? BY_ANYBODY : BY_CLUSTER)
    return inventory
  }
  const AUDITED = { 'container.creator.name': 'alice', 'container.creator.told_by': 'audit' }

  it('is told of whatever it does, by pod and by engine', () => {
    const inventory = knowing(pod, container, created(3, REPLICAS, 1), created(1, 'alice'))
    expect(resolved(inventory, { resource: { 'container.id': ID } })).toEqual({
      ...POD,
      ...AUDITED,
      'container.id': ID,
    })
    expect(resolved(inventory, { resource: { 'k8s.pod.uid': uid(3) } })).toEqual({ ...POD, ...AUDITED })
    inventory.observe(
      { ...container, resource: { 'container.id': ID, 'container.name': 'k8s_web' } },
      BY_ENGINE,
    )
    expect(resolved(inventory, { resource: { 'container.id': ID } })).toMatchObject(AUDITED)
  })

  it('goes before what a label says', () => {
    const labelled = { 'container.creator.name': 'Helm', 'container.creator.told_by': 'label' }
    const inventory = knowing({ ...pod, resource: { ...POD, ...labelled } })
    expect(resolved(inventory, { resource: { 'k8s.pod.uid': uid(3) } })).toMatchObject(labelled)
    inventory.observe(created(3, 'alice'), BY_ANYBODY)
    expect(resolved(inventory, { resource: { 'k8s.pod.uid': uid(3) } })).toMatchObject(AUDITED)
  })

  it('asked for it where the event is that it was made, and nowhere else', () => {
    const inventory = knowing(pod, created(3, REPLICAS, 1), created(1, 'alice'))
    expect(resolved(inventory, { resource: POD, object: uid(3) })).toMatchObject({
      ...AUDITED,
      'user.name': REPLICAS,
    })
    expect(resolved(inventory, { resource: { 'k8s.deployment.name': 'web' }, object: uid(1) })).toEqual({
      'k8s.deployment.name': 'web',
      ...AUDITED,
      'user.name': 'alice',
    })
    expect(resolved(inventory, { resource: POD })).not.toHaveProperty(['user.name'])
    expect(
      resolved(inventory, { resource: { ...POD, 'user.name': 'bob' }, object: uid(3) })['user.name'],
    ).toBe('bob')
  })

  it('is no machine’s agent to tell', () => {
    const inventory = knowing(pod)
    inventory.observe(created(3, 'alice'), BY_ANYBODY, { agent: 'web-1', host: 'web-1.example' })
    expect(resolved(inventory, { resource: POD, object: uid(3) })).toEqual(POD)
  })
})

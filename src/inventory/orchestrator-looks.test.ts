import { expect, it } from 'vitest'
import { aContainer, BY_CLUSTER, BY_ENGINE } from '../../test/builders.ts'
import type { ContainerLook } from '../domain/container-look.ts'
import type { Fact, Resource } from '../domain/event.ts'
import { createViews } from '../views/views.ts'
import { createInventory, type Inventory } from './inventory.ts'

const T = Date.UTC(2026, 10, 20, 12)
const EVERY = 30_000
const uidOf = (n: number): string => `0000000${n}-1111-2222-3333-444455556666`
const idOf = (n: number): string => String(n).repeat(64)

function pod(n: number, node: string, name = `pod-${n}`): Fact {
  const resource: Resource = {
    'k8s.namespace.name': 'shop',
    'k8s.pod.name': name,
    'k8s.pod.uid': uidOf(n),
    'k8s.node.name': node,
  }
  return { kind: 'container', id: uidOf(n).replaceAll('-', ''), time: T, resource, mounts: [], addresses: [] }
}

function container(n: number, node: string): Fact {
  const { resource } = pod(n, node) as Extract<Fact, { kind: 'container' }>
  const own = { ...resource, 'container.id': idOf(n), 'container.image.name': 'app' }
  return { kind: 'container', id: idOf(n), time: T, resource: own, mounts: [] }
}

function known(...facts: readonly Fact[]): Inventory {
  const inventory = createInventory([])
  for (const fact of facts) inventory.observe(fact, BY_CLUSTER)
  return inventory
}

const looked = (inventory: Inventory, time = T): readonly ContainerLook[] =>
  inventory.orchestrated('kubernetes', { time, interval: EVERY })

it('tells of each node the containers and pods that the API server knows there', () => {
  const inventory = known(pod(1, 'a'), container(1, 'a'), pod(2, 'a'), pod(3, 'b'), container(3, 'b'))
  expect(looked(inventory)).toMatchObject([
    {
      view: 'orchestrator',
      host: 'a',
      seen: [{ key: idOf(1), named: true, pods: [uidOf(1)] }],
      pods: [uidOf(1), uidOf(2)],
      leftOut: 0,
    },
    { host: 'b', seen: [{ key: idOf(3) }] },
  ])
  expect(inventory.orchestrated('other', { time: T, interval: EVERY })).toEqual([])
  // a node whose pods have gone is still looked at
  inventory.observe({ kind: 'container-gone', id: idOf(3), time: T + 1 }, BY_CLUSTER)
  inventory.observe({ kind: 'container-gone', id: uidOf(3).replaceAll('-', ''), time: T + 1 }, BY_CLUSTER)
  expect(looked(inventory)[1]).toMatchObject({ host: 'b', seen: [], pods: [] })
})

it('counts an engine’s container as the orchestrator’s while its pod is', () => {
  const inventory = known(pod(1, 'a'), container(1, 'a'))
  const told = { 'container.id': idOf(1) }
  inventory.observe(
    { kind: 'container', id: idOf(1), time: T, resource: aContainer(told), mounts: [] },
    BY_ENGINE,
  )
  expect(looked(inventory)[0]?.seen?.map(({ key }) => key)).toEqual([idOf(1)])
  inventory.observe({ kind: 'container-gone', id: uidOf(1).replaceAll('-', ''), time: T + 1 }, BY_CLUSTER)
  expect(looked(inventory)[0]?.seen).toEqual([])
})

it('says that it may lack some once more was told than is remembered', () => {
  const inventory = createInventory([], { limit: 40 })
  for (let n = 0; n < 60; n += 1) {
    const { resource, ...fact } = pod(1, 'a') as Extract<Fact, { kind: 'container' }>
    const uid = `${n}`.padStart(32, '0')
    inventory.observe({ ...fact, id: uid, resource: { ...resource, 'k8s.pod.uid': uid } }, BY_CLUSTER)
  }
  expect(looked(inventory)[0]?.leftOut).toBe(1)
})

it('lets what runs beside the orchestrator be told, and nothing of its pods, sandboxes or static pods', () => {
  const mirror = pod(4, 'a', 'static')
  const kubelets = '4'.repeat(32)
  const asKubelet = {
    ...mirror,
    id: kubelets,
    resource: { ...(mirror as Extract<Fact, { kind: 'container' }>).resource, 'k8s.pod.uid': kubelets },
  } as Fact
  const inventory = known(pod(1, 'a'), container(1, 'a'), pod(2, 'a'), mirror, asKubelet)
  const views = createViews([], { bound: EVERY })
  const running = [
    { key: idOf(1), named: true, pods: [uidOf(1)] },
    { key: idOf(7), named: true, pods: [uidOf(1)] },
    { key: idOf(8), named: true, pods: [uidOf(2)] },
    { key: idOf(5), named: true, pods: [kubelets] },
    { key: idOf(9), named: true },
  ]
  const events = [0, 1, 2, 3].flatMap((round) => {
    const time = T + round * EVERY
    const kernel = {
      view: 'kernel',
      observer: 'sensor',
      host: 'a',
      interval: EVERY,
      digest: 'd',
      leftOut: 0,
    } as const
    return [
      ...looked(inventory, time).flatMap((look) =>
        views.look(look, { input: 'kubernetes', source: 'kubernetes.api' }),
      ),
      ...views.look({ ...kernel, time, seen: running }, { input: 'logs', source: 'sensor' }),
    ]
  })
  expect(events.map(({ resource, record }) => [resource['container.id'], record])).toMatchObject([
    [idOf(9), { 'view.seen_by': ['kernel'], 'view.missing_from': ['orchestrator'] }],
  ])
})

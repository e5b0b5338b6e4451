import { expect, it } from 'vitest'
import { aContainer, anEvent, BY_ANYBODY, BY_ENGINE } from '../../test/builders.ts'
import type { Fact } from '../domain/event.ts'
import type { Reporter } from '../domain/state.ts'
import { createAddressBook } from './addresses.ts'
import { createInventory, type Inventory } from './inventory.ts'

const idOf = (n: number): string => n.toString(16).padStart(64, '0')
const addressOf = (n: number): string => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`

function container(n: number, time = n): Fact {
  const resource = aContainer({ 'container.id': idOf(n), 'container.name': `c${n}` })
  return { kind: 'container', id: idOf(n), time, resource, mounts: [], addresses: [addressOf(n)] }
}

function fill(inventory: Inventory, from: number, to: number, by: Reporter): void {
  for (let n = from; n < to; n += 1) inventory.observe(container(n), by)
}

/** Whether a container is known by its id, and by its address. */
function knows(inventory: Inventory, n: number): readonly boolean[] {
  const byId = inventory.resolve(anEvent({ resource: { 'container.id': idOf(n) } })).resource
  const flow = { client: addressOf(n), server: '192.0.2.1' }
  const byAddress = inventory.resolve(anEvent({ time: 1e9, resource: {}, flow })).resource
  return [byId, byAddress].map((resource) => resource['container.name'] === `c${n}`)
}

it('forgets who was not told of for longest, with address and stored row', () => {
  const inventory = createInventory([], { limit: 100 })
  fill(inventory, 0, 100, BY_ENGINE)
  inventory.changes()
  inventory.observe(
    { ...container(0), mounts: [{ source: '/', destination: '/h', readOnly: true }] } as Fact,
    BY_ENGINE,
  )
  fill(inventory, 100, 103, BY_ENGINE)
  expect(inventory.forgotten()).toEqual([1, 2, 3, 4, 5, 6].map(idOf))
  expect(inventory.forgotten()).toEqual([])
  expect([0, 1, 6, 7, 102].map((n) => knows(inventory, n))).toEqual(
    [true, false, false, true, true].map((isKnown) => [isKnown, isKnown]),
  )
})

it('forgets first who is gone', () => {
  const inventory = createInventory([], { limit: 100 })
  fill(inventory, 0, 100, BY_ENGINE)
  for (const n of [50, 60]) inventory.observe({ kind: 'container-gone', id: idOf(n), time: 1_000 }, BY_ENGINE)
  fill(inventory, 100, 101, BY_ENGINE)
  expect(inventory.forgotten()).toEqual([50, 60, 0, 1, 2, 3].map(idOf))
})

it('lets nobody who makes up containers push out those of an engine', () => {
  const inventory = createInventory([], { limit: 100 })
  fill(inventory, 0, 50, BY_ENGINE)
  fill(inventory, 1_000, 2_000, BY_ANYBODY)
  expect([0, 49, 1_000, 1_999].map((n) => knows(inventory, n)[0])).toEqual([true, true, false, true])
  expect(inventory.forgotten().length).toBeGreaterThanOrEqual(900)
})

it('bounds how much is known, however long names are', () => {
  const inventory = createInventory([])
  const name = 'x'.repeat(8 * 1024 * 1024)
  for (let n = 0; n < 20; n += 1) {
    const fact = container(n) as Extract<Fact, { kind: 'container' }>
    inventory.observe({ ...fact, resource: { ...fact.resource, 'k8s.pod.name': name } }, BY_ANYBODY)
  }
  expect(inventory.forgotten().length).toBeGreaterThanOrEqual(12)
  expect([knows(inventory, 0)[0], knows(inventory, 19)[0]]).toEqual([false, true])
})

it('brings back no more than there is room for, and says which rows may go', () => {
  const before = createInventory([])
  fill(before, 0, 150, BY_ENGINE)
  const after = createInventory(before.changes(), { limit: 100 })
  expect(after.forgotten()).toEqual(Array.from({ length: 54 }, (_, n) => idOf(n)))
  expect(after.changes()).toEqual([])
})

it('bounds addresses, also of containers that move on', () => {
  const book = createAddressBook(1_000)
  for (let n = 0; n < 5_000; n += 1) {
    const address = addressOf(n)
    book.put({
      id: idOf(n),
      resource: {},
      mounts: [],
      by: BY_ENGINE,
      time: n,
      addresses: [{ address, since: 0, seen: 0 }],
    })
  }
  const anywhere = { host: undefined, known: false }
  const held = Array.from({ length: 5_000 }, (_, n) => book.holder(addressOf(n), 1, anywhere) !== undefined)
  const oldest = held.lastIndexOf(false) + 1
  expect(oldest).toBeGreaterThanOrEqual(4_000)
  expect(oldest).toBeLessThanOrEqual(4_050)
  expect(held.indexOf(true)).toBe(oldest)

  const inventory = createInventory([])
  for (let n = 0; n < 40; n += 1)
    inventory.observe({ ...container(1, n), addresses: [addressOf(1_000 + n)] } as Fact, BY_ENGINE)
  const flow = (n: number) => ({ client: addressOf(1_000 + n), server: '192.0.2.1' })
  const at = (n: number) => inventory.resolve(anEvent({ time: n, resource: {}, flow: flow(n) })).resource
  expect([at(0), at(39)['container.name']]).toEqual([{}, 'c1'])
})

it('takes about as long for the containers beyond its bound as for those before', () => {
  const inventory = createInventory([])
  const time = (from: number, to: number): number => {
    const began = performance.now()
    fill(inventory, from, to, BY_ENGINE)
    inventory.changes()
    return performance.now() - began
  }
  time(0, 90_000)
  const before = time(90_000, 100_000)
  const beyond = time(100_000, 110_000)
  expect(inventory.forgotten().length).toBeGreaterThanOrEqual(10_000)
  // walking all of them each time took a thousand times as long
  expect(beyond).toBeLessThan(20 * before + 1_000)
}, 60_000)

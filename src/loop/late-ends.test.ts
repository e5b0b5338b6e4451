import { beforeEach, expect, it } from 'vitest'
import { anEvent, BY_ENGINE } from '../../test/builders.ts'
import type { Event, Resource } from '../domain/event.ts'
import { createInventory, joinedWith, type Inventory } from '../inventory/inventory.ts'
import { createLateFacts, type LateFacts } from './late-facts.ts'

const T = 1_795_282_571_000
const OF = { input: 'wire', within: undefined }
const idOf = (name: string): string => Buffer.from(name.padEnd(32, '-')).toString('hex')

let clock: { now: number }
let inventory: Inventory
let late: LateFacts
beforeEach(() => begin())

function begin(more: { readonly most?: number } = {}): void {
  clock = { now: T + 1_000 }
  inventory = createInventory([])
  late = createLateFacts([], { now: () => clock.now, inventory, isAsked: () => true, ...more })
}

/** A container's engine describes it: made at `created`, and told of at `time`, ms after T. */
function told(name: string, addresses: readonly string[], created: number, time = created): void {
  const resource: Resource = { 'container.id': idOf(name), 'container.name': name, 'host.name': 'node-1' }
  const fact = { kind: 'container' as const, id: idOf(name), resource, mounts: [] }
  inventory.observe({ ...fact, time: T + created, addresses: time === created ? addresses : [] }, BY_ENGINE)
  if (time !== created) inventory.observe({ ...fact, time: T + time, addresses }, BY_ENGINE)
}

function gone(name: string, time: number): void {
  inventory.observe({ kind: 'container-gone', id: idOf(name), time: T + time }, BY_ENGINE)
}

/** A connection to a public address, `time` ms after T, unless told. */
function from(client: string, time: number, server = '93.184.216.34'): Event {
  return anEvent({
    id: `${client}@${time}`,
    time: T + time,
    source: 'zeek.conn',
    resource: {},
    record: {},
    flow: { client, server },
  })
}

const waits = (event: Event): boolean => late.holds(event, inventory.find(event), OF)
/** Which were let go on, and of which containers: client and server. */
const released = (): unknown =>
  late.released().map(({ event, joined }) => {
    const record = joinedWith(event, joined).record as Readonly<Record<string, unknown>>
    return [event.time - T, record['client.container.name'], record['server.container.name']]
  })

it('waits for the container that has its address, and for both where both are to come', () => {
  expect(waits(from('172.17.0.2', 500, '172.17.0.3'))).toBe(true)
  told('web', ['172.17.0.2'], 100)
  expect(released()).toEqual([])
  told('db', ['172.17.0.3'], 200)
  expect(released()).toEqual([[500, 'web', 'db']])
  expect([released(), late.unknown()]).toEqual([[], []])
})

it('is of whoever had the address then, where another container gets it within the bound', () => {
  told('old', ['172.17.0.2'], -9_000)
  gone('old', 100)
  expect(waits(from('172.17.0.2', 50))).toBe(false)
  expect(waits(from('172.17.0.2', 150))).toBe(true)
  expect(waits(from('172.17.0.2', 300))).toBe(true)
  told('new', ['172.17.0.2'], 200, 600)
  expect(released()).toEqual([[300, 'new', undefined]])
  // in between it was nobody's
  clock.now += 10_000
  expect(released()).toEqual([[150, undefined, undefined]])
  expect(late.unknown()).toEqual(['zeek.conn'])
})

it('is not of a container that was made later, nor of one that had ended', () => {
  expect(waits(from('172.17.0.2', 50))).toBe(true)
  told('web', ['172.17.0.2'], 100)
  gone('web', 200)
  expect(waits(from('172.17.0.2', 250))).toBe(true)
  expect(released()).toEqual([])
  clock.now += 9_999
  expect([late.overdue(), released()]).toEqual([false, []])
  clock.now += 1
  expect(late.overdue()).toBe(true)
  expect(released()).toEqual([
    [50, undefined, undefined],
    [250, undefined, undefined],
  ])
  expect(late.unknown()).toEqual(['zeek.conn', 'zeek.conn'])
})

it('of a host, or of a container on its network, is not waited for again, and is no loss', () => {
  expect(waits(from('192.168.7.1', 50))).toBe(true)
  told('on-host', [], 100)
  clock.now += 10_000
  expect(released()).toEqual([[50, undefined, undefined]])
  expect(waits(from('192.168.7.1', 10_500))).toBe(false)
  expect(late.unknown()).toEqual([])
})

it('goes on with the end that is known, and is no loss then', () => {
  told('web', ['172.17.0.2'], 100)
  expect(waits(from('172.17.0.2', 500, '172.17.0.1'))).toBe(true)
  clock.now += 10_000
  expect(released()).toEqual([[500, 'web', undefined]])
  expect(late.unknown()).toEqual([])
})

it('does not wait for the internet, for loopback, nor for what was long ago', () => {
  const ends = ['93.184.216.34', '2606:2800:220:1::1', '127.0.0.1', '::1', '0.0.0.0', 'fe80::1', 'nonsense']
  expect(ends.filter((end) => waits(from(end, 500)))).toEqual([])
  expect(waits(from('172.17.0.2', -70_000))).toBe(false)
  expect(waits(from('fd00::2', 500))).toBe(true)
})

it('waits for a public address in a network of containers', () => {
  told('web', ['2001:db8:1:2::2', '203.0.113.2'], 100)
  expect(waits(from('2001:db8:1:2::3', 500))).toBe(true)
  expect(waits(from('2001:db8:1:3::3', 500))).toBe(false)
  expect(waits(from('203.0.113.3', 500))).toBe(true)
  told('db', ['2001:db8:1:2::3', '203.0.113.3'], 200)
  expect(released()).toEqual([
    [500, 'db', undefined],
    [500, 'db', undefined],
  ])
})

it('leaves half of the room to what names its container', () => {
  begin({ most: 4 })
  const flows = [1, 2, 3, 4].map((n) => from(`172.17.0.${n}`, 500))
  expect(flows.map(waits)).toEqual([true, true, false, false])
  const exec = anEvent({ source: 'sensor', resource: { 'container.id': idOf('web') } })
  expect([1, 2, 3].map(() => late.holds(exec, undefined, OF))).toEqual([true, true, false])
})

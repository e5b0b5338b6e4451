import { describe, expect, it } from 'vitest'
import { anEvent, BY_ANYBODY, BY_ENGINE } from '../../test/builders.ts'
import type { Event, Fact, Resource } from '../domain/event.ts'
import { createInventory, type Inventory } from './inventory.ts'

const HOUR = 3_600_000
const idOf = (name: string): string => Buffer.from(name.padEnd(32, '-')).toString('hex')

function seen(
  name: string,
  time: number,
  addresses: readonly string[],
  more: Resource = {},
): Extract<Fact, { kind: 'container' }> {
  const id = idOf(name)
  const resource = {
    'container.id': id,
    'container.name': name,
    'container.image.name': `shop/${name}`,
    'host.name': 'node-1',
    ...more,
  }
  return { kind: 'container', id, time, resource, mounts: [], addresses }
}

function knowing(...facts: readonly Fact[]): Inventory {
  const inventory = createInventory([])
  for (const fact of facts) inventory.observe(fact, BY_ENGINE)
  return inventory
}

/** A connection from 10.0.0.2 to 10.0.0.3. */
function flow(time: number, parts: Partial<Event> = {}): Event {
  return anEvent({
    time,
    source: 'zeek.ssl',
    logsource: { product: 'zeek', service: 'ssl' },
    resource: {},
    record: { uid: 'C1' },
    flow: { client: '10.0.0.2', server: '10.0.0.3' },
    ...parts,
  })
}

function clientOf(inventory: Inventory, time: number, parts: Partial<Event> = {}): unknown {
  return (inventory.resolve(flow(time, parts)).record as Record<string, unknown>)['client.container.name']
}

describe('a connection', () => {
  it('happened to the container that opened it, and names both ends', () => {
    const event = knowing(seen('web', 10, ['10.0.0.2']), seen('db', 10, ['10.0.0.3'])).resolve(flow(20))
    expect(event.resource).toMatchObject({ 'container.name': 'web', 'host.name': 'node-1' })
    expect(event.record).toEqual({
      uid: 'C1',
      'client.container.id': idOf('web'),
      'client.workload': 'container.image.name shop/web',
      'server.workload': 'container.image.name shop/db',
      'client.container.name': 'web',
      'client.container.image.name': 'shop/web',
      'server.container.id': idOf('db'),
      'server.container.name': 'db',
      'server.container.image.name': 'shop/db',
    })
  })

  it('happened to the server where its client is no container', () => {
    const event = knowing(seen('db', 10, ['10.0.0.3'])).resolve(flow(20))
    expect(event.resource).toMatchObject({ 'container.name': 'db' })
    expect(event.record).not.toHaveProperty('client.container.name')
  })

  it('of nobody that is known is left as it is', () => {
    const event = flow(20)
    expect(knowing(seen('web', 10, ['10.0.0.9'])).resolve(event)).toBe(event)
  })

  it('finds an address in any spelling, and never loopback', () => {
    const inventory = knowing(seen('web', 10, ['2001:db8::2', '127.0.0.1', '::1']))
    const named = (client: string) => clientOf(inventory, 20, { flow: { client, server: '192.0.2.1' } })
    expect(named('2001:0DB8:0:0::2')).toBe('web')
    expect(named('127.0.0.1')).toBeUndefined()
    expect(named('::1')).toBeUndefined()
    expect(named('\u001b[31m')).toBeUndefined()
  })
})

describe('an address that is used again', () => {
  const inventory = knowing(
    seen('old', 10, ['10.0.0.2']),
    { kind: 'container-gone', id: idOf('old'), time: 100 },
    seen('new', 200, ['10.0.0.2']),
  )

  it('is of whoever had it at the time, also of one that is gone', () => {
    expect(clientOf(inventory, 50)).toBe('old')
    expect(clientOf(inventory, 150)).toBeUndefined()
    expect(clientOf(inventory, 200)).toBe('new')
    expect(clientOf(inventory, HOUR)).toBe('new')
    expect(clientOf(inventory, 5)).toBeUndefined()
  })

  it('is of whoever had it when it was opened, where it is told later than that', () => {
    const inventory = knowing(
      seen('old', 10, ['10.0.0.2']),
      { kind: 'container-gone', id: idOf('old'), time: 30 },
      seen('new', 40, ['10.0.0.2']),
    )
    const flow = { client: '10.0.0.2', server: '10.0.0.3', opened: 20 }
    expect(clientOf(inventory, 60, { flow })).toBe('old')
    expect(clientOf(inventory, 60, { flow: { ...flow, opened: 45 } })).toBe('new')
  })

  it('is of the newest where nobody told of the end of the other', () => {
    const stale = knowing(seen('stopped', 10, ['10.0.0.2']), seen('new', 200, ['10.0.0.2']))
    expect(clientOf(stale, 100)).toBe('stopped')
    expect(clientOf(stale, 300)).toBe('new')
  })
})

it('takes an address that a container gets at its start as its own since it was made', () => {
  const inventory = knowing(seen('web', 10, []), seen('web', 200, ['10.0.0.2']))
  expect(clientOf(inventory, 150)).toBe('web')
  expect(clientOf(inventory, 5)).toBeUndefined()
})

it('prefers who surely had the address to who may have had it', () => {
  const inventory = knowing(
    seen('web', 10, ['10.0.0.2']),
    seen('created', 20, []),
    seen('web', 100, []),
    seen('created', 200, ['10.0.0.2']),
  )
  expect(clientOf(inventory, 50)).toBe('web')
  expect(clientOf(inventory, 150)).toBe('created')
})

it('follows a container from network to network', () => {
  const inventory = knowing(
    seen('web', 10, ['10.0.0.2']),
    seen('web', 100, ['10.0.0.2', '10.1.0.2']),
    seen('web', 200, ['10.1.0.2']),
  )
  expect(clientOf(inventory, 150)).toBe('web')
  expect(clientOf(inventory, 250)).toBeUndefined()
  expect(clientOf(inventory, 250, { flow: { client: '10.1.0.2', server: '192.0.2.1' } })).toBe('web')
})

describe('the same address on two machines', () => {
  const inventory = knowing(
    seen('here', 10, ['10.0.0.2']),
    seen('there', 20, ['10.0.0.2'], { 'host.name': 'node-2' }),
  )

  it('names nobody, and says so', () => {
    const event = inventory.resolve(flow(30))
    expect(event.record).toEqual({ uid: 'C1', 'client.container.ambiguous': true })
    expect(event.resource).toEqual({})
  })

  it('is told apart by the machine that the record is about', () => {
    expect(clientOf(inventory, 30, { resource: { 'host.name': 'node-2' } })).toBe('there')
    expect(clientOf(inventory, 30, { resource: { 'host.name': 'node-1' } })).toBe('here')
    expect(clientOf(inventory, 30, { resource: { 'host.name': 'sensor-1' } })).toBeUndefined()
  })

  it('is nobody’s on a machine whose own containers did not have it', () => {
    const both = knowing(
      seen('here', 10, ['10.0.0.9']),
      seen('there', 20, ['10.0.0.2'], { 'host.name': 'node-2' }),
    )
    const event = flow(30, { resource: { 'host.name': 'node-1' } })
    expect(both.resolve(event)).toBe(event)
    expect(clientOf(both, 30)).toBe('there')
    expect(clientOf(both, 30, { resource: { 'host.name': 'sensor-1' } })).toBe('there')
  })

  it('does not change which machine the record says', () => {
    const event = flow(15, { resource: { 'host.name': 'sensor-1' } })
    expect(inventory.resolve(event).resource).toMatchObject({
      'container.name': 'here',
      'host.name': 'sensor-1',
    })
  })

  it('is one machine’s before the other had it', () => {
    expect(clientOf(inventory, 15)).toBe('here')
  })
})

describe('an address that anybody says a container has', () => {
  const { 'host.name': _host, ...unplaced } = seen('pod', 1, []).resource
  const pod = (time: number): Fact => ({ ...seen('pod', time, ['10.0.0.2']), resource: unplaced })

  it('is that container’s where no engine knows better', () => {
    const inventory = knowing(seen('web', 10, ['10.0.0.9']))
    inventory.observe(pod(20), BY_ANYBODY)
    expect(clientOf(inventory, 30)).toBe('pod')
    expect(clientOf(inventory, 30, { resource: { 'host.name': 'node-1' } })).toBe('pod')
  })

  it('stays with the container that has it by its engine’s word', () => {
    const inventory = knowing(seen('web', 10, ['10.0.0.2']))
    inventory.observe(pod(20), BY_ANYBODY)
    expect(clientOf(inventory, 30)).toBe('web')
  })
})

describe('a fact that comes late', () => {
  it('does not bring back a container that is gone', () => {
    const inventory = knowing(
      seen('old', 10, ['10.0.0.2']),
      { kind: 'container-gone', id: idOf('old'), time: 100 },
      seen('old', 50, ['10.0.0.2']),
    )
    expect(clientOf(inventory, 60)).toBe('old')
    expect(clientOf(inventory, HOUR)).toBeUndefined()
    expect(inventory.changes()).toMatchObject([{ gone: 100 }])
  })

  it('says where the container was before, and leaves what it is to the newer one', () => {
    const inventory = knowing(
      seen('web', 100, ['10.0.0.2'], { 'container.name': 'renamed' }),
      seen('web', 50, ['10.0.0.2', '10.0.0.7']),
    )
    expect(clientOf(inventory, 60)).toBe('renamed')
    const former = { flow: { client: '10.0.0.7', server: '192.0.2.1' } }
    expect([clientOf(inventory, 60, former), clientOf(inventory, 150, former)]).toEqual([
      'renamed',
      undefined,
    ])
  })

  it('is a new life where it is newer than the end', () => {
    const inventory = knowing(
      seen('web', 10, ['10.0.0.2']),
      { kind: 'container-gone', id: idOf('web'), time: 100 },
      seen('web', 200, ['10.0.0.2']),
    )
    expect([clientOf(inventory, 50), clientOf(inventory, 99), clientOf(inventory, 250)]).toEqual([
      'web',
      'web',
      'web',
    ])
    expect(inventory.changes()[0]).not.toHaveProperty('gone')
  })
})

it('finds the same after a restart', () => {
  const before = knowing(seen('web', 10, []), seen('web', 200, ['10.0.0.2']))
  const after = createInventory(JSON.parse(JSON.stringify(before.changes())))
  expect(clientOf(after, 150)).toBe('web')
  after.observe(seen('web', 300, ['10.0.0.2']), BY_ENGINE)
  expect(after.changes()).toEqual([])
})

it('keeps a bounded number of addresses and of their holders', () => {
  const inventory = createInventory([])
  for (let round = 0; round < 100; round += 1)
    inventory.observe(seen('web', round, [`10.0.1.${round}`]), BY_ENGINE)
  expect(inventory.changes()[0]?.addresses).toHaveLength(16)
  for (let round = 0; round < 500; round += 1)
    inventory.observe(seen(`c${round}`, round, ['10.0.0.2']), BY_ENGINE)
  expect(clientOf(inventory, HOUR)).toBe('c499')
  expect(clientOf(inventory, 100)).toBeUndefined()
})

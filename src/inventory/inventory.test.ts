import { expect, it } from 'vitest'
import { aContainer, anEvent, BY_ENGINE } from '../../test/builders.ts'
import { hostPathOf } from '../domain/host-path-of.ts'
import { createInventory } from './inventory.ts'

const ID = 'a'.repeat(64)
const etc = { source: '/etc', destination: '/h', readOnly: false }

it('adds what is known of a container to what says only its id, also a short one', () => {
  const inventory = createInventory([])
  const resource = aContainer({ 'container.image.id': 'sha256:1' })
  inventory.observe({ kind: 'container', id: ID, time: 1, resource, mounts: [] }, BY_ENGINE)
  const event = inventory.resolve(
    anEvent({ resource: { 'container.id': ID.slice(0, 12), 'container.name': 'as the event says' } }),
  )
  expect(event.resource).toMatchObject({
    'container.id': ID,
    'container.image.id': 'sha256:1',
    'container.name': 'as the event says',
  })
})

it('knows which path of the host a command in the container writes', () => {
  const inventory = createInventory([{ id: ID, resource: {}, mounts: [etc], by: BY_ENGINE, time: 1 }])
  const exec = anEvent({
    logsource: { category: 'container_exec' },
    record: { 'process.writes': ['/h/motd', '/tmp/x'] },
  })
  expect(inventory.resolve(exec).record).toMatchObject({ 'process.host_writes': ['/etc/motd'] })
})

it.each([
  ['file_event', { TargetFilename: '/h/motd' }, ['/etc/motd']],
  ['file_event', { TargetFilename: '/ro/x' }, undefined],
  ['file_read', { TargetFilename: '/ro/tls.key' }, ['/opt/tls.key']],
  ['file_rename', { SourceFilename: '/tmp/x', TargetFilename: '/h/cron.d/x' }, ['/etc/cron.d/x']],
  ['network_connection', { 'network.peer.address': '/ro/docker.sock' }, ['/opt/docker.sock']],
  ['network_connection', { 'network.peer.address': '203.0.113.7' }, undefined],
])('knows the path of the host behind a %s %o', (category, record, expected) => {
  const mounts = [etc, { source: '/opt', destination: '/ro', readOnly: true }]
  const inventory = createInventory([{ id: ID, resource: {}, mounts, by: BY_ENGINE, time: 1 }])
  const { record: joined } = inventory.resolve(anEvent({ logsource: { product: 'linux', category }, record }))
  expect((joined as Readonly<Record<string, unknown>>)['host.path']).toEqual(expected)
})

it('takes what a bystander tells in passing as an addition, and as no contradiction of an engine', () => {
  const inventory = createInventory([])
  const bystander = { input: 'events', engine: false }
  const passing = (resource: Record<string, string>, time: number) =>
    inventory.observe({ kind: 'container', id: ID, time, resource, mounts: [], partial: true }, bystander)
  inventory.observe(
    { kind: 'container', id: ID, time: 1, resource: { 'container.name': 'a' }, mounts: [etc] },
    bystander,
  )
  passing({ 'k8s.pod.name': 'p' }, 2)
  expect(inventory.changes()).toMatchObject([
    { resource: { 'container.name': 'a', 'k8s.pod.name': 'p' }, mounts: [etc], time: 2 },
  ])
  inventory.observe(
    { kind: 'container', id: ID, time: 3, resource: { 'container.name': 'b' }, mounts: [] },
    BY_ENGINE,
  )
  expect(passing({ 'container.name': 'other' }, 4)).toBeUndefined()
  expect(inventory.changes()).toMatchObject([{ resource: { 'container.name': 'b' }, time: 3 }])
})

it('hands out each change once, to be committed', () => {
  const inventory = createInventory([])
  inventory.observe({ kind: 'container', id: ID, time: 1, resource: {}, mounts: [] }, BY_ENGINE)
  inventory.observe({ kind: 'container-gone', id: ID, time: 2 }, BY_ENGINE)
  expect(inventory.changes()).toEqual([{ id: ID, resource: {}, mounts: [], by: BY_ENGINE, time: 1, gone: 2 }])
  expect(inventory.changes()).toEqual([])
})

it.each([
  ['/h/motd', '/etc/motd'],
  ['/h', '/etc'],
  ['/h/../h/./motd', '/etc/motd'],
  ['/h/sub/x', '/srv/x'],
  ['/hh/motd', undefined],
  ['motd', undefined],
  ['/ro/x', undefined],
])('reads %s in the container as %s on the host', (path, host) => {
  const mounts = [
    etc,
    { source: '/srv', destination: '/h/sub', readOnly: false },
    { source: '/opt', destination: '/ro', readOnly: true },
  ]
  expect(hostPathOf(path, mounts)).toBe(host)
})

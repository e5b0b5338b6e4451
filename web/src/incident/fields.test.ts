import { expect, it } from 'vitest'
import { eventSummary, groupFields } from './fields.ts'

it('puts first what the rule reads and the event says', () => {
  const fields = { a: '', b: ['x'], c: 0, d: false, e: [], f: 'rest' }
  const { read, rest } = groupFields({ fields }, ['d', 'b', 'd', 'missing', 'a', 'e', 'c'])
  expect(read).toEqual([
    ['d', false],
    ['b', ['x']],
    ['c', 0],
  ])
  expect(rest.map(([name]) => name)).toEqual(['a', 'e', 'f'])
})

it('leaves to the head what the head says, unless there is nothing else', () => {
  const fields = { 'container.id': 'c', 'process.executable.name': 'nc' }
  const read = ['container.id', 'process.executable.name']
  expect(groupFields({ fields }, read, { 'container.id': 'c' }).read).toEqual([
    ['process.executable.name', 'nc'],
  ])
  expect(groupFields({ fields }, ['container.id'], { 'container.id': 'c' }).read).toEqual([
    ['container.id', 'c'],
  ])
})

it('is not led astray by fields named as what every object has', () => {
  expect(groupFields({ fields: { a: 1 } }, ['constructor', '__proto__', 'a']).read).toEqual([['a', 1]])
})

it('says in one line what happened', () => {
  const said = (fields: Readonly<Record<string, unknown>>, logsource = 'docker/container_event'): string =>
    eventSummary({ fields, logsource })
  expect(said({ CommandLine: 'openssl req' })).toBe('openssl req')
  expect(said({ CommandLine: 'cat k', TargetFilename: '/k', Image: '/bin/cat' })).toBe('/k · by /bin/cat')
  expect(said({ SourceFilename: '/a', TargetFilename: '/b' })).toBe('/a → /b')
  expect(said({ 'network.peer.address': '/run/docker.sock', Image: 'curl' })).toBe(
    '/run/docker.sock · by curl',
  )
  expect(said({ 'syscall.name': 'setns', 'syscall.flags': ['CLONE_NEWNS'] }, 'linux/kernel_call')).toBe(
    'setns CLONE_NEWNS',
  )
  expect(said({ DestinationIp: '10.0.0.1', DestinationPort: 443 })).toBe('10.0.0.1:443')
  expect(said({ 'mount.source': ['/', '/host'], 'mount.destination': '/h' })).toBe('/ /host → /h')
  expect(said({ 'event.type': 'container', 'event.action': 'export' })).toBe('container export')
  expect(said({ 'container.command': ['sleep', '9'] }, 'docker/container_create')).toBe(
    'container created: sleep 9',
  )
  expect(said({}, 'zeek/conn')).toBe('zeek/conn')
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { createStreamDecoder, sources } from './index.ts'

function read(text: string) {
  return createStreamDecoder(sources, 's').push({
    stream: 's',
    offset: 0,
    bytes: Buffer.from(text),
    end: true,
  })
}

function eventsOf(record: unknown) {
  return read(JSON.stringify(record)).items.flatMap(({ decoded }) => decoded.events)
}

const flat = (eventName: string, args: Readonly<Record<string, unknown>>, more: object = {}) => ({
  timestamp: 0,
  processName: 'sh',
  hostProcessId: 7,
  hostName: 'n',
  eventName,
  args: Object.entries(args).map(([name, value]) => ({ name, type: '', value })),
  ...more,
})
const structured = (name: string, args: Readonly<Record<string, unknown>>, more: object = {}) => ({
  timestamp: '2026-11-21T07:00:00Z',
  name,
  workload: { process: { executable: { path: '/bin/sh' }, host_pid: 7 } },
  data: Object.entries(args).map(([each, value]) => ({ name: each, value })),
  ...more,
})

describe('every event that the shipped policy asks for', () => {
  const text = readFileSync(join(import.meta.dirname, '../../sensors/tracee/policy.yaml'), 'utf8')
  const policy = parseDocument(text).toJS() as {
    readonly spec: { readonly rules: readonly { readonly event: string }[] }
  }
  const events = policy.spec.rules.map(({ event }) => event)
  const args = {
    cmdpath: '/bin/id',
    pathname: '/bin/id',
    argv: ['id'],
    flags: 'O_RDONLY',
    file_path: '/f',
    old_path: '/a',
    new_path: '/b',
    remote_addr: { sa_family: 'AF_INET', sin_addr: '192.0.2.7' },
    local_addr: { sa_family: 'AF_INET', sin_addr: '0.0.0.0', sin_port: '80' },
  }

  test.each(events.filter((event) => !event.includes('container')))('is telemetry: %s', (event) => {
    for (const record of [flat(event, args), structured(event, args)]) {
      const [told, ...more] = eventsOf(record)
      expect(told?.logsource).toMatchObject({ product: 'linux', category: expect.any(String) })
      expect(more).toEqual([])
    }
  })

  test('names containers', () => {
    const record = flat('existing_container', { container_id: 'a'.repeat(64), container_image: 'i:1' })
    const [item] = read(JSON.stringify(record)).items
    expect(item?.decoded.facts).toMatchObject([
      { kind: 'container', partial: true, resource: { 'container.image.name': 'i' } },
    ])
  })
})

test.each([
  [
    'flat',
    flat('dropped_executable', { pathname: '/x' }, { metadata: { Properties: { signatureID: 'TRC-1' } } }),
  ],
  ['of its own', { Data: null, Context: flat('ptrace', {}), SigMetadata: { ID: 'TRC-2', Name: 'T' } }],
  ['structured', structured('sched_process_exec', { pathname: '/x' }, { threat: { name: 'T' } })],
])('what a signature finds is an alert of Tracee’s: %s', (_form, record) => {
  expect(eventsOf(record).map(({ logsource }) => logsource)).toEqual([{ product: 'tracee' }])
})

test('times in nanoseconds keep their milliseconds, and identities their nanoseconds', () => {
  const at = (timestamp: string): string =>
    JSON.stringify(flat('setns', { fd: 3 })).replace('"timestamp":0', `"timestamp":${timestamp}`)
  const { items } = read(`${at('1795244400123999999')}\n${at('1795244400123999998')}\n`)
  expect(items.map(({ decoded }) => decoded.events[0]?.time)).toEqual([1_795_244_400_123, 1_795_244_400_123])
  expect(items[0]?.decoded.identity?.id).not.toBe(items[1]?.decoded.identity?.id)
})

test('a program that call and exec tell of is started once; another one is another', () => {
  const same = { hostThreadId: 7, threadStartTime: 5, containerId: '' }
  const call = eventsOf(flat('execve', { pathname: '/bin/id', argv: ['id'] }, { ...same, returnValue: 0 }))
  const exec = (path: string) =>
    eventsOf(flat('sched_process_exec', { cmdpath: path, pathname: '/usr/bin/id', argv: ['id'] }, same))
  expect(call[0]?.once).toBeDefined()
  expect(exec('/bin/id')[0]?.once).toBe(call[0]?.once)
  expect(exec('/tmp/id')[0]?.once).not.toBe(call[0]?.once)
})

test('the host name of a container is not the machine’s', () => {
  expect(eventsOf(flat('setns', {}))[0]?.resource).toEqual({ 'host.name': 'n' })
  expect(eventsOf(flat('setns', {}, { container: { id: 'c' } }))[0]?.resource).toEqual({
    'container.id': 'c',
  })
})

test('names of the object’s prototype are events like any other', () => {
  for (const name of ['constructor', '__proto__', 'toString'])
    expect(eventsOf(flat(name, {})).map(({ logsource }) => logsource)).toEqual([{ product: 'tracee' }])
})

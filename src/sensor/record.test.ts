import { expect, it } from 'vitest'
import type { Observed } from './assemble.ts'
import { absolutePath, recordOf } from './record.ts'

const whole = (text: string) => ({ bytes: Buffer.from(text), whole: true })

function path(text: string, folder?: string): string {
  return absolutePath(
    { text: () => whole(text), folder: () => (folder === undefined ? undefined : whole(folder)) },
    0,
  ).text
}

it.each([
  ['/proc/self/root/etc/shadow', '/etc/shadow'],
  ['/proc/1/root/etc/shadow', '/etc/shadow'],
  ['/proc/thread-self/root//etc/./shadow', '/etc/shadow'],
  ['/proc/7/task/8/root/etc/shadow', '/etc/shadow'],
  ['/proc/self/root/proc/1/root/etc/shadow', '/etc/shadow'],
  ['/proc/self/root/../etc/shadow', '/etc/shadow'],
  ['/x/../proc/self/root', '/'],
  ['/proc/self/rootkit', '/proc/self/rootkit'],
  ['/srv/proc/self/root/x', '/srv/proc/self/root/x'],
])('names %s as %s', (asked, told) => {
  expect(path(asked)).toBe(told)
})

it('begins a relative path in its folder, which may be a root of /proc', () => {
  expect(path('docker.sock', '/var/run')).toBe('/var/run/docker.sock')
  expect(path('../run/./docker.sock', '/var/lib')).toBe('/var/run/docker.sock')
  expect(path('root/etc/shadow', '/proc/self')).toBe('/etc/shadow')
})

function connected(name: string, folder?: string): unknown {
  const address = Buffer.concat([Buffer.from([1, 0]), Buffer.from(name)])
  const event: Observed = {
    type: 5,
    time: 0,
    pid: 1,
    ppid: 1,
    uid: 0,
    start: 0,
    group: '',
    result: 0,
    numbers: [],
    outside: false,
    above: [],
    text: () => undefined,
    bytes: () => ({ bytes: address, whole: true }),
    folder: () => (folder === undefined ? undefined : whole(folder)),
  }
  const process = { pid: 1, ppid: 1, start: 0, uid: 0, executable: '/x', file: 'x', args: [], cwd: '/' }
  return recordOf(event, {
    process: { ...process, truncated: [], container: undefined },
    ancestors: [],
    container: undefined,
    unresolved: undefined,
  })
}

it('tells by which file a socket is reached, however it was named', () => {
  expect(connected('docker.sock\0', '/var/run')).toMatchObject({ path: '/var/run/docker.sock' })
  expect(connected('/proc/self/root/var/run/docker.sock\0')).toMatchObject({ path: '/var/run/docker.sock' })
  expect(connected('/var/run/./docker.sock')).toMatchObject({ path: '/var/run/docker.sock' })
  expect(connected('\0var/run/../x')).toMatchObject({ path: '@var/run/../x' })
  expect(connected('docker.sock')).toMatchObject({
    path: 'docker.sock',
    truncated: ['network.peer.address'],
  })
})

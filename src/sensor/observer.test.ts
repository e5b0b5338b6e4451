import { expect, it } from 'vitest'
import { parseMessage } from './messages.ts'
import { createObserver, type Line } from './observer.ts'
import type { ProcessState } from './proc.ts'

const ID = 'c0ffee'.padEnd(64, '0')
const FAKE = 'f'.repeat(64)
const [HOST, CONTAINER, NESTED] = ['1', '44', '45']

function hex(text: string): string {
  return Buffer.from(text).toString('hex').replace(/../g, '$& ').trim()
}

/** The name of a control group and of those above it, as the program sends them. */
function group(id: string, ...names: readonly string[]): readonly string[] {
  return [...names, ''].map((name, level) => `C ${id} ${level} ${hex(`${name}\0`)}`)
}

interface Act {
  readonly time: number
  readonly pid: number
  readonly ppid: number
  readonly group?: string
}

/** What the runtime's processes, which are on the host, start. */
function outside(ppid: number): number {
  return ppid <= 11 ? 1 : 0
}

function fork({ time, pid, ppid }: Act): readonly string[] {
  return [`F ${time} ${pid} ${ppid} 0`]
}

function exec(
  { time, pid, ppid, group: of = CONTAINER }: Act,
  path: string,
  ...args: readonly string[]
): readonly string[] {
  const line = `${args.join('\0')}\0`
  const key = `${time} ${pid}`
  return [
    `L ${key} 0 ${path.length + 1}`,
    `T ${key} 0 0 ${hex(`${path}\0`)}`,
    `L ${key} 1 ${line.length}`,
    `T ${key} 1 0 ${hex(line)}`,
    `A ${key} ${ppid} 1 0 0 0 0 0 0`,
    `R ${key} 0 0`,
    `E 1 ${key} ${pid} ${ppid} 0 ${pid}0000000 ${of} 0 0 0 0 0 0 ${outside(ppid)}`,
  ]
}

function unshare({ time, pid, ppid, group: of = CONTAINER }: Act): readonly string[] {
  return [`E 8 ${time} ${pid} ${pid} ${ppid} 0 ${pid}0000000 ${of} 0 8 131072 0 0 0 ${outside(ppid)}`]
}

function state(pid: number, ppid: number, executable: string, container?: string): ProcessState {
  return { pid, ppid, started: pid, executable, args: [executable], cwd: '/', uid: 0, container }
}

const RUNTIME = [state(10, 1, '/usr/bin/containerd-shim-runc-v2'), state(11, 10, '/usr/bin/runc')]

function observe(messages: readonly string[], host = false, there: readonly ProcessState[] = RUNTIME) {
  const observer = createObserver({
    host,
    read: (pid) => there.find((one) => one.pid === pid),
    containerProcesses: () => there.filter(({ container }) => container !== undefined),
  })
  observer.recount()
  for (const data of messages) {
    const message = parseMessage(JSON.stringify({ type: 'printf', data }))
    if (message !== undefined) observer.take(message, 1_000)
  }
  return { lines: observer.lines(Number.MAX_SAFE_INTEGER), setup: observer.setup, observer }
}

function told({ body }: Line): readonly unknown[] {
  const { kind, container, process } = body as {
    kind: string
    container?: string
    process?: { executable?: string }
  }
  return [kind, container, process?.executable]
}

it('tells what a container does from its first exec on, and not what its runtime does before', () => {
  const { lines, setup } = observe([
    ...group(CONTAINER, ID, 'docker'),
    ...unshare({ time: 1, pid: 12, ppid: 11 }),
    ...exec({ time: 2, pid: 12, ppid: 10 }, '/bin/sh', 'sh'),
    ...unshare({ time: 3, pid: 12, ppid: 10 }),
    ...unshare({ time: 4, pid: 13, ppid: 12 }),
  ])
  expect(lines.map(told)).toEqual([
    ['exec', ID, '/bin/sh'],
    ['call', ID, '/bin/sh'],
    ['call', ID, '/bin/sh'],
  ])
  expect(setup).toBe(1)
  expect(lines[2]?.body['ancestors']).toMatchObject([
    { pid: 12, executable: '/bin/sh' },
    { pid: 10, executable: '/usr/bin/containerd-shim-runc-v2' },
  ])
})

it('keeps a process with its container when it moves to the host’s control group, or to one that looks like another', () => {
  const { lines } = observe([
    ...group(CONTAINER, ID, 'docker'),
    ...group(HOST),
    ...group(NESTED, FAKE, ID, 'docker'),
    ...exec({ time: 1, pid: 12, ppid: 10 }, '/bin/sh', 'sh'),
    ...unshare({ time: 2, pid: 12, ppid: 10, group: HOST }),
    ...exec({ time: 3, pid: 13, ppid: 12, group: HOST }, '/bin/nc', 'nc'),
    ...exec({ time: 4, pid: 14, ppid: 12, group: NESTED }, '/bin/id', 'id'),
  ])
  expect(lines.map(told)).toEqual([
    ['exec', ID, '/bin/sh'],
    ['call', ID, '/bin/sh'],
    ['exec', ID, '/bin/nc'],
    ['exec', ID, '/bin/id'],
  ])
})

it('leaves the host’s processes out unless it is asked for them', () => {
  const messages = [...group(HOST), ...exec({ time: 1, pid: 20, ppid: 1, group: HOST }, '/bin/ls', 'ls')]
  expect(observe(messages).lines).toEqual([])
  expect(observe(messages, true).lines.map(told)).toEqual([['exec', undefined, '/bin/ls']])
})

it('says that no container could be found where the control group was not told and the process is gone', () => {
  const { lines } = observe(exec({ time: 1, pid: 20, ppid: 19 }, '/bin/ls', 'ls'))
  expect(lines[0]?.body).toMatchObject({ kind: 'exec', unresolved: expect.stringContaining('control group') })
  const there = [...RUNTIME, state(20, 10, '/bin/ls', ID)]
  expect(
    observe(exec({ time: 1, pid: 20, ppid: 19 }, '/bin/ls', 'ls'), false, there).lines.map(told),
  ).toEqual([['exec', ID, '/bin/ls']])
})

it('knows what ran in containers before it began', () => {
  const there = [...RUNTIME, state(30, 10, '/usr/sbin/nginx', ID)]
  const { lines } = observe(
    [...group(CONTAINER, ID, 'docker'), ...unshare({ time: 1, pid: 30, ppid: 10 })],
    false,
    there,
  )
  expect(lines.map(told)).toEqual([['call', ID, '/usr/sbin/nginx']])
})

it('tells in the order in which things happened, whichever processor was heard first', () => {
  const { lines } = observe([
    ...group(CONTAINER, ID, 'docker'),
    ...exec({ time: 9, pid: 13, ppid: 12 }, '/bin/ls', 'ls'),
    ...exec({ time: 5, pid: 12, ppid: 10 }, '/bin/sh', 'sh'),
  ])
  expect(lines.map(told).map(([, , program]) => program)).toEqual(['/bin/sh', '/bin/ls'])
})

it('says what of the arguments is missing', () => {
  const whole = exec({ time: 1, pid: 12, ppid: 10 }, '/bin/echo', 'echo', 'x'.repeat(100))
  const cut = whole.map((one) => one.replace(/^L 1 12 1 \d+$/, 'L 1 12 1 99999'))
  const { lines } = observe([...group(CONTAINER, ID, 'docker'), ...cut])
  expect(lines[0]?.body).toMatchObject({
    process: { args: ['echo', 'x'.repeat(100)] },
    truncated: ['process.command_args', 'CommandLine'],
  })
})

it('waits for an exec that is heard late, and loses nothing of what its process did', () => {
  const observer = createObserver({
    host: false,
    read: (pid) => RUNTIME.find((one) => one.pid === pid),
    containerProcesses: () => [],
  })
  const hear = (messages: readonly string[], now: number): void => {
    for (const data of messages) {
      const message = parseMessage(JSON.stringify({ type: 'printf', data }))
      if (message !== undefined) observer.take(message, now)
    }
  }
  hear([...group(CONTAINER, ID, 'docker'), ...unshare({ time: 1, pid: 12, ppid: 11 })], 0)
  hear([...unshare({ time: 7, pid: 12, ppid: 10 }), ...unshare({ time: 8, pid: 13, ppid: 12 })], 0)
  expect(observer.lines(100)).toEqual([])
  hear(exec({ time: 5, pid: 12, ppid: 10 }, '/bin/sh', 'sh'), 1_000)
  expect(observer.lines(1_100).map(told)).toEqual([
    ['exec', ID, '/bin/sh'],
    ['call', ID, '/bin/sh'],
    ['call', ID, '/bin/sh'],
  ])
  hear(exec({ time: 9, pid: 12, ppid: 10 }, '/bin/id', 'id'), 1_200)
  expect(observer.lines(1_300).map(told)).toEqual([['exec', ID, '/bin/id']])
  expect(observer.lines(10_000)).toEqual([])
  expect(observer.setup).toBe(1)
})

it('knows the children of children that start no program, whether their forks were told or stand in /proc', () => {
  const deep = [
    ...fork({ time: 2, pid: 13, ppid: 12 }),
    ...fork({ time: 3, pid: 14, ppid: 13 }),
    ...unshare({ time: 4, pid: 14, ppid: 13 }),
  ]
  const shell = [...group(CONTAINER, ID, 'docker'), ...exec({ time: 1, pid: 12, ppid: 10 }, '/bin/sh', 'sh')]
  const both = [
    ['exec', ID, '/bin/sh'],
    ['call', ID, '/bin/sh'],
  ]
  expect(observe([...shell, ...deep]).lines.map(told)).toEqual(both)
  // heard from another processor, late
  expect(observe([...deep.toReversed(), ...shell]).lines.map(told)).toEqual(both)
  const there = [...RUNTIME, state(13, 12, '/bin/sh', ID), state(14, 13, '/bin/sh', ID)]
  const { lines } = observe([...shell, ...unshare({ time: 4, pid: 15, ppid: 14 })], false, there)
  expect(lines.map(told)).toEqual(both)
  expect(lines[1]?.body['ancestors']).toMatchObject([{ pid: 14 }, { pid: 13 }, { pid: 12 }, { pid: 10 }])
})

it('does not take what a runtime forks before the exec for the container’s', () => {
  const { lines, setup } = observe([
    ...group(CONTAINER, ID, 'docker'),
    ...fork({ time: 1, pid: 12, ppid: 11 }),
    ...unshare({ time: 2, pid: 12, ppid: 11 }),
    ...exec({ time: 3, pid: 12, ppid: 10 }, '/bin/sh', 'sh'),
  ])
  expect(lines.map(told)).toEqual([['exec', ID, '/bin/sh']])
  expect(setup).toBe(1)
})

it('tells what a process in a container did that nobody saw come there, and says so', () => {
  const { lines, setup } = observe([
    ...group(CONTAINER, ID, 'docker'),
    ...unshare({ time: 1, pid: 78, ppid: 77 }),
  ])
  expect(lines.map(({ body }) => body)).toMatchObject([
    { kind: 'call', container: ID, unresolved: expect.stringContaining('was not seen') },
  ])
  expect(setup).toBe(0)
})

it('reads /proc once for what stays in doubt, and keeps it within a bound', () => {
  let reads = 0
  const observer = createObserver({
    host: false,
    read: () => {
      reads += 1
      return undefined
    },
    containerProcesses: () => [],
  })
  const hear = (data: string): void => {
    const message = parseMessage(JSON.stringify({ type: 'printf', data }))
    if (message !== undefined) observer.take(message, 0)
  }
  for (const line of group(CONTAINER, ID, 'docker')) hear(line)
  for (let time = 1; time <= 30_000; time += 1)
    for (const line of unshare({ time, pid: 78, ppid: 77 })) hear(line)
  const first = observer.lines(100)
  const before = reads
  for (let now = 120; now < 5_000; now += 20) expect(observer.lines(now)).toEqual([])
  expect(reads).toBe(before)
  expect(first.length).toBe(10_000)
  expect(observer.lines(6_000).length).toBe(20_000)
})

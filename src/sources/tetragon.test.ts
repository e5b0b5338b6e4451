import { describe, expect, test } from 'vitest'
import { createStreamDecoder, sources } from './index.ts'

const EXEC = {
  process_exec: {
    process: { exec_id: 'bjoxOjc=', pid: 7, binary: '/bin/sh', arguments: '-c "a  b" c\\"d ""', cwd: '/' },
  },
  node_name: 'n',
  time: '2026-11-21T07:00:00.123456789Z',
}

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

describe('a Tetragon export', () => {
  test.each([
    ['behind a syslog header', `<134>Nov 21 07:00:00 n tetragon: ${JSON.stringify(EXEC)}\n`],
    ['of several objects on a line', `${JSON.stringify(EXEC)}${JSON.stringify(EXEC)}`],
    ['behind a byte-order mark, with carriage returns', `\u{FEFF}${JSON.stringify(EXEC)}\r\n`],
    ['over several lines', JSON.stringify(EXEC, null, 3)],
  ])('is read %s', (_name, text) => {
    const { items, failures } = read(text)
    expect(failures).toEqual([])
    expect(new Set(items.map(({ source }) => source))).toEqual(new Set(['tetragon']))
    expect(items[0]?.decoded.events[0]).toMatchObject({
      logsource: { product: 'linux', category: 'process_creation' },
      time: 1_795_244_400_123,
    })
  })

  test('takes arguments apart as they were joined', () => {
    expect(eventsOf(EXEC)[0]?.record).toMatchObject({
      'process.command_args': ['/bin/sh', '-c', 'a  b', 'c\\"d', ''],
    })
  })

  test('dates what ran before Tetragon did by its own start', () => {
    const process = { ...EXEC.process_exec.process, flags: 'procFS auid', start_time: '2026-11-20T00:00:00Z' }
    expect(eventsOf({ ...EXEC, process_exec: { process } })[0]?.time).toBe(Date.UTC(2026, 10, 20))
  })

  test('told twice has one identity', () => {
    const [first, second] = read(`${JSON.stringify(EXEC)}\n`.repeat(2)).items
    expect(first?.decoded.identity).toEqual(second?.decoded.identity)
  })
})

test('what a policy of the site reports is an alert by Tetragon’s names, and one of ours is none', () => {
  const report = (policy_name: string) => ({
    process_kprobe: {
      process: { binary: '/bin/cat', pid: 7 },
      function_name: 'security_file_permission',
      args: [{ file_arg: { path: '/etc/shadow' } }, { int_arg: 4 }],
      policy_name,
    },
    node_name: 'n',
    time: '2026-11-21T07:00:00Z',
  })
  expect(eventsOf(report('no-shadow')).map(({ logsource }) => logsource)).toEqual([
    { product: 'linux', category: 'file_read' },
    { product: 'tetragon' },
  ])
  expect(eventsOf(report('tallyman-files')).map(({ logsource }) => logsource)).toEqual([
    { product: 'linux', category: 'file_read' },
  ])
})

test('what only has a word in common is not Tetragon’s', () => {
  expect(read('{"test":{"ok":true},"time":"2026-11-21T07:00:00Z"}').items).toEqual([])
})

test('a hook that bears the name of something else is no telemetry', () => {
  const record = (function_name: string) => ({
    process_kprobe: { process: { binary: '/bin/cat' }, function_name, args: [], policy_name: 'tallyman-x' },
    node_name: 'n',
    time: '2026-11-21T07:00:00Z',
  })
  for (const name of ['constructor', '__proto__', 'sys_constructor', 'sys_getpid', 'fd_install'])
    expect(eventsOf(record(name))).toEqual([])
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { createStreamDecoder, sources } from './index.ts'
import type { JsonObject } from './json.ts'

const folder = join(import.meta.dirname, '../../sensors/tetragon')

interface Hook {
  readonly call: string
  readonly args: readonly { readonly index: number; readonly type: string }[]
  readonly return: boolean
  readonly selectors: readonly { readonly matchArgs?: readonly { readonly index: number }[] }[]
}
interface Policy {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly kprobes: readonly Hook[] }
}

const policies = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => parseDocument(readFileSync(join(folder, name), 'utf8')).toJS() as Policy)
const hooks = policies.flatMap(({ metadata, spec }) =>
  spec.kprobes.map((hook) => ({ ...hook, policy: metadata.name })),
)

/** What Tetragon's export writes of an argument of each type. */
const WRITTEN: Readonly<Record<string, JsonObject>> = {
  int: { int_arg: 577 },
  uint32: { uint_arg: 1 },
  int64: { long_arg: '16' },
  uint64: { size_arg: '4096' },
  string: { string_arg: '/etc/motd' },
  sock: { sock_arg: { family: 'AF_INET', saddr: '192.0.2.1', daddr: '192.0.2.7', sport: 4444, dport: 443 } },
}

function eventsOf(hook: (typeof hooks)[number]) {
  const record = {
    process_kprobe: {
      process: { binary: '/bin/sh', pid: 7, cwd: '/' },
      function_name: hook.call.replace(/^sys_/, '__x64_sys_'),
      args: hook.args.map(({ type }) => WRITTEN[type]),
      return: { int_arg: 0 },
      policy_name: hook.policy,
    },
    node_name: 'n',
    time: '2026-11-21T07:00:00Z',
  }
  const bytes = Buffer.from(JSON.stringify(record))
  const { items } = createStreamDecoder(sources, 's').push({ stream: 's', offset: 0, bytes, end: true })
  return items.flatMap(({ decoded }) => decoded.events)
}

const FIELD: Readonly<Record<string, string>> = {
  file_event: 'TargetFilename',
  file_rename: 'SourceFilename',
  network_connection: 'DestinationPort',
  network_listen: 'network.local.port',
  kernel_call: 'syscall.args',
}

test.each(hooks)('$policy: what $call reports is told in full', (hook) => {
  const events = eventsOf(hook)
  expect(events).toHaveLength(1)
  const [event] = events
  const category = event?.logsource.category ?? ''
  expect(event?.logsource.product).toBe('linux')
  expect(event?.record).toHaveProperty([FIELD[category] ?? 'none'])
  expect(event?.record).toMatchObject({ Image: '/bin/sh', 'syscall.result': 0 })
  if (category === 'kernel_call') {
    const told = String((event?.record as JsonObject | undefined)?.['syscall.args']).split(' ')
    expect(told).toHaveLength(hook.args.length)
  }
})

test('selectors ask for arguments that are there', () => {
  for (const { args, selectors } of hooks)
    for (const { matchArgs = [] } of selectors)
      for (const { index } of matchArgs) expect(args.map((arg) => arg.index)).toContain(index)
})

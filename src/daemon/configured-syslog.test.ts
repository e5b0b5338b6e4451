import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseConfig } from '../config/load-config.ts'

const parse = (input: string) => parseConfig('/etc/tallyman/tallyman.yaml', `inputs:\n  - ${input}\n`)

it('the configurations that its page shows are valid', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/inputs-syslog.md'), 'utf8')
  const blocks = [...page.matchAll(/```yaml\n(inputs:\n[\s\S]*?)```/g)].map(([, block]) => block ?? '')
  expect(blocks).toHaveLength(2)
  for (const block of blocks) expect(parseConfig('tallyman.yaml', block).problems).toEqual([])
})

it('paths are relative to the file, and bounds have their defaults', () => {
  const { config } = parse('{ type: syslog, name: net, transport: tls, tls: { cert: a.crt, key: /b.key } }')
  expect(config?.inputs).toEqual([
    {
      type: 'syslog',
      name: 'net',
      transport: 'tls',
      host: '127.0.0.1',
      zone: 'UTC',
      tls: { cert: '/etc/tallyman/a.crt', key: '/b.key' },
      limits: { message: 1024, waiting: 64 },
    },
  ])
})

it.each([
  ['anybody beyond loopback', '{ type: syslog, name: a, transport: tcp, host: 0.0.0.0 }', /who may send/],
  ['tls without its files', '{ type: syslog, name: a, transport: tls }', /belongs to transport tls/],
  [
    'files of tls without it',
    '{ type: syslog, name: a, transport: udp, tls: { cert: a, key: b } }',
    /belongs/,
  ],
  ['no network', '{ type: syslog, name: a, transport: udp, from: [10.0.0.0/33] }', /an address or a network/],
  ['no zone', '{ type: syslog, name: a, transport: udp, zone: Mars/Olympus }', /IANA time zone/],
  ['no transport', '{ type: syslog, name: a }', /transport/],
])('%s is told with its place', (_, input, message) => {
  const { problems } = parse(input)
  expect(problems).toMatchObject([{ line: 2, message: expect.stringMatching(message) }])
})

it('warns of a key that others can read', () => {
  const { warnings } = parse(
    '{ type: syslog, name: a, transport: tls, tls: { cert: /nowhere.crt, key: /nowhere.key } }',
  )
  expect(warnings()).toMatchObject([
    { message: expect.stringContaining('/nowhere.crt') },
    { message: expect.stringContaining('/nowhere.key') },
  ])
})

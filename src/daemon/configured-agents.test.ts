import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseConfig } from '../config/load-config.ts'

const parse = (input: string) => parseConfig('/etc/tallyman/tallyman.yaml', `inputs:\n  - ${input}\n`)

it('the configuration that its page shows is valid', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/agent.md'), 'utf8')
  const blocks = [...page.matchAll(/```yaml\n(inputs:\n[\s\S]*?)```/g)].map(([, block]) => block ?? '')
  expect(blocks).toHaveLength(1)
  for (const block of blocks) expect(parseConfig('tallyman.yaml', block).problems).toEqual([])
})

it('paths are relative to the file, and bounds have their defaults', () => {
  const { config } = parse('{ type: agents, name: agents, tls: { cert: a.crt, key: /b.key } }')
  expect(config?.inputs).toEqual([
    {
      type: 'agents',
      name: 'agents',
      host: '127.0.0.1',
      port: 7412,
      tls: { cert: '/etc/tallyman/a.crt', key: '/b.key' },
      limits: { body: 16, unpacked: 96, waiting: 256 },
    },
  ])
})

it('agents are heard beyond loopback through TLS only', () => {
  const { problems } = parse('{ type: agents, name: agents, host: 0.0.0.0 }')
  expect(problems).toMatchObject([{ line: 2, message: expect.stringContaining('through TLS only') }])
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config/load-config.ts'

const parse = (inputs: string) => parseConfig('/etc/tallyman/tallyman.yaml', `inputs:\n${inputs}`)

it('the configurations that its page shows are valid', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/inputs-http.md'), 'utf8')
  const blocks = [...page.matchAll(/```yaml\n(inputs:\n[\s\S]*?)```/g)].map(([, block]) => block ?? '')
  expect(blocks).toHaveLength(2)
  for (const block of blocks) expect(parseConfig('tallyman.yaml', block).problems).toEqual([])
})

it('paths are relative to the file, and bounds have their defaults', () => {
  const { config } = parse(
    '  - { type: http, name: audit, tls: { cert: a.crt, key: /b.key, clientCa: c.crt }, tokens: [{ name: x, file: d }] }\n',
  )
  expect(config?.inputs).toEqual([
    {
      type: 'http',
      name: 'audit',
      host: '127.0.0.1',
      port: 7411,
      tls: { cert: '/etc/tallyman/a.crt', key: '/b.key', clientCa: '/etc/tallyman/c.crt' },
      tokens: [{ name: 'x', file: '/etc/tallyman/d' }],
      limits: { body: 16, unpacked: 64, waiting: 128 },
    },
  ])
})

describe('a mistake', () => {
  it.each([
    ['beyond loopback in the clear', '{ type: http, name: a, host: 0.0.0.0 }', /through TLS only/],
    ['the name of another token', '{ type: http, name: cli }', /cli\.token/],
    ['a certificate without its key', '{ type: http, name: a, tls: { cert: a.crt } }', /tls\.key|key/],
    ['no bound at all', '{ type: http, name: a, limits: { body: 0 } }', /limits\.body/],
  ])('%s is told with its place', (_, input, message) => {
    const { problems } = parse(`  - ${input}\n`)
    expect(problems).toMatchObject([{ line: 2, message: expect.stringMatching(message) }])
  })
})

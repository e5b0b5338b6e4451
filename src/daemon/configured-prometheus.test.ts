import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseConfig } from '../config/load-config.ts'

const parse = (input: string) => parseConfig('/etc/tallyman/tallyman.yaml', `inputs:\n  - ${input}\n`)

it('the configuration that its page shows is valid', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/inputs-prometheus.md'), 'utf8')
  const blocks = [...page.matchAll(/```yaml\n(inputs:\n[\s\S]*?)```/g)].map(([, block]) => block ?? '')
  expect(blocks).toHaveLength(1)
  for (const block of blocks) expect(parseConfig('tallyman.yaml', block).problems).toEqual([])
})

it('paths are relative to the file, and an answer speaks as metrics alone', () => {
  const { config } = parse(
    '{ type: prometheus, name: m, urls: [https://a/metrics], tokenFile: secrets/m, caFile: /ca.crt }',
  )
  expect(config?.inputs).toEqual([
    {
      type: 'prometheus',
      name: 'm',
      sources: ['cadvisor', 'prometheus'],
      urls: ['https://a/metrics'],
      interval: '30s',
      timeout: '10s',
      tokenFile: '/etc/tallyman/secrets/m',
      caFile: '/ca.crt',
      limits: { body: 32 },
    },
  ])
})

it.each([
  ['no URL', '{ type: prometheus, name: m, urls: [node-1] }', /a URL such as/],
  ['another scheme', "{ type: prometheus, name: m, urls: ['file:///etc/passwd'] }", /a URL such as/],
  ['a password', "{ type: prometheus, name: m, urls: ['http://a:b@c/'] }", /without a name or password/],
  ['a token in the clear', '{ type: prometheus, name: m, urls: [http://a/], tokenFile: t }', /https only/],
  ['another source', '{ type: prometheus, name: m, urls: [http://a/], sources: [falco] }', /sources/],
])('%s is told with its place', (_, input, message) => {
  const { problems } = parse(input)
  expect(problems).toMatchObject([{ line: 2, message: expect.stringMatching(message) }])
})

it('warns of files that are not there', () => {
  const { warnings } = parse('{ type: prometheus, name: m, urls: [https://a/], tokenFile: /nowhere/t }')
  expect(warnings()).toMatchObject([{ line: 2, message: 'cannot look at /nowhere/t' }])
})

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import { editorSchema } from '../src/config/config.ts'
import { parseConfig } from '../src/config/load-config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-config-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function check(text: string): Promise<{ exit: number; out: string; err: string }> {
  const file = join(folder, 'tallyman.yaml')
  writeFileSync(file, text)
  let [out, err] = ['', '']
  const exit = await main(['config', 'check', '--config', file], {
    out: (line) => void (out += line),
    err: (line) => void (err += line),
    terminal: true,
  })
  return { exit, out: out.replaceAll(folder, 'FOLDER'), err }
}

const golden = (name: string): string => join(import.meta.dirname, 'golden', name)

it('says of every mistake where it is, what is wrong and what mends it, in plain words', async () => {
  const { exit, out } = await check(`zone: Mars/Olympus
zones: UTC
inputs:
  - { type: file, name: A B, paths: [] }
  - { type: dokcer, name: d }
  - { type: docker, name: d, sokcet: /x }
  - { name: e }
  - type: file
    name: f
    paths: /var/log
  - type: file
    name: g
  - just text
  - type: file
    name:
    paths: [1, '']
    follow: yes please
listen: { prot: 1, port: 70000, host: 0.0.0.0 }
rules: [7]
data: 12
`)
  expect(exit).toBe(2)
  await expect(out).toMatchFileSnapshot(golden('config-mistakes.txt'))
})

it('warns of paths at which there is nothing, and of two inputs of one name', async () => {
  const text = (second: string): string => `rules: [./rules]
site: ./site
inputs:
  - { type: file, name: first, paths: [./nowhere, .] }
  - { type: docker, name: ${second}, socket: ./no.sock }
  - { type: docker, name: remote, socket: http://engine:2375 }
`
  mkdirSync(join(folder, 'site'))
  const twice = await check(text('first'))
  const warned = await check(text('second'))
  expect([twice.exit, warned.exit, warned.err]).toEqual([2, 0, expect.stringContaining('is valid')])
  await expect(`${twice.out}---\n${warned.out}`).toMatchFileSnapshot(golden('config-warnings.txt'))
})

it('tells of a name that is there twice beside the other mistakes', async () => {
  const { out } = await check(`zone: Mars/Olympus
inputs:
  - { type: stdin, name: a }
  - { type: stdin, name: a }
`)
  expect(out).toMatch(/:1:7: zone is [\s\S]*:4:26: another input is named a already/)
})

it('warns of secrets that are missing, malformed or open to others, and of link-local addresses; tells none', async () => {
  const secret = (name: string, text: string, mode: number): string => {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), mode)
    return `./${name}`
  }
  const token = 'a-token-that-nobody-knows'
  const sound = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const { exit, out } = await check(`inputs:
  - type: http
    name: sent
    tokens:
      - { name: one, file: ${secret('one', token, 0o644)} }
      - { name: two, file: ./none }
      - { name: three, file: ${secret('three', `${token}3`, 0o600)} }
notify:
  - { type: webhook, name: a, url: https://169.254.169.254/x, secretFile: ${secret('bad', 'hunter2', 0o600)} }
  - { type: webhook, name: b, url: 'https://[fe80::1]/x', secretFile: ${secret('good', sound, 0o600)} }
  - { type: webhook, name: c, url: https://hooks.example/x, secretFile: ${secret('open', sound, 0o640)} }
`)
  expect(exit).toBe(0)
  const told = out.split('\n').filter((line) => line.startsWith('FOLDER'))
  expect(told.map((line) => line.replace('FOLDER/tallyman.yaml:', ''))).toEqual([
    expect.stringMatching(/^5:28: warning: others can read or change the secret in FOLDER\/one: mode 0644/),
    expect.stringMatching(/^6:28: warning: .*none/),
    expect.stringMatching(/^9:5: warning: a: .*bad/),
    expect.stringMatching(/^9:36: warning: url is a link-local address/),
    expect.stringMatching(/^10:36: warning: url is a link-local address/),
    expect.stringMatching(
      /^11:\d+: warning: others can read or change the secret in FOLDER\/open: mode 0640/,
    ),
  ])
  for (const hidden of [token, 'hunter2', sound]) expect(out).not.toContain(hidden)
})

it('without a file none is needed, and it says how one is made', async () => {
  let err = ''
  const before = process.cwd()
  process.chdir(folder)
  try {
    const words = { out: () => {}, err: (line: string) => void (err += line), terminal: true }
    expect(await main(['config', 'check'], words)).toBe(0)
  } finally {
    process.chdir(before)
  }
  expect(err).toMatch(/none is needed[\s\S]*tallyman discover --yaml > tallyman\.yaml/)
})

describe('content that is no configuration is told at its place, never thrown', () => {
  it.each([
    ['a list', '- a\n', 1, 'the configuration must be keys with values'],
    ['text', 'hello\n', 1, 'the configuration must be keys with values'],
    ['broken YAML', 'inputs:\n  - { type: file\n', 3, ''],
    ['a key twice', 'data: a\ndata: b\n', 2, 'unique'],
    ['binary content', 'a\u0000b', 1, 'binary content'],
    ['an alias bomb', bomb(), 1, 'alias'],
    ['odd keys', '__proto__: 1\nconstructor: 2\n? [a]\n: 3\n', 1, '__proto__'],
  ])('%s', (_name, text, line, message) => {
    const { problems } = parseConfig('x.yaml', text)
    expect(problems[0]).toMatchObject({ line, message: expect.stringContaining(message) })
    for (const problem of problems) expect(problem.mend).not.toBe('')
  })
})

function bomb(): string {
  const levels = Array.from({ length: 12 }, (_, n) =>
    n === 0 ? 'a0: &a0 [x, x, x, x]' : `a${n}: &a${n} [${`*a${n - 1}, `.repeat(9)}]`,
  )
  return `${levels.join('\n')}\n`
}

it('the schema knows every key that the configuration has, with a description for the editor', async () => {
  let printed = ''
  const exit = await main(['config', 'schema'], {
    out: (text) => void (printed += text),
    err: () => {},
    terminal: false,
  })
  expect(exit).toBe(0)
  const schema = JSON.parse(printed) as ReturnType<typeof editorSchema>
  expect(schema).toEqual(editorSchema())
  expect(schema.properties?.['inputs']?.items?.oneOf?.length).toBeGreaterThanOrEqual(3)
  for (const [key, { description }] of Object.entries(schema.properties ?? {}))
    expect([key, description]).toEqual([key, expect.stringMatching(/\S/)])
})

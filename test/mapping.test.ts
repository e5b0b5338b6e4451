import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { main } from '../src/cli/main.ts'
import { eventually, startDaemon } from './daemon.ts'

/** A daemon may be slow to start on a machine that does other things as well, ms. */
const PATIENCE = 60_000
vi.setConfig({ testTimeout: 3 * PATIENCE })

const folder = mkdtempSync(join(tmpdir(), 'tallyman-mapping-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const MAPPING = `title: our agent
recognise: [agent.version]
time: { path: at, as: seconds }
resource: { host.name: host, container.id: cid }
kinds:
  - logsource: { product: linux, category: process_creation }
    fields:
      Image: exe
      CommandLine: { path: argv, as: joined }
      process.executable.name: { path: exe, as: basename }
`
const RULE = `title: the tool was run
logsource: { product: linux, category: process_creation }
detection: { s: { CommandLine|contains: '--steal' }, condition: s }
`
const record = (n: number, argv: readonly string[]): string =>
  JSON.stringify({
    agent: { version: 1 },
    at: 1_795_168_800 + n,
    host: 'h',
    cid: 'c'.repeat(64),
    exe: '/t',
    argv,
  })
const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
written('rules.yml', RULE)
const mapping = written('agent.yaml', MAPPING)

async function run(...words: readonly string[]): Promise<{ exit: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const output = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) }
  const exit = await main(words, { ...output, terminal: false })
  return { exit, out, err }
}

it('hunts over what only a mapping can read, with one thread and with several', async () => {
  const log = written(
    'agent.log',
    `${Array.from({ length: 3_000 }, (_, n) => record(n, n % 1_000 === 7 ? ['t', '--steal'] : ['t'])).join('\n')}\n`,
  )
  const scan = (...more: readonly string[]) =>
    run('scan', log, '--rules', join(folder, 'rules.yml'), '--no-strategies', '--json', ...more)
  expect((await scan()).err).toContain('0 evaluated')
  const one = await scan('--mapping', mapping, '--jobs', '1')
  expect(one.err).toContain('3000 evaluated, 0 failed')
  expect(one.exit).toBe(1)
  expect(JSON.parse(one.out.split('\n')[0] ?? '')).toMatchObject({
    count: 3,
    entity: { 'container.id': 'c'.repeat(64) },
    evidence: expect.arrayContaining([expect.objectContaining({ source: 'custom' })]) as unknown,
  })
  const two = await scan('--mapping', mapping, '--jobs', '2')
  expect({ ...two, err: '' }).toEqual({ ...one, err: '' })
})

it('reads in the daemon what an input’s mapping describes, before and beside its sources', async () => {
  const log = written('daemon.log', `${record(1, ['t', '--steal'])}\n{"unknown":1}\n`)
  const config = written(
    'tallyman.yaml',
    `rules: [./rules.yml]\nsite: ./site\ninputs:\n  - { type: file, name: agent, paths: [${log}], sources: [falco], mapping: ./agent.yaml }\n`,
  )
  expect((await run('config', 'check', '--config', config)).exit).toBe(0)
  const daemon = startDaemon(join(folder, 'data'), config)
  try {
    await daemon.url()
    const alerts = await eventually(async () => {
      const { body } = await daemon.ask('/api/alerts')
      const { items } = body as { items: readonly { rule: { title: string } }[] }
      return items.length > 0 ? items : undefined
    }, PATIENCE)
    expect(alerts[0]?.rule.title).toBe('the tool was run')
    expect((await daemon.ask('/api/totals')).body).toMatchObject({ evaluated: 1, sources: { custom: 1 } })
  } finally {
    await daemon.kill('SIGKILL')
  }
})

it('names mistakes in a mapping’s own file, and in one that stands in the configuration', async () => {
  written('broken.yaml', MAPPING.replace('Image: exe', 'Imaje: exe'))
  const named = written(
    'named.yaml',
    'inputs:\n  - { type: file, name: a, paths: [.], mapping: ./broken.yaml }\n  - { type: stdin, name: b, mapping: ./none.yaml }\n',
  )
  const told = async (file: string) =>
    (await run('config', 'check', '--config', file, '--json')).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { file: string; line: number; column: number; mend: string })
  expect(await told(named)).toMatchObject([
    { file: join(folder, 'broken.yaml'), line: 8, column: 14, mend: 'did you mean Image?' },
    {
      file: join(folder, 'none.yaml'),
      message: expect.stringContaining('cannot read the mapping') as string,
    },
  ])
  const inline = (text: string): string =>
    `inputs:\n  - type: file\n    name: a\n    paths: [.]\n    mapping:\n${text.replaceAll(/^/gm, '      ')}`
  expect(
    await told(written('inline.yaml', inline(MAPPING.replace('Image: exe', 'Imaje: exe')))),
  ).toMatchObject([{ file: join(folder, 'inline.yaml'), line: 13, mend: 'did you mean Image?' }])
  expect(await told(written('shape.yaml', inline(MAPPING.replace('joined', 'join'))))).toMatchObject([
    { file: join(folder, 'shape.yaml'), line: 14, mend: 'did you mean joined?' },
  ])
  expect((await run('config', 'check', '--config', written('good.yaml', inline(MAPPING)))).exit).toBe(0)
  expect((await run('scan', '--mapping', join(folder, 'broken.yaml'), folder)).err).toContain(
    'broken.yaml:8:14',
  )
})

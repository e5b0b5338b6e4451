import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { main } from '../src/cli/main.ts'
import type { AlertView } from '../src/domain/alert-view.ts'
import { podCreated } from './audit.ts'

const ROOT = resolve(import.meta.dirname, '..')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-cli-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Ran {
  readonly exit: number
  readonly out: string
  readonly err: string
}

async function tallyman(words: readonly string[], terminal = false): Promise<Ran> {
  let [out, err] = ['', '']
  const exit = await main(words, {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    terminal,
  })
  return { exit, out: portable(out), err: portable(err) }
}

function portable(text: string): string {
  return text.replaceAll(folder, 'FOLDER').replaceAll(ROOT, 'ROOT')
}

function golden(name: string): string {
  return join(import.meta.dirname, 'golden', name)
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const privilegedPod = podCreated({
  name: 'debug',
  auditID: 'a-1',
  time: Date.UTC(2026, 10, 20, 9, 30),
  privileged: true,
})

describe('scan', () => {
  it('finds the same with several threads', async () => {
    const words = [
      'scan',
      '--json',
      join(ROOT, 'examples'),
      file('audit.log', `${privilegedPod}\n{"broken\n`),
    ]
    const alone = await tallyman([...words, '--jobs', '1'])
    expect(alone).toMatchObject({ exit: 1, err: expect.stringContaining('1 failed') as string })
    expect(await tallyman([...words, '--jobs', '3'])).toEqual(alone)
  })

  it('refuses a number of threads that is none', async () => {
    const { exit, err } = await tallyman(['scan', '--jobs', '0', join(ROOT, 'examples')])
    expect({ exit, err }).toMatchObject({ exit: 2, err: expect.stringContaining('from 1 to 256') as string })
  })

  it('prints one JSON object an alert when piped', async () => {
    const { exit, out } = await tallyman(['scan', join(ROOT, 'examples')])
    expect(exit).toBe(1)
    const alerts = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AlertView)
    const brief = alerts.map(({ time, strategy, rule, level, attack, entity, count, evidence }) =>
      [
        time,
        level,
        strategy.id,
        rule.title,
        attack.join('+'),
        entity['container.name'] ?? entity['k8s.pod.name'],
        count,
        evidence.map((item) => item.logsource).join('+'),
      ].join(' | '),
    )
    await expect(`${brief.join('\n')}\n`).toMatchFileSnapshot(golden('scan-examples-json.txt'))
    for (const line of out.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        strategy: { id: expect.any(String) },
        rule: { id: expect.any(String), title: expect.any(String) },
        level: expect.any(String),
        attack: expect.any(Array),
        entity: expect.any(Object),
        count: expect.any(Number),
        evidence: expect.any(Array),
      })
    }
  })

  it('prints a table on a terminal', async () => {
    const { out, err } = await tallyman(['scan', join(ROOT, 'examples')], true)
    await expect(`${out}---\n${err}`).toMatchFileSnapshot(golden('scan-examples.txt'))
  })

  it('counts in the summary what it told', async () => {
    const summary = join(folder, 'summary.json')
    const log = file('mixed.log', `${privilegedPod}\n${privilegedPod}\nnot json\n{"kind":"Event","apiVers\n`)
    await tallyman(['scan', '--summary', summary, log])
    expect(JSON.parse(readFileSync(summary, 'utf8'))).toEqual({
      records: 4,
      evaluated: 1,
      failed: 2,
      duplicates: 1,
      alerts: 2,
      failures: { 'not a known record': 1, 'truncated JSON': 1 },
      sources: { 'kubernetes.audit': 1 },
    })
  })

  it('exits 0 with no alert, and counts only from the level that is asked for', async () => {
    const log = file('audit.log', `${privilegedPod}\n`)
    expect((await tallyman(['scan', '--min-level', 'critical', log])).exit).toBe(0)
    expect((await tallyman(['scan', log])).exit).toBe(1)
  })

  it('evaluates the same id with other content, both times, and says so', async () => {
    const other = podCreated({
      name: 'other',
      auditID: 'a-1',
      time: Date.UTC(2026, 10, 20, 9, 31),
      privileged: true,
    })
    const { out, err } = await tallyman(['scan', file('audit.log', `${privilegedPod}\n${other}\n`)])
    const pods = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { entity: Record<string, string> }).entity['k8s.pod.name'])
    expect(new Set(pods)).toEqual(new Set(['debug', 'other']))
    expect(err).toMatch(/identity-conflict: kubernetes\.audit, 2026-11-20 09:31:00: .* other content/)
  })

  it('runs plain Sigma rules, and says which it refuses and why', async () => {
    mkdirSync(join(folder, 'rules'))
    file(
      'rules/good.yml',
      'title: Pod created\nlogsource: { product: kubernetes, service: audit }\ndetection:\n  s: { verb: create, objectRef.resource: pods }\n  condition: s\nlevel: low\n',
    )
    file(
      'rules/bad.yml',
      'title: Bad\nlogsource: { product: kubernetes }\ndetection:\n  s: { verb|nearly: create }\n  condition: s\n',
    )
    const { exit, out, err } = await tallyman([
      'scan',
      '--no-strategies',
      '--rules',
      join(folder, 'rules'),
      file('audit.log', `${privilegedPod}\n`),
    ])
    expect(exit).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      strategy: { id: 'sigma' },
      rule: { title: 'Pod created' },
      level: 'low',
    })
    expect(err).toMatch(/refused: FOLDER\/rules\/bad\.yml:4:\d+: .*nearly/)
  })

  it('knows what a container may reach before it judges what ran in it, whatever the files are called', async () => {
    const id = 'c'.repeat(64)
    file(
      'a.ndjson',
      `${JSON.stringify({ Type: 'container', Action: 'exec_create: sh -c echo owned > /h/motd', Actor: { ID: id, Attributes: { image: 'app', name: 'app' } }, time: 1_795_200_000, timeNano: 1_795_200_000_000_000_000 })}\n`,
    )
    const inspect = {
      Id: id,
      Created: '2026-11-20T09:00:00Z',
      Name: '/app',
      Image: `sha256:${'e'.repeat(64)}`,
      HostnamePath: '',
      HostConfig: { Binds: ['/etc:/h'] },
      Config: { Image: 'app', Cmd: ['sleep', '9'] },
      Mounts: [{ Type: 'bind', Source: '/etc', Destination: '/h', RW: true }],
    }
    file('z.json', JSON.stringify([inspect], undefined, 2))
    const { out } = await tallyman(['scan', folder])
    expect(out).toContain('Container writes banners, backgrounds or web content of its host')
  })

  it('repeats no control characters of words that it does not understand', async () => {
    let err = ''
    const output = { out: () => {}, err: (text: string) => void (err += text), terminal: true }
    for (const verb of ['containers', 'agent', 'coverage', 'doctor'])
      expect(await main([verb, '\u001b[2J\u001b]0;x\u0007<script>'], output)).toBe(2)
    expect(err).toContain('too many arguments')
    expect(err).not.toContain('\u001b')
  })

  it('keeps hostile names out of the terminal', async () => {
    const name = '\u001b[2J\u001b]0;owned\u0007\u202egnp.exe'
    const hostile = podCreated({ name, auditID: 'h', time: Date.UTC(2026, 10, 20), privileged: true })
    for (const terminal of [true, false]) {
      const { out } = await tallyman(['scan', file('hostile.log', `${hostile}\n`)], terminal)
      expect(out).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
      expect(out).toContain('\\u001b')
    }
  })
})

describe('bad input', () => {
  const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}\n`
  it.each([
    ['an empty file', '', 0, 'the input is empty'],
    ['binary content', Uint8Array.from({ length: 4_096 }, (_, n) => (n * 7919) % 256), 2, 'binary content'],
    ['JSON nested 10,000 deep', deep, 2, 'nesting too deep'],
    [
      'invalid UTF-8',
      Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d, 0x0a]),
      2,
      'invalid UTF-8',
    ],
    ['a truncated gzip', gzipSync(`${privilegedPod}\n`.repeat(200)).subarray(0, 200), 2, 'truncated gzip'],
    ['prose', 'Dear reader,\nthis is a letter.\n', 2, 'not a known format'],
    ['prose', 'Dear reader,\nthis is a letter.\n', 2, "'tallyman sources list' names the formats"],
  ])('%s is told clearly', async (name, content, exit, message) => {
    const ran = await tallyman(['scan', file(name.replaceAll(/\W/g, '-'), content)])
    expect([ran.exit, ran.err]).toEqual([exit, expect.stringContaining(message)])
  })

  it.each([[[]], [['--rules']], [['--strategies']], [['--site']]])(
    'a missing path names the path and the mend: %j',
    async (option) => {
      const log = file('audit.log', `${privilegedPod}\n`)
      const { exit, err } = await tallyman(['scan', ...option, join(folder, 'nowhere'), log])
      expect([exit, err]).toEqual([2, expect.stringMatching(/nowhere[\s\S]*mend:/)])
    },
  )
})

describe('lint', () => {
  it('says where YAML is checked', async () => {
    const { exit, err } = await tallyman(['lint', 'rule.yml'])
    expect(exit).toBe(2)
    expect(err).toContain('a strategy is a Markdown document')
    expect(err).toContain('tallyman sigma check')
  })

  it('finds no error in the shipped strategies', async () => {
    const { exit, err } = await tallyman(['lint'])
    expect([exit, err]).toEqual([0, expect.stringMatching(/^\d+ documents: 0 errors/)])
  })

  it('prints one finding a line, with place and mend', async () => {
    const document = file(
      'draft.md',
      '# Goal\nDetect it.\n\n# Categorization\nT9999 in Defense Evasion, platform Toaster.\n',
    )
    const { exit, out } = await tallyman(['lint', '--json', document])
    expect(exit).toBe(0)
    await expect(out).toMatchFileSnapshot(golden('lint-draft.ndjson'))
  })
})

describe('lists and checks', () => {
  it.each([
    ['strategies list', ['strategies', 'list'], 'strategies-list.txt'],
    ['sources list', ['sources', 'list'], 'sources-list.txt'],
    ['config show', ['config', 'show'], 'config-show.txt'],
    ['help', ['--help'], 'help.txt'],
    ['scan help', ['scan', '--help'], 'scan-help.txt'],
  ])('%s', async (_name, words, name) => {
    const { exit, out } = await tallyman(words, true)
    expect(exit).toBe(0)
    await expect(out.replaceAll(process.cwd(), 'ROOT')).toMatchFileSnapshot(golden(name))
  })

  it('config check names file, line, column and mend', async () => {
    const config = file(
      'tallyman.yaml',
      'zone: Mars/Olympus\ninputs:\n  - { type: file, name: A B, paths: [] }\nlisten: { prot: 1 }\n',
    )
    const { exit, out } = await tallyman(['config', 'check', '--config', config], true)
    expect(exit).toBe(2)
    await expect(out).toMatchFileSnapshot(golden('config-check.txt'))
  })

  it.each([
    [['frobnicate']],
    [['scan']],
    [['alerts', 'list', '--level', 'mild']],
    [['scan', '--nope', 'x']],
    [['alerts', 'list', '--data', '/nowhere']],
  ])('a mistake on the command line exits 2: %j', async (words) => {
    expect((await tallyman(words)).exit).toBe(2)
  })

  it('doctor names lists that are not set', async () => {
    const { exit, out } = await tallyman(['doctor', '--data', folder])
    expect(exit).toBe(0)
    expect(out).toContain('approvedImages')
  })
})

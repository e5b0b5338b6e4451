import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { main } from '../src/cli/main.ts'
import { KNOWN_LISTS } from '../src/site/known-lists.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-sigma-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function tallyman(words: readonly string[], terminal = false) {
  let [out, err] = ['', '']
  const exit = await main(words, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    terminal,
  })
  return { exit, out, err, lines: out.split('\n').filter((line) => line !== '') }
}

function file(name: string, content: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

const rule = (title: string, more = ''): string =>
  `title: ${title}\nlogsource: {product: linux, category: process_creation}\ndetection:\n  tool: {'Image|endswith': [/tar, /zip]}\n  filter_own: {User: backup}\n  condition: tool and not filter_own\n${more}`

describe('sigma check', () => {
  it('counts rules by log source and exits 0 where none is refused', async () => {
    file('rules/a.yml', `${rule('a')}---\n${rule('b')}`)
    const { exit, lines } = await tallyman(['sigma', 'check', join(folder, 'rules')])
    expect(exit).toBe(0)
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { kind: 'logsource', logsource: 'linux/process_creation/*', rules: 2, served: true },
      { kind: 'total', files: 1, rules: 2, refused: 0, refusedDocuments: 0, warnings: 0 },
    ])
  })

  it('tells every refusal with its place and its mend, and exits 1', async () => {
    file('rules/good.yml', rule('good'))
    const bad = file('rules/bad.yml', `${rule('bad')}level: enormous\nstatus: old\n`)
    const piped = await tallyman(['sigma', 'check', join(folder, 'rules')])
    expect(piped.exit).toBe(1)
    expect(piped.lines.map((line) => JSON.parse(line) as { kind: string; line?: number })).toMatchObject([
      {
        kind: 'refused',
        file: bad,
        line: 7,
        column: 8,
        message: expect.stringContaining('level must be one of') as string,
      },
      {
        kind: 'refused',
        file: bad,
        line: 8,
        message: expect.stringContaining('status must be one of') as string,
      },
      { kind: 'logsource', rules: 1 },
      { kind: 'total', files: 2, rules: 1, refused: 2, refusedDocuments: 1 },
    ])
    const shown = await tallyman(['sigma', 'check', join(folder, 'rules')], true)
    expect(shown.out).toContain(`${bad}:7:8: level must be one of`)
  })

  it('gives placeholders the values of a site, and says which document of a file is refused', async () => {
    const listed = rule('listed').replace('User: backup', "'User|expand': '%owners%'")
    file('rules/a.yml', `${rule('a')}---\n${listed}`)
    const refused = await tallyman(['sigma', 'check', join(folder, 'rules')])
    expect(refused.exit).toBe(1)
    expect(JSON.parse(refused.lines[0] ?? '')).toMatchObject({
      kind: 'refused',
      document: 2,
      message: expect.stringContaining('%owners% has no values') as string,
      mend: expect.stringContaining('site/lists/owners.yaml') as string,
    })
    file('site/lists/owners.yaml', 'owner: o\nreason: r\nvalues: [backup]\n')
    const site = ['--site', join(folder, 'site')]
    expect((await tallyman(['sigma', 'check', join(folder, 'rules'), ...site])).exit).toBe(0)
    const cases = file(
      'cases.json',
      JSON.stringify([{ id: 'a', rule: listed, event: { Image: '/tar', User: 'backup' } }]),
    )
    const evaluated = await tallyman(['sigma', 'eval', '--cases', cases, ...site])
    expect(evaluated.lines).toEqual(['{"id":"a","result":"F"}'])
    const event = file('event.json', '{"Image": "/tar", "User": "backup"}')
    const explained = await tallyman(['sigma', 'explain', file('rule.yml', listed), event, ...site], true)
    expect(explained.out).toContain('✓ User|expand: %owners%')
  })

  it('says of which log sources no event comes', async () => {
    const unserved = rule('b').replace('process_creation', 'proces_creation')
    file('rules/a.yml', `${rule('a')}---\n${unserved}`)
    const { lines } = await tallyman(['sigma', 'check', join(folder, 'rules')])
    expect(lines.slice(0, 2).map((line) => JSON.parse(line) as unknown)).toEqual([
      { kind: 'logsource', logsource: 'linux/proces_creation/*', rules: 1, served: false },
      { kind: 'logsource', logsource: 'linux/process_creation/*', rules: 1, served: true },
    ])
    const { out } = await tallyman(['sigma', 'check', join(folder, 'rules')], true)
    expect(out).toMatch(/linux\/proces_creation\/\* +1 +no source here serves it\n/)
    expect(out).toMatch(/linux\/process_creation\/\* +1\n/)
  })

  it.each([
    ['Image|endswith', 'Image|endwith', 4, 'unknown modifier "endwith"', 'did you mean endswith?'],
    ['Image|endswith', 'Image|', 4, 'unknown modifier ""', 'use one of contains, '],
    ['category:', 'catgory:', 2, 'a log source has no "catgory"', 'did you mean category?'],
    ['category:', 'zone:', 2, 'a log source has no "zone"', 'or name one of product, category, service'],
    ['title: a', 'title: a\nlevel: hihg', 2, 'level must be one of', 'did you mean high?'],
    ['title: a', 'title: a\ntags: [attack.t1059, t1059]', 2, 'the tag "t1059"', 'write namespace.name'],
    ['  tool:', '\ttool:', 4, 'Tabs are not allowed', 'indent with spaces'],
  ])('tells who wrote %j as %j what was meant', async (right, wrong, line, message, mend) => {
    file('rules/a.yml', rule('a').replace(right, wrong))
    const { lines } = await tallyman(['sigma', 'check', join(folder, 'rules')])
    const problems = lines.map((each) => JSON.parse(each) as Record<string, unknown>)
    expect(problems.find(({ kind }) => kind === 'refused' || kind === 'warning')).toMatchObject({
      line,
      message: expect.stringContaining(message) as string,
      mend: expect.stringContaining(mend) as string,
    })
  })

  it('points at the tag that is wrong, not at the list', async () => {
    file('rules/a.yml', `${rule('a')}tags: [attack.t1059, t1059]\n`)
    const { lines } = await tallyman(['sigma', 'check', join(folder, 'rules')])
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ kind: 'refused', line: 7, column: 22 })
  })

  it('says that a folder is not there', async () => {
    const { exit, err } = await tallyman(['sigma', 'check', join(folder, 'nowhere')])
    expect(exit).toBe(2)
    expect(err).toContain('no rules at')
  })
})

describe('sigma check of little', () => {
  it('has a word for a folder without a Sigma file', async () => {
    mkdirSync(join(folder, 'empty'))
    const { exit, err } = await tallyman(['sigma', 'check', join(folder, 'empty')])
    expect(exit).toBe(2)
    expect(err).toContain('there is no Sigma file here')
    expect(err).toContain('.yml or .yaml')
  })

  it('tells what is wrong with a file in the order of its lines, with those of later documents behind', async () => {
    const id = 'id: 11111111-1111-4111-8111-111111111111\n'
    const twin = `${rule('a', id)}---\n${rule('b', id)}---\ntitle: second\nlogsource: {category: x}\ndetection: {s: {A|nonsense: 1}, condition: s}\n`
    const { lines } = await tallyman(['sigma', 'check', file('order.yml', twin), '--json'])
    const refused = lines
      .map((line) => JSON.parse(line) as { kind: string; line: number })
      .filter(({ kind }) => kind === 'refused')
    expect(refused.length).toBeGreaterThan(1)
    expect(refused.map(({ line }) => line)).toEqual(refused.map(({ line }) => line).toSorted((a, b) => a - b))
  })
})

describe('sigma eval', () => {
  it('answers T, F and E, one case a line, integers exact', async () => {
    const cases = file(
      'cases.json',
      `[{"id": "t", "rule": ${JSON.stringify(rule('r'))}, "event": {"Image": "/bin/tar"}},
        {"id": "f", "rule": ${JSON.stringify(rule('r'))}, "event": {"Image": "/bin/tar", "User": "backup"}},
        {"id": "e", "rule": "title: nothing else", "event": {}},
        {"id": "big", "rule": "title: r\\nlogsource: {category: x}\\ndetection: {s: {A: 9007199254740993}, condition: s}", "event": {"A": 9007199254740992}}]`,
    )
    const { exit, lines } = await tallyman(['sigma', 'eval', '--cases', cases, '--json'])
    expect(exit).toBe(0)
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: 't', result: 'T' },
      { id: 'f', result: 'F' },
      { id: 'e', result: 'E', error: 'a rule needs logsource; a rule needs detection' },
      { id: 'big', result: 'F' },
    ])
  })

  it.each([
    ['{', 'not JSON'],
    ['{"id": "a"}', 'no array of {id, rule, event}'],
    ['[{"id": "a", "rule": "", "event": {}}, {"id": "b", "rule": {}}]', 'event}: case 2, rule: '],
    ['[{"id": "a", "rule": "", "events": [{"at": "soon"}]}]', 'event}: case 1, events.0.at: '],
    ['[5]', 'event}: case 1: '],
    ['[{"id": "a", "rule": "title: r"}]', 'case 1: it has neither event nor events'],
  ])('refuses %j', async (content, message) => {
    const { exit, err } = await tallyman(['sigma', 'eval', '--cases', file('cases.json', content)])
    expect(exit).toBe(2)
    expect(err).toContain(message)
  })
})

describe('sigma explain', () => {
  it('draws which part held and what the event has', async () => {
    const words = [
      'sigma',
      'explain',
      file('rule.yml', rule('Archive')),
      file('event.json', '{"Image": "/bin/cat", "Note": "\\u001b[2J"}'),
    ]
    const { exit, out } = await tallyman(words, true)
    expect(exit).toBe(0)
    expect(out).toBe(`Archive
  ✗ and
    ✗ tool
      ✗ Image|endswith: [/tar, /zip]   the event has "/bin/cat"
    ✓ not
      ✗ filter_own
        ✗ User: backup   the event has no such field
`)
    const piped = await tallyman(words)
    expect(JSON.parse(piped.out)).toMatchObject({
      title: 'Archive',
      conditions: [{ part: 'and', held: false }],
    })
  })

  it('says which of several values held, and says nothing of a field where there is none', async () => {
    const written = rule('a')
      .replace(
        "'Image|endswith': [/tar, /zip]",
        "'Image|endswith': [/tar, /zip], 'Args|contains|all': [-c, -z]",
      )
      .replace('condition: tool', 'words: [needle, tar]\n  condition: tool and words')
    const event = file('event.json', '{"Image": "/bin/tar", "Args": "-c x"}')
    const { out } = await tallyman(['sigma', 'explain', file('rule.yml', written), event], true)
    expect(out).toContain(`      ✗ all of
        ✓ Image|endswith: [/tar, /zip]   the event has "/bin/tar"
          ✓ /tar
        ✗ Args|contains|all: [-c, -z]   the event has "-c x"
          ✓ -c
          ✗ -z
`)
    expect(out).toContain(`    ✓ words
      ✓ any of
        ✗ needle
        ✓ tar
`)
  })

  it('makes what an event says harmless for a terminal', async () => {
    const event = file('event.json', JSON.stringify({ Image: '\u001b[2J\u202e' }))
    const { out } = await tallyman(['sigma', 'explain', file('rule.yml', rule('a')), event], true)
    expect(out).not.toMatch(/[\u001b\u202e]/)
  })

  it('says where a rule is wrong', async () => {
    const { exit, err } = await tallyman([
      'sigma',
      'explain',
      file('r.yml', 'title: a\n'),
      file('e.json', '{}'),
    ])
    expect(exit).toBe(2)
    expect(err).toContain('r.yml:1:1: a rule needs logsource')
  })
})

describe('sigma explain of a record as it was logged', () => {
  const SYSMON = join(import.meta.dirname, '../src/sources/fixtures/windows.sysmon/evtx.jsonl')
  const onWindows = (category: string, image: string) =>
    `title: a\nlogsource: {product: windows, category: ${category}}\ndetection:\n  a: {'Image|endswith': '${image}'}\n  condition: a\n`

  it('explains the event that a scan would make of it, that of the rule\u2019s log source', async () => {
    const created = file('r.yml', onWindows('process_creation', '\\certutil.exe'))
    const { out, exit } = await tallyman(['sigma', 'explain', created, SYSMON], true)
    expect(exit).toBe(0)
    expect(out).toBe(`a
  on windows.sysmon, windows/process_creation/sysmon
  \u2713 a
    \u2713 Image|endswith: \\certutil.exe   the event has "C:\\\\Windows\\\\System32\\\\certutil.exe"
`)
    const set = file('s.yml', onWindows('registry_set', '\\reg.exe'))
    const piped = await tallyman(['sigma', 'explain', set, SYSMON])
    expect(JSON.parse(piped.out)).toMatchObject({
      source: 'windows.sysmon',
      logsource: 'windows/registry_set/sysmon',
      seen: true,
      conditions: [{ held: true }],
    })
  })

  it('says where the rule\u2019s log source does not see it', async () => {
    const other = file('r.yml', rule('a'))
    const { out } = await tallyman(['sigma', 'explain', other, SYSMON], true)
    expect(out).toContain(
      '  a scan would not try it: the record is windows.sysmon, windows/process_creation/sysmon;',
    )
    const piped = await tallyman(['sigma', 'explain', other, SYSMON])
    expect(JSON.parse(piped.out)).toMatchObject({ seen: false, conditions: [{ held: false }] })
  })

  it.each(['[{"Image": "/bin/tar"}]', '5', 'null'])('refuses %s', async (content) => {
    const event = file('e.json', content)
    const { exit, err } = await tallyman(['sigma', 'explain', file('r.yml', rule('a')), event])
    expect(exit).toBe(2)
    expect(err).toContain('an event is one JSON object')
  })
})

describe('export sigma', () => {
  it('writes each rule of the strategies as a file that reads back as the same rule', async () => {
    const { exit, err } = await tallyman(['export', 'sigma', join(folder, 'out')])
    expect(exit).toBe(0)
    const files = readdirSync(join(folder, 'out'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.yml'),
    )
    expect(err).toContain(`${files.length} rules written`)
    const read = files.map(
      (name) => parse(readFileSync(join(folder, 'out', name), 'utf8')) as Record<string, unknown>,
    )
    for (const each of read) {
      const meaning = 'correlation' in each ? ['correlation'] : ['logsource', 'detection']
      expect(Object.keys(each)).toEqual(expect.arrayContaining(['title', ...meaning, 'level']))
    }
    expect(read.filter((each) => 'correlation' in each)).not.toEqual([])
    // the lists of a site are not exported with the rules
    for (const { name, kind } of KNOWN_LISTS)
      file(`site/lists/${name}.yaml`, `owner: o\nreason: r\nvalues: [${JSON.stringify(kind.example)}]\n`)
    const checked = await tallyman(['sigma', 'check', '--site', join(folder, 'site'), join(folder, 'out')])
    const told = checked.lines.map((line) => JSON.parse(line) as { kind?: string; refused?: number })
    expect(told.filter(({ kind }) => kind === 'refused')).toEqual([])
    expect(told.at(-1)).toMatchObject({ kind: 'total', rules: files.length, refused: 0 })
  })
})

describe('correlations', () => {
  const base = `name: base\n${rule('a tool')}level: informational\n`
  const counted = `${base}---\ntitle: three tools\ncorrelation: {type: event_count, rules: [base], group-by: [User], timespan: 5m, condition: {gte: 3}}\n`
  const at = (seconds: number, User = 'eve') => ({ at: `${seconds}s`, Image: '/bin/tar', User })

  it('are counted by sigma check, and refused with their place', async () => {
    const path = file('rules/a.yml', counted)
    const { lines } = await tallyman(['sigma', 'check', join(folder, 'rules')])
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { logsource: 'correlations', rules: 1 },
      { logsource: 'linux/process_creation/*', rules: 1 },
      { kind: 'total', rules: 2, refused: 0 },
    ])
    writeFileSync(path, counted.replace('[base]', '[nobody]'))
    const wrong = await tallyman(['sigma', 'check', join(folder, 'rules')])
    expect(wrong.exit).toBe(1)
    expect(wrong.lines.map((line) => JSON.parse(line) as unknown)[0]).toMatchObject({
      kind: 'refused',
      line: 11,
      message: 'there is no rule "nobody", or it was refused',
      mend: 'name a rule by its id or its name',
    })
  })

  it('are evaluated over events with times, and a signal alone holds nothing', async () => {
    const absent = `${base}---\ntitle: once\ncorrelation: {type: event_count, rules: [base], timespan: 5m, condition: {eq: 1}}\n`
    const path = file(
      'cases.json',
      JSON.stringify([
        { id: 'one', rule: counted, event: { Image: '/bin/tar' } },
        { id: 'three', rule: counted, events: [at(0), at(100), at(299)] },
        { id: 'slow', rule: counted, events: [at(0), at(100), at(300)] },
        { id: 'apart', rule: counted, events: [at(0), at(1), at(2, 'bob')] },
        { id: 'open', rule: absent, events: [at(0)] },
        { id: 'over', rule: absent, events: [at(0)], until: '5m' },
      ]),
    )
    const { lines } = await tallyman(['sigma', 'eval', '--cases', path])
    expect(lines.map((line) => (JSON.parse(line) as { result: string }).result)).toEqual([
      'F',
      'T',
      'F',
      'F',
      'F',
      'T',
    ])
  })

  it('are explained as what one event does not decide', async () => {
    const words = ['sigma', 'explain', file('a.yml', counted), file('e.json', '{"Image": "/bin/tar"}')]
    const { out } = await tallyman(words, true)
    expect(out).toContain('  one event does not decide it: event_count ≥ 3 of base in 5m by User')
    expect(out).toContain('  raises no alert itself: a signal of three tools')
  })

  it('are exported beside their rules', async () => {
    const strategies = join(folder, 'strategies')
    file('strategies/pair.md', `# Pair\n\n## Strategy Abstract\n\`\`\`yaml ads:rules\n${counted}\`\`\`\n`)
    await tallyman(['export', 'sigma', join(folder, 'out'), '--strategies', strategies])
    const written = readdirSync(join(folder, 'out', 'pair')).map(
      (name) => parse(readFileSync(join(folder, 'out', 'pair', name), 'utf8')) as Record<string, unknown>,
    )
    expect(written.filter((document) => 'correlation' in document)).toHaveLength(1)
    expect(written).toHaveLength(2)
  })
})

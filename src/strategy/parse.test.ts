import { expect, test } from 'vitest'
import { compileRules } from '../sigma/sigma.ts'
import { lintStrategy } from './lint.ts'
import { parseStrategy } from './parse.ts'
import { SECTION_TITLES } from './sections.ts'
import { isExecutable } from './strategy.ts'

const ids = (text: string) =>
  parseStrategy('x.md', text).findings.map(({ id, line, column }) => `${id} ${line}:${column}`)
const names = (text: string) =>
  parseStrategy('x.md', text).strategy.sections.map(({ name, line }) => `${line} ${name}`)

test('sections at level 1 keep their subheadings of level 2', () => {
  const text =
    '# Goal\nSee a thing.\n\n# Blind spots & assumptions\n## Known gaps\n- one\n\n# RESPONSE:\n- look'
  expect(names(text)).toEqual(['1 goal', '4 blind-spots', '8 response'])
  const { strategy } = parseStrategy('folder/t1.md', text)
  expect(strategy.id).toBe('t1')
  expect(strategy.title).toBe('t1')
  expect(strategy.sections[1]).toMatchObject({ end: 8, text: '## Known gaps\n- one\n' })
  expect(isExecutable(strategy)).toBe(false)
})

test('sections at level 2 stand below a title, in any order, with other headings kept as prose', () => {
  const text =
    '# Egress from build pods\n\n## Technical Context\n\n## Tooling\n\n## Goal\n\n## Alert Priority\n\n### Notes\n'
  expect(names(text)).toEqual(['3 technical-context', '5 undefined', '7 goal', '9 priority'])
  expect(parseStrategy('x.md', text).strategy.title).toBe('Egress from build pods')
})

test('Windows line ends, a byte order mark and a missing final newline change no line number', () => {
  expect(names('\uFEFF# T\r\n\r\n## Goal\r\nx\r\n\r\n---\r\n\r\n## Response')).toEqual([
    '3 goal',
    '8 response',
  ])
})

test('front matter stands on line 1 only', () => {
  const { strategy, findings } = parseStrategy(
    'x.md',
    '---\nads: 1\nstatus: draft\nowner: { team: detection }\n---\n# T\n## Goal\n\n---\nads: 2\n---\n',
  )
  expect(findings).toEqual([])
  expect(strategy).toMatchObject({ status: 'draft', owner: 'detection', frontMatter: { ads: 1 } })
  expect(parseStrategy('x.md', '\n---\nads: 1\n---\n').strategy.frontMatter).toBeUndefined()
})

test('YAML errors have the line and column of the Markdown file', () => {
  expect(ids('---\nads: 1\nads: 1\n---\n')).toEqual(['ADS005 3:1'])
  expect(ids('---\nads: 1\ncolour: red\n---\n')).toEqual(['ADS005 3:1'])
  expect(ids('---\nads: 1\nreview:\n  due: someday\n---\n')).toEqual(['ADS005 4:8'])
  expect(ids('## Priority\n- a list\n\n  ```yaml ads:priority\n  default: urgent\n  ```\n')).toEqual([
    'ADS005 5:12',
  ])
})

test('on, yes and dates are texts', () => {
  const { strategy } = parseStrategy(
    'x.md',
    '---\nads: 1\ntitle: on\nversion: 1.0.0\nreview: { by: yes, due: 2026-01-02 }\n---\n',
  )
  expect(strategy).toMatchObject({
    title: 'on',
    version: '1.0.0',
    review: { by: ['yes'], due: '2026-01-02' },
  })
})

test('a block in the wrong section, or of no known kind, is an error and does not run', () => {
  const text = '## Goal\n```yaml ads:rules\ntitle: x\n```\n## Response\n```yaml ads:magic\n```\n'
  expect(ids(text)).toEqual(['ADS004 2:1', 'ADS004 6:1'])
  expect(parseStrategy('x.md', text).strategy.rules).toEqual([])
})

test('rules know where their text begins', () => {
  const { strategy } = parseStrategy(
    'dir/t1.md',
    '## Strategy Abstract\n\n```yaml ads:rules\ntitle: x\n---\ntitle: y\n```\n',
  )
  expect(strategy.rules).toEqual([
    { file: 'dir/t1.md', text: 'title: x\n---\ntitle: y', line: 4, strategy: 't1' },
  ])
})

test('one wrong item of a block does not take the others with it', () => {
  const text =
    '## Validation\n```yaml ads:test\n- { id: A, rule: r, expect: fire, events: [] }\n- { id: B, rule: r, expect: maybe }\n- { id: C, rule: r, expect: silent, until: 20m }\n```\n'
  const { strategy, findings } = parseStrategy('x.md', text)
  expect(strategy.tests.map(({ id, line }) => `${id} ${line}`)).toEqual(['A 3', 'C 5'])
  expect(findings).toMatchObject([{ id: 'ADS005', line: 4, column: 29 }])
})

test('a filter without owner or expiry does not apply', () => {
  const text =
    '## False Positives\n```yaml ads:filter\n- { id: F1, reason: r, rules: [a], match: { user.name: x } }\n```\n'
  const { strategy, findings } = parseStrategy('x.md', text)
  expect(strategy.filters).toEqual([])
  expect(findings).toMatchObject([{ id: 'ADS041', line: 3 }])
})

const bomb = `---\na: &a [x, x]\nb: &b [${'*a, '.repeat(9)}*a]\nc: &c [${'*b, '.repeat(9)}*b]\nd: [${'*c, '.repeat(9)}*c]\n---\n`
test.each([
  ['a very large document', 'word '.repeat(1_000_000), 'ADS006'],
  ['quotes a thousand deep', `${'>'.repeat(1000)} a`, 'ADS006'],
  ['compound lists by the thousand', '- > - > - a\n'.repeat(5000), 'ADS006'],
  ['binary', 'a\0b', 'ADS006'],
  ['an alias bomb', bomb, 'ADS005'],
  ['flow sequences ten thousand deep', `---\na: ${'['.repeat(10_000)}\n---\n`, 'ADS005'],
  ['unclosed quotes', `---\n${'"'.repeat(50_000)}\n---\n`, 'ADS005'],
  ['front matter that is a list', '---\n- a\n---\n', 'ADS005'],
])('%s is a finding, in bounded time', (_, text, id) => {
  const start = performance.now()
  const parsed = parseStrategy('x.md', text)
  lintStrategy(parsed, { now: 0, compile: compileRules })
  expect(parsed.findings[0]?.id).toBe(id)
  expect(performance.now() - start).toBeLessThan(5_000)
})

test.each([
  '',
  '\n',
  '# ',
  '```',
  '```yaml ads:',
  '---',
  '[[[',
  '*'.repeat(50_000),
  '[a]('.repeat(20_000),
  '`'.repeat(50_000),
])('odd text %# neither throws nor hangs', (text) => {
  const parsed = parseStrategy('x.md', text)
  expect(lintStrategy(parsed, { now: 0, compile: compileRules }).length).toBeGreaterThan(0)
})

const everySection = (line: string) =>
  Object.values(SECTION_TITLES)
    .map((title) => `## ${title}\n\n${line}\n\n\`\`\`sh\n${line}\n\`\`\`\n`)
    .join('\n')
test.each(['*', '<', '.', ':', ' ', 'T1234 ', '[', '`', 'review ', '-f '])(
  'a long line of %j in every section is checked in bounded time',
  (unit) => {
    const parsed = parseStrategy(
      'x.md',
      everySection(`- sample commands ${unit.repeat(30_000 / unit.length)}x`),
    )
    const start = performance.now()
    lintStrategy(parsed, { now: 0, compile: compileRules })
    expect(performance.now() - start).toBeLessThan(5_000)
  },
)

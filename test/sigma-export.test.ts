import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { main } from '../src/cli/main.ts'

type Value = Readonly<Record<string, unknown>>

/** What Sigma 2.1 knows; `rows` is ours and an attribute of the author, which Sigma allows. */
const ATTRIBUTES =
  'title id name related taxonomy status description license author references date modified logsource detection fields falsepositives level tags scope correlation filter rows'.split(
    ' ',
  )
const VALUE_MODIFIERS =
  'contains startswith endswith cased windash base64 base64offset utf16 utf16le utf16be wide re i m s fieldref expand all neq'.split(
    ' ',
  )
/** Modifiers that combine with no other. */
const ALONE = ['exists', 'lt', 'lte', 'gt', 'gte', 'cidr', 'minute', 'hour', 'day', 'week', 'month', 'year']
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const TACTICS =
  'reconnaissance resource-development initial-access execution persistence privilege-escalation defense-evasion stealth defense-impairment credential-access discovery lateral-movement collection command-and-control exfiltration impact'.split(
    ' ',
  )
const TAG = new RegExp(`^attack\\.(?:t\\d{4}(?:\\.\\d{3})?|[gsm]\\d{4}|${TACTICS.join('|')})$`)

/** What the specification and its schemas say against a document. */
function complaints(document: Value): readonly string[] {
  const found: string[] = []
  const say = (what: string, holds: boolean): void => void (holds || found.push(what))
  const { title, id, name, status, level, tags, logsource, detection, description } = document
  for (const key of Object.keys(document)) say(`unknown attribute ${key}`, ATTRIBUTES.includes(key))
  say('title', typeof title === 'string' && title.length > 0 && title.length <= 256)
  say('id', id === undefined || (typeof id === 'string' && UUID.test(id)))
  say('name', name === undefined || (typeof name === 'string' && name.length > 0 && name.length <= 256))
  say(
    'status',
    ['stable', 'test', 'experimental', 'deprecated', 'unsupported', undefined].includes(status as string),
  )
  say('level', ['informational', 'low', 'medium', 'high', 'critical', undefined].includes(level as string))
  say(
    'description',
    description === undefined || (typeof description === 'string' && description.length < 65_536),
  )
  for (const key of ['date', 'modified'])
    say(
      key,
      document[key] === undefined ||
        /^\d{4}-(?:0[1-9]|1[012])-(?:0[1-9]|[12]\d|3[01])$/.test(document[key] as string),
    )
  for (const key of ['references', 'fields', 'falsepositives', 'tags'])
    say(`${key} are unique texts`, isUnique(document[key]))
  for (const text of (document['falsepositives'] ?? []) as string[]) say('falsepositives', text.length >= 2)
  for (const tag of (tags ?? []) as string[]) say(`tag ${tag}`, TAG.test(tag))
  if (document['correlation'] === undefined) {
    const dimensions = Object.entries((logsource ?? {}) as Value)
    say(
      'a log source',
      dimensions.some(([key]) => /^(?:category|product|service)$/.test(key)),
    )
    for (const [key, value] of dimensions)
      say(`logsource ${key}`, key === 'definition' || /^[a-z0-9_.-]+$/.test(String(value)))
  }
  const body = (detection ?? document['filter']) as Value | undefined
  if (body !== undefined) {
    say('condition is one text', typeof body['condition'] === 'string')
    for (const [key, value] of Object.entries(body))
      if (key !== 'condition' && key !== 'rules') found.push(...complaintsAbout(key, value))
  }
  return found
}

function isUnique(value: unknown): boolean {
  if (value === undefined) return true
  return (
    Array.isArray(value) &&
    new Set(value).size === value.length &&
    value.every((each) => typeof each === 'string')
  )
}

function complaintsAbout(identifier: string, value: unknown): readonly string[] {
  if (!/^[\w-]+$/.test(identifier)) return [`identifier ${identifier}`]
  const mappings = (Array.isArray(value) ? value : [value]) as unknown[]
  return mappings.flatMap((mapping) => {
    if (typeof mapping !== 'object')
      return Array.isArray(value) ? [] : [`${identifier} is no list or mapping`]
    return Object.entries(mapping as Value).flatMap(([item, values]) => complaintsAboutItem(item, values))
  })
}

function complaintsAboutItem(item: string, values: unknown): readonly string[] {
  const [, ...modifiers] = item.split('|')
  const found = modifiers.filter((each) => !VALUE_MODIFIERS.includes(each) && !ALONE.includes(each))
  if (modifiers.some((each) => ALONE.includes(each)) && modifiers.length > 1) found.push(`${item} combines`)
  if (modifiers.includes('startswith') && modifiers.includes('endswith'))
    found.push(`${item} excludes itself`)
  const isAll = modifiers.indexOf('all')
  if (isAll >= 0 && isAll !== modifiers.length - 1) found.push(`${item}: all comes last`)
  if (isAll >= 0 && (!Array.isArray(values) || values.length < 2)) found.push(`${item}: all of one`)
  if (modifiers.indexOf('re') > 0) found.push(`${item}: re comes first`)
  for (const each of Array.isArray(values) ? values : [values])
    if (typeof each === 'object' && (each !== null || Array.isArray(values)))
      found.push(`${item}: ${typeof each}`)
  return found
}

async function exported(folder: string, ...words: readonly string[]) {
  let err = ''
  const output = { out: () => {}, err: (text: string) => void (err += text), terminal: false }
  expect(await main(['export', 'sigma', folder, ...words], output)).toBe(0)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.yml'),
  )
  return {
    err,
    documents: files.map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') })),
  }
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-export-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('what export sigma writes of the shipped strategies', () => {
  it('is valid by the specification, in both versions of YAML, each id and name once', async () => {
    const { documents, err } = await exported(join(folder, 'shipped'))
    expect(documents.length).toBeGreaterThan(80)
    expect(err).toMatch(/placeholders that the other tool needs values for: .*approvedImages/)
    const read = documents.map(({ file, text }) => ({ file, document: parse(text) as Value, text }))
    expect(
      read.flatMap(({ file, document }) => complaints(document).map((each) => `${file}: ${each}`)),
    ).toEqual([])
    for (const { text, document } of read) expect(parse(text, { version: '1.1' })).toEqual(document)
    for (const key of ['id', 'name']) {
      const values = read.flatMap(({ document }) => document[key] ?? [])
      expect(new Set(values).size).toBe(values.length)
    }
  })
})

const STRATEGY = `# A strategy
## Goal
To show what is exported.

## Strategy Abstract
\`\`\`yaml ads:rules
title: Values that versions of YAML read differently
id: 0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11
name: tricky
logsource: { product: linux, category: process_creation }
detection:
  selection:
    A: ["yes", "no", "08", "0x17", "12:30:45", "1e3", "~", "2024-01-31", "null", "it's", "a: b", "#x", "*", "?*"]
    B: [5, true]
    C: null
    D|re: '^\\d+\\s"x"$'
    E: "two\\nlines"
  condition: selection
---
title: Own scripts
logsource: { product: linux }
filter:
  rules: any
  own: { ParentImage|endswith: /own }
  condition: not own
---
title: Often
name: often
correlation:
  type: event_count
  rules: [tricky]
  group-by: [container.id]
  timespan: 5m
  condition: { gte: 5 }
\`\`\`
`

describe('what export sigma writes of a strategy', () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'strategies'))
    writeFileSync(join(folder, 'strategies', 'own.md'), STRATEGY)
  })

  it('keeps every value, whichever version of YAML reads it', async () => {
    const { documents } = await exported(join(folder, 'own'), '--strategies', join(folder, 'strategies'))
    const tricky = documents.find(({ file }) => file.endsWith('tricky.yml'))?.text ?? ''
    const expected = {
      A: [
        'yes',
        'no',
        '08',
        '0x17',
        '12:30:45',
        '1e3',
        '~',
        '2024-01-31',
        'null',
        "it's",
        'a: b',
        '#x',
        '*',
        '?*',
      ],
      B: [5, true],
      C: null,
      'D|re': '^\\d+\\s"x"$',
      E: 'two\nlines',
    }
    for (const version of ['1.1', '1.2'] as const)
      expect(
        (parse(tricky, { version }) as { detection: { selection: unknown } }).detection.selection,
      ).toEqual(expected)
  })

  it('names the rules of a filter that was for all of its strategy', async () => {
    const { documents } = await exported(join(folder, 'filters'), '--strategies', join(folder, 'strategies'))
    const filter = documents.map(({ text }) => parse(text) as Value).find((each) => each['filter'])
    expect(filter).toMatchObject({ filter: { rules: ['0a8f9d43-5b7e-4d0c-9c39-1f6a4b2f7e11'] } })
  })

  it('can be checked again, each file with those that it names', async () => {
    await exported(join(folder, 'again'), '--strategies', join(folder, 'strategies'))
    let out = ''
    const output = { out: (text: string) => void (out += text), err: () => {}, terminal: false }
    expect(await main(['sigma', 'check', join(folder, 'again')], output)).toBe(0)
    expect(out).toContain('"refused":0')
  })
})

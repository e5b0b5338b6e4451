import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import type { Event } from '../src/domain/event.ts'
import { compileRules } from '../src/sigma/sigma.ts'
import { createStreamDecoder, sources } from '../src/sources/index.ts'

const fixtures = join(import.meta.dirname, '../src/sources/fixtures')

function eventsOf(bytes: Uint8Array): readonly Event[] {
  const { items, completed, failures } = createStreamDecoder(sources, 's').push({
    stream: 's',
    offset: 0,
    bytes,
    end: true,
  })
  expect(failures).toEqual([])
  return [...items.flatMap(({ decoded }) => decoded.events), ...completed.flatMap(({ events }) => events)]
}

/** Titles of the rules that hold on any of the events. */
function titles(text: string, events: readonly Event[]): readonly string[] {
  const { ruleset, refused } = compileRules([{ file: 'r.yml', text, line: 1, strategy: 'sigma' }], {
    lists: new Map(),
  })
  expect(refused).toEqual([])
  return [...new Set(events.flatMap((event) => ruleset.match(event).map(({ rule }) => rule.title)))]
}

const rule = (title: string, logsource: string, selection: string): string =>
  `title: ${title}\nlogsource: ${logsource}\ndetection:\n  selection: ${selection}\n  condition: selection\n`

/** Rules in the form of SigmaHQ's for Linux, which name fields and values as audit does. */
const RECORDS = [
  rule(
    'an argument',
    '{ product: linux, service: auditd }',
    '{ type: EXECVE, a0: openssl, a4|contains: "a b" }',
  ),
  rule(
    'a path',
    '{ product: linux, service: auditd }',
    '{ type: PATH, name|endswith: ca-certificates.crt, nametype: CREATE }',
  ),
  rule(
    'a call by its number',
    '{ product: linux, service: auditd }',
    '{ type: SYSCALL, syscall: 308, success: "yes" }',
  ),
  rule(
    'a call by its name',
    '{ product: linux, service: auditd }',
    '{ type: SYSCALL, SYSCALL: setns, exe|endswith: /nsenter }',
  ),
  rule(
    'an argument in hex',
    '{ product: linux, service: auditd }',
    '{ type: SYSCALL, SYSCALL: setns, a1: 20000 }',
  ),
  rule('a user', '{ product: linux, service: auditd }', '{ type: SYSCALL, SYSCALL: execve, euid: 1000 }'),
  rule('one of its keys', '{ product: linux, service: auditd }', '{ type: SYSCALL, key: crypto }'),
  rule('what a program tells', '{ product: linux, service: auditd }', '{ type: ADD_USER, acct: intruder }'),
  rule('a keyword', '{ product: linux, service: auditd }', "['*/etc/shadow*']"),
]

describe('rules in the form of SigmaHQ', () => {
  it('hold on raw audit records', () => {
    const events = eventsOf(readFileSync(join(fixtures, 'auditd/audit.log')))
    expect(titles(RECORDS.join('---\n'), events).toSorted()).toEqual(
      [
        'a call by its name',
        'a call by its number',
        'a keyword',
        'a path',
        'a user',
        'an argument',
        'an argument in hex',
        'one of its keys',
        'what a program tells',
      ].toSorted(),
    )
  })

  test.each([
    [
      'tetragon',
      '{ policy_name: no-shadow, process.binary|endswith: /openssl, tags: observability.filesystem }',
    ],
    ['tracee', '{ signature.id: TRC-1022, data.path: /tmp/x, event.name: dropped_executable }'],
  ])('for what %s itself finds hold on its alerts alone', (product, selection) => {
    const events = eventsOf(readFileSync(join(fixtures, product, 'events.jsonl')))
    const text = rule('it', `{ product: ${product} }`, selection)
    expect(titles(text, events)).toEqual(['it'])
    const own = events.filter((event) => event.logsource.product === product)
    expect(titles(text, own)).toEqual(['it'])
    const telemetry = events.filter((event) => !own.includes(event))
    expect(titles(text.replaceAll(product, 'linux'), telemetry)).toEqual([])
  })

  test.each([
    ['auditd', 'audit.log', 'openssl'],
    ['laurel', 'audit.jsonl', 'perl'],
    ['tetragon', 'events.jsonl', 'openssl'],
    ['tracee', 'events.jsonl', 'openssl'],
  ])('for programs that are started hold on what %s tells', (source, file, program) => {
    const text = rule(
      'it',
      '{ product: linux, category: process_creation }',
      `{ Image|endswith: /${program}, CommandLine|contains: ${program} }`,
    )
    expect(titles(text, eventsOf(readFileSync(join(fixtures, source, file))))).toEqual(['it'])
  })
})

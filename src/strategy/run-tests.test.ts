import { expect, test } from 'vitest'
import { firedBy } from '../engine/fired-by.ts'
import type { Event } from '../domain/event.ts'
import { compilePredicate, compileRules } from '../sigma/sigma.ts'
import { exampleDocument } from './example.testing.ts'
import { levelOf } from './levels.ts'
import { lintStrategy } from './lint.ts'
import { parseStrategy } from './parse.ts'
import { runStrategyTests, testFindings } from './run-tests.ts'
import { testEvent } from './test-event.ts'

const MODE = 'mode: { container.network_mode: host }'
const replaced = (from: string, to: string) => (text: string) => text.replace(from, to)

const noFiles = () => Promise.reject(new Error('there is no such file'))
const example = (change?: (text: string) => string) =>
  parseStrategy('dir/host-namespace.md', exampleDocument(change))
const run = (
  change?: (text: string) => string,
  readEvents: (path: string) => Promise<readonly Event[]> = noFiles,
) =>
  runStrategyTests(example(change).strategy, {
    compile: compileRules,
    predicate: compilePredicate,
    readEvents,
    correlate: firedBy,
  })
const failures = async (change: (text: string) => string) =>
  (await run(change)).filter(({ pass }) => !pass).map(({ id, message, finding }) => [id, message, finding])

test('a sound document passes its tests, misses and filters, has no finding and is at level L3', async () => {
  const parsed = example()
  const results = await run()
  expect(results.map(({ id, pass, message }) => [id, pass, message])).toEqual([
    ['TP1', true, 'fires'],
    ['TN1', true, 'silent'],
    ['M1', true, 'silent'],
    ['F1', true, 'suppresses its sample'],
  ])
  const findings = lintStrategy(parsed, { now: Date.UTC(2026, 10, 21), compile: compileRules })
  expect(findings).toEqual([])
  expect(levelOf(parsed.strategy, findings, results)).toEqual({
    level: 'L3',
    missing: ['a block ads:emulate'],
  })
})

test('tests that fail say why, and keep the document below L3', async () => {
  const change = replaced(MODE, 'mode: { container.network_mode: bridge }')
  expect(await failures(change)).toEqual([
    ['TP1', 'stays silent, and should fire', undefined],
    ['TN1', 'fires, and should stay silent', undefined],
    ['M1', 'the known miss fires: the text is out of date', undefined],
    ['F1', 'none of its rules holds on its sample', 'ADS043'],
  ])
  expect(levelOf(example(change).strategy, [], await run(change)).level).toBe('L2')
})

test('a filter that hides a firing test is found', async () => {
  const change = replaced(
    'match: { container.image.repo_digests|contains: "@sha256:1111" }',
    'match: { container.network_mode: host }',
  )
  expect(await failures(change)).toEqual([['TP1', 'filter F1 hides it', 'ADS043']])
  expect(testFindings(example(change).strategy, await run(change))).toMatchObject([
    { id: 'ADS043', severity: 'error' },
  ])
})

test('a selection of which no field decides makes the test vacuous', async () => {
  const change = replaced(MODE, "mode: { container.network_mode|re: '' }")
  const found = await failures(change)
  expect(found).toContainEqual(['TP1', 'vacuous: no field of mode decides', 'ADS052'])
})

test('a list that a test does not set is unset in it, and one that it sets holds', async () => {
  const listed = replaced(MODE, "mode: { container.network_mode|expand: '%modes%' }")
  const set = (text: string) =>
    listed(text).replaceAll('expect: fire', 'lists: { modes: [host] }\n  expect: fire')
  expect((await run(listed)).find(({ id }) => id === 'TP1')?.pass).toBe(false)
  expect((await run(set)).find(({ id }) => id === 'TP1')).toMatchObject({ pass: true })
})

test('a file of records lies beside the document, and nowhere else', async () => {
  const events =
    'events: [{ at: 0s, category: container_create, container.network_mode: host, container.orchestrator: docker }]\n- id: TN1'
  const named = (file: string) => (text: string) => text.replace(events, `file: ${file}\n- id: TN1`)
  const asked: string[] = []
  const read = (path: string) => {
    asked.push(path)
    const event = testEvent(
      { category: 'container_create', 'container.network_mode': 'host', 'container.orchestrator': 'docker' },
      'e',
    )
    return Promise.resolve([event as Event])
  }
  expect((await run(named('run.json'), read))[0]).toMatchObject({ pass: true })
  expect(asked).toEqual(['dir/host-namespace.d/run.json'])
  expect((await run(named('../../etc/passwd'), read))[0]).toMatchObject({
    pass: false,
    message: 'the file has to lie in host-namespace.d',
  })
  expect((await run(named('none.json')))[0]).toMatchObject({
    pass: false,
    message: 'none.json: there is no such file',
  })
})

test('a test event names its log source, its time and its resource', () => {
  expect(
    testEvent({ at: '40s', source: 'kubernetes.audit', verb: 'create', 'k8s.namespace.name': 'a' }, 'x'),
  ).toMatchObject({
    source: 'kubernetes.audit',
    logsource: { product: 'kubernetes', service: 'audit' },
    resource: { 'k8s.namespace.name': 'a' },
    record: { verb: 'create' },
  })
  expect(testEvent({ category: 'process_creation', Image: '/bin/sh' }, 'x')).toMatchObject({
    logsource: { category: 'process_creation', product: 'linux' },
  })
  expect(testEvent({ Image: '/bin/sh' }, 'x')).toBe('the event has neither category nor source')
  expect(testEvent({ at: 'soon', category: 'x' }, 'x')).toMatch('at is no duration')
})

import { describe, expect, it } from 'vitest'
import { firedBy } from '../engine/fired-by.ts'
import { compilePredicate, compileRules } from '../sigma/sigma.ts'
import { exampleDocument } from './example.testing.ts'
import { lintStrategy } from './lint.ts'
import { parseStrategy } from './parse.ts'
import { runStrategyTests } from './run-tests.ts'

const NOW = Date.UTC(2026, 10, 1)

const PAIR = `---
title: Container is created and then mounts its host
name: pair
id: 0e6a4c0e-8f1c-4d0e-9d61-0a1d4f7f0009
status: test
correlation:
  type: temporal_ordered
  rules: [host_network, mounted]
  group-by: [container.id]
  timespan: 10m
level: high
tags: [attack.execution, attack.t1610]
---
title: Container mounts
name: mounted
id: 0e6a4c0e-8f1c-4d0e-9d61-0a1d4f7f0008
status: test
logsource: { category: container_mount }
detection:
  any: { mount.source: /etc }
  condition: any
level: informational
tags: [attack.execution, attack.t1610]
`

function testOf(id: string, expected: string, at: string, more = ''): string {
  return `- id: ${id}
  rule: pair
  expect: ${expected}${more}
  events:
    - { at: 0s, category: container_create, container.network_mode: host, container.orchestrator: docker, container.id: aaaaaaaaaaaa }
    - { at: ${at}, category: container_mount, mount.source: /etc, container.id: aaaaaaaaaaaa }
`
}

/** The example with a correlation over its rule and another, and these tests of it. */
function documentWith(tests: string, pair = PAIR): string {
  return exampleDocument((text) =>
    text
      .replace('level: medium\ntags: [attack.execution, attack.t1610]\n', (found) => `${found}${pair}`)
      .replace('```yaml ads:test\n', (found) => `${found}${tests}`),
  )
}

function lint(text: string): readonly string[] {
  return lintStrategy(parseStrategy('host-namespace.md', text), { now: NOW, compile: compileRules })
    .filter(({ id }) => /ADS0(?:2[123]|5[0-3])/.test(id))
    .map(({ id, message }) => `${id} ${message}`)
}

async function run(text: string): Promise<Readonly<Record<string, boolean>>> {
  const { strategy } = parseStrategy('host-namespace.md', text)
  const results = await runStrategyTests(strategy, {
    compile: compileRules,
    predicate: compilePredicate,
    readEvents: async () => [],
    correlate: firedBy,
  })
  return Object.fromEntries(results.map(({ id, pass }) => [id, pass]))
}

const INSIDE = testOf('C1', 'fire', '599s')
const BEYOND = testOf('C2', 'silent', '600s')

describe('a correlation in a document', () => {
  it('is tested by what happens within its window and beyond', async () => {
    const text = documentWith(INSIDE + BEYOND)
    expect(await run(text)).toMatchObject({ C1: true, C2: true })
    expect(lint(text).filter((found) => !found.startsWith('ADS023'))).toEqual([])
    expect(
      await run(documentWith(testOf('C1', 'fire', '600s') + testOf('C2', 'silent', '599s'))),
    ).toMatchObject({
      C1: false,
      C2: false,
    })
  })

  it('wants a test that fires, one that stays silent, and its edge', () => {
    expect(lint(documentWith('')).join()).toContain('no test shows that the rule “Container is created')
    expect(lint(documentWith(INSIDE + testOf('C2', 'silent', '30s'))).join()).toContain('ADS053')
    expect(lint(documentWith(INSIDE + BEYOND)).join()).not.toContain('ADS053')
  })

  it('that waits for what does not happen is tested by letting time pass', async () => {
    const absent = PAIR.replace('temporal_ordered', 'temporal').replace(
      'rules: [host_network, mounted]',
      'condition: host_network and not mounted',
    )
    const alone = (id: string, expected: string, until: string): string => `- id: ${id}
  rule: pair
  expect: ${expected}
  until: ${until}
  events: [{ at: 0s, category: container_create, container.network_mode: host, container.orchestrator: docker, container.id: aaaaaaaaaaaa }]
`
    const tests =
      alone('C1', 'fire', '10m') +
      alone('C2', 'silent', '9m') +
      testOf('C3', 'silent', '5m', '\n  until: 20m')
    expect(await run(documentWith(tests, absent))).toMatchObject({ C1: true, C2: true, C3: true })
  })

  it('names rules that are there, and says which of them it silences', () => {
    expect(lint(documentWith(INSIDE + BEYOND)).join()).toContain('ADS023 the rule “Container in the host')
    expect(lint(documentWith(INSIDE + BEYOND, PAIR.replace('mounted]', 'nobody]'))).join()).toContain(
      'ADS021 there is no rule "nobody"',
    )
    expect(
      lint(documentWith(INSIDE + BEYOND, PAIR.replace('[container.id]', '[container.idd]'))).join(),
    ).toContain('ADS022')
  })
})

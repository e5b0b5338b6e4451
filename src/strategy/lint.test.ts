import { expect, test } from 'vitest'
import { compileRules } from '../sigma/sigma.ts'
import { commandFaults, isCommand } from './commands.ts'
import { exampleDocument } from './example.testing.ts'
import { lintStrategy } from './lint.ts'
import { parseStrategy } from './parse.ts'

const NOW = Date.UTC(2026, 10, 21)
const lint = (text: string, others: readonly string[] = []) =>
  lintStrategy(parseStrategy('host-namespace.md', text), {
    now: NOW,
    others: others.map((other, index) => parseStrategy(`other-${index}.md`, other).strategy),
    compile: compileRules,
  })
const lineOf = (text: string, part: string) => text.split('\n').findIndex((line) => line.includes(part)) + 1

/** Each fault: what it replaces in a sound document, by what, and the finding that must be on the changed line. */
const FAULTS: readonly (readonly [id: string, severity: string, from: string, to: string, where?: string])[] =
  [
    ['ADS001', 'error', '## Response', '## Whatever follows', '---'],
    ['ADS002', 'hint', '## Priority', '## Alert Priority'],
    ['ADS003', 'hint', '## Goal', '## Tooling\n\n## Goal', '## Tooling'],
    [
      'ADS005',
      'error',
      'rule: host_network\n  expect: fire',
      'rule: no_such_rule\n  expect: fire',
      'id: TP1',
    ],
    ['ADS010', 'error', 'technique: T1610', 'technique: T1089'],
    ['ADS010', 'error', 'technique: T1610', 'technique: T4242'],
    ['ADS011', 'error', 'tactic: execution', 'tactic: impact'],
    ['ADS011', 'error', 'tactic: execution', 'tactic: mischief'],
    ['ADS012', 'error', 'platform: Containers', 'platform: Windows'],
    ['ADS012', 'error', 'platform: Containers', 'platform: Docker'],
    ['ADS013', 'hint', 'tactic: execution', 'tactic: defense-evasion'],
    [
      'ADS013',
      'error',
      'version: "18.1"\n  primary: { technique: T1610, tactic: execution',
      'version: "19.1"\n  primary: { technique: T1610, tactic: defense-evasion',
      'primary',
    ],
    ['ADS014', 'warning', '  version: "18.1"\n', '', 'primary'],
    [
      'ADS015',
      'error',
      '{ technique: T1610, tactic: execution, platform: Containers }',
      '{ technique: T1608.003, tactic: resource-development, platform: PRE }',
      'platform: PRE',
    ],
    ['ADS016', 'hint', 'technique: T1610, tactic: execution', 'technique: T1600, tactic: defense-evasion'],
    ['ADS017', 'warning', 'technique: T1610, tactic: execution', 'technique: T1609, tactic: execution'],
    ['ADS017', 'hint', 'attack.t1610]', 'attack.t1610, attack.t1046]', 'title: Container in'],
    ['ADS019', 'error', 'Execution, Deploy Container (T1610).', 'T1610 - Escape to Host'],
    ['ADS021', 'error', 'condition: mode and person and not known', 'condition: mode and nothing'],
    ['ADS032', 'error', 'source: docker.inspect', 'source: docker.inspekt', 'id: A1'],
    [
      'ADS032',
      'error',
      'source: docker.inspect, category: container_create',
      'source: zeek.ssl, category: container_create',
      'id: A1',
    ],
    ['ADS032', 'error', 'max_silence: 24h', 'fields: [container.colour]', 'id: A1'],
    [
      'ADS032',
      'error',
      'source: docker.inspect, category: container_create',
      'metric: docker.inspect.colour, max: 1',
      'id: A1',
    ],
    [
      'ADS032',
      'error',
      'source: docker.inspect, category: container_create',
      'metric: sensor.drop_ratio',
      'id: A1',
    ],
    [
      'ADS033',
      'warning',
      'source: docker.inspect, category: container_create, max_silence',
      'source: docker.inspect, category: container_mount, max_silence',
      'title: Container in',
    ],
    [
      'ADS022',
      'error',
      'person: { container.orchestrator: docker }',
      'person: { container.colour: blue }',
      'title: Container in',
    ],
    [
      'ADS022',
      'error',
      'logsource: { category: container_create }',
      'logsource: { category: container_creat }',
      'title: Container in',
    ],
    [
      'ADS022',
      'error',
      'logsource: { category: container_create }',
      'logsource: { category: container_create, product: windows }',
      'title: Container in',
    ],
    [
      'ADS022',
      'error',
      'logsource: { category: container_create }',
      'logsource: { product: kubernetes, service: audit }',
      'title: Container in',
    ],
    [
      'ADS005',
      'error',
      'events: [{ at: 0s, category: container_create, container.network_mode: bridge',
      'events: [{ at: 0s, category: container_created, container.network_mode: bridge',
      'id: M1',
    ],
    [
      'ADS005',
      'error',
      'sample: { category: container_create',
      'sample: { product: doker, category: container_create',
      'id: F1',
    ],
    ['ADS030', 'hint', 'arrive (A1)', 'are assumed to arrive'],
    ['ADS031', 'hint', 'not seen (M1)', 'not seen'],
    [
      'ADS040',
      'warning',
      "- Collectors of host metrics: `container.image.name` is the collector's (F1).",
      '- Collectors of host metrics.',
    ],
    ['ADS041', 'error', '  owner: platform\n  expires', '  expires', 'id: F1'],
    ['ADS042', 'warning', 'expires: 2027-02-28', 'expires: 2026-11-20', 'id: F1'],
    [
      'ADS043',
      'error',
      'match: { container.image.repo_digests|contains: "@sha256:1111" }',
      'match: {}',
      'id: F1',
    ],
    ['ADS050', 'error', 'expect: fire', 'expect: silent', 'title: Container in'],
    ['ADS051', 'error', 'expect: silent', 'expect: fire', 'title: Container in'],
    [
      'ADS060',
      'warning',
      'when: [{ if: { container.privileged: true }, then: high }]\n',
      '',
      'default: medium',
    ],
    [
      'ADS070',
      'warning',
      'do: ask, text: "Is it ours?", if_yes: close.benign, if_no: R2',
      'do: look',
      '## Response',
    ],
    ['ADS071', 'error', 'do: evidence.capture', 'do: workload.pause'],
    [
      'ADS072',
      'error',
      'do: network.isolate, target: container, approval: one, undo: network.release',
      'do: workload.delete, target: container',
    ],
    [
      'ADS073',
      'error',
      '\n## Additional',
      '\nRevoke the certificate if it is self-signed.\n\n## Additional',
      'Revoke the',
    ],
    ['ADS080', 'warning', 'https://docs.docker.com/engine/network/drivers/host/', 'the engine’s manual'],
    ['ADS090', 'hint', 'by: platform', 'by: detection'],
    ['ADS091', 'warning', 'due: 2027-04-01', 'due: 2026-11-20', 'review:'],
  ]

const faults = FAULTS.map(([id, severity, from, to, where]) => ({ id, severity, from, to, where }))
test.each(faults)('$id $severity: $to', ({ id, severity, from, to, where }) => {
  const sound = exampleDocument()
  expect(sound).toContain(from)
  const text = sound.replace(from, to)
  const finding = lint(text).find((found) => found.id === id && found.severity === severity)
  expect(finding?.line).toBe(lineOf(text, where ?? to.split('\n')[0] ?? ''))
})

const EMULATION = {
  image: `alpine@sha256:${'a'.repeat(64)}`,
  expect: '\n  expect: { rule: host_network, within: 60s }',
}
const emulated = (runner: string, image: string, run: string, rest: string) =>
  lint(
    exampleDocument((text) =>
      text.replace(
        '\n## Priority',
        `\n\`\`\`yaml ads:emulate\n- id: E1\n  runner: ${runner}\n  spec: { image: "${image}" }\n  run: ${run}${rest}\n\`\`\`\n\n## Priority`,
      ),
    ),
  ).map(({ id }) => id)

test('an emulation says what it expects, pins its image, names real things and cleans up what it made', () => {
  expect(emulated('docker', EMULATION.image, 'id', EMULATION.expect)).toEqual([])
  expect(emulated('docker', EMULATION.image, 'id', '')).toEqual(['ADS057'])
  expect(emulated('docker', 'alpine:3', 'id', EMULATION.expect)).toEqual(['ADS059'])
  expect(emulated('docker', 'alpine@sha256:<pin>', 'id', EMULATION.expect)).toEqual(
    ['ADS059', 'ADS054'].sort(),
  )
  expect(emulated('host', EMULATION.image, 'touch /tmp/x', EMULATION.expect)).toEqual(['ADS058'])
  expect(
    emulated(
      'host',
      EMULATION.image,
      'docker run --name one a',
      `${EMULATION.expect}\n  cleanup: docker rm two`,
    ),
  ).toEqual(['ADS058'])
})

const goal = (text: string) => `# T\n## Goal\n${text}\n`
test('two documents with one goal are told, the same document twice is not', () => {
  const mine = exampleDocument()
  const same = goal('Detects containers created inside the network namespace of a host.')
  expect(lint(mine, [same]).map(({ id, line }) => [id, line])).toEqual([
    ['ADS018', lineOf(mine, 'Detect a container')],
  ])
  expect(lint(mine, [goal('Detect a container that mounts the root of its host.')])).toEqual([])
})

const NOTHING = () => false
test.each([
  ['docker run -v /a:/b', ['ADS055']],
  ['docker run --network=host', ['ADS055']],
  ['docker run -d --network host alpine', ['ADS059']],
  [`docker run --rm -it alpine@sha256:${'0'.repeat(64)} sh -c 'docker run'`, []],
  ['sudo podman run -e A=b <image> sh', ['ADS054']],
  ['kubectl create deployment --image=nginx', ['ADS055']],
  ['kubectl create deployment web --image=nginx', []],
  ['kubectl run --image=nginx', ['ADS055']],
  ['kubectl apply -f ./pod.yaml', ['ADS054']],
  ['kubectl apply -f', ['ADS055']],
  ['cat /path/to/file now', ['ADS054']],
  ['echo <string>a</string>', []],
])('the faults of %j are %j', (command, ids) => {
  expect(commandFaults(command, NOTHING).map(({ id }) => id)).toEqual(ids)
})

test('naming a program is no command', () => {
  expect(isCommand('docker run')).toBe(false)
  expect(isCommand('docker run -d')).toBe(true)
  expect(isCommand('container.image.name')).toBe(false)
})

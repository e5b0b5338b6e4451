import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { aPod } from '../../test/kubernetes-objects.ts'
import { loadDetection, type Detection } from '../detection.ts'
import type { Input } from '../inputs/input.ts'
import { sources } from '../sources/index.ts'
import { openStore } from '../store/sqlite.ts'
import { runPipeline } from './pipeline.ts'

const NOW = Date.UTC(2026, 10, 20, 12, 0, 5)
const CREATED = new Date(NOW - 1_000).toISOString()
const RULE = `title: Privileged, and not by somebody who deploys
id: 00000000-0000-4000-8000-000000000001
status: test
level: high
logsource: { category: container_create, product: kubernetes }
detection:
  it: { container.privileged: true }
  filter_deployers: { user.name: alice }
  condition: it and not 1 of filter_*
`

let folder: string
let detection: Detection
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-creators-'))
  for (const name of ['strategies', 'rules']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'rules/rule.yml'), RULE)
  detection = await loadDetection({
    strategies: join(folder, 'strategies'),
    rules: [join(folder, 'rules')],
    site: undefined,
    zone: 'UTC',
    now: () => NOW,
  })
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Line {
  readonly stream: string
  readonly record: object
}

/** What the API server tells of a privileged pod that is new, and of one that was changed. */
const watched = (n: number, type = 'ADDED', more: object = {}): Line => {
  const { metadata, ...pod } = aPod(n, { privileged: true, created: CREATED })
  const object = { ...pod, metadata: { ...(metadata as object), ...more } }
  return { stream: 'kubernetes:api:0', record: { type, object, 'x-tallyman': { at: NOW, list: 1 } } }
}
/** Its log of the same pod's creation. */
const audited = (n: number, username: string): Line => ({
  stream: 'audit',
  record: {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: `a-${n}-${username}`,
    stage: 'ResponseComplete',
    verb: 'create',
    user: { username },
    objectRef: { resource: 'pods', namespace: 'shop', name: `pod-${n}`, apiVersion: 'v1' },
    responseStatus: { code: 201 },
    responseObject: aPod(n, { privileged: true, created: CREATED }),
    requestReceivedTimestamp: CREATED,
    stageTimestamp: CREATED,
  },
})

/** Sources of the alerts, by the pod; each line is a batch. */
async function alertsOf(lines: readonly Line[]): Promise<readonly (readonly unknown[])[]> {
  const store = openStore(join(mkdtempSync(join(folder, 'run-')), 'store.db'), { durable: true })
  const input: Input = {
    name: 'test',
    async *read() {
      const offsets = new Map<string, number>()
      for (const { stream, record } of lines) {
        const bytes = Buffer.from(`${JSON.stringify(record)}\n`)
        const offset = offsets.get(stream) ?? 0
        offsets.set(stream, offset + bytes.length)
        yield { chunks: [{ stream, offset, bytes }], findings: [], unreadable: [] }
      }
    },
  }
  try {
    const parts = { store, sources, detection: () => detection, now: () => NOW, arriving: true as const }
    await runPipeline([input], parts, new AbortController().signal)
    return store
      .alerts({ limit: 100 })
      .items.map(({ entity, evidence }) => [
        entity['k8s.pod.name'],
        entity['container.creator.name'],
        evidence.map(({ source }) => source).toSorted(),
      ])
  } finally {
    store.close()
  }
}

it.each([
  ['before', [audited(1, 'alice'), watched(1)]],
  ['after', [audited(2, 'bob'), watched(1), audited(1, 'alice')]],
])(
  'exempts by its creator a pod that the API server tells of, whose log comes %s that',
  async (_when, lines) => {
    const told = await alertsOf(lines)
    expect(told.filter(([pod]) => pod === 'pod-1')).toEqual([])
  },
)

it('tells of what others create, with who they are', async () => {
  expect(await alertsOf([audited(2, 'alice'), watched(1), audited(1, 'mallory')])).toEqual([
    ['pod-1', 'mallory', ['kubernetes.api', 'kubernetes.audit']],
  ])
})

it('tells of what nobody’s log tells, and waits for it only where a log is read', async () => {
  expect(await alertsOf([watched(1)])).toEqual([['pod-1', undefined, ['kubernetes.api']]])
  expect(await alertsOf([audited(2, 'alice'), watched(1)])).toEqual([
    ['pod-1', undefined, ['kubernetes.api']],
  ])
})

it('exempts nothing that was changed since, by whomever', async () => {
  const changed = watched(1, 'ADDED', { generation: 2 })
  expect(await alertsOf([audited(1, 'alice'), changed])).toMatchObject([
    ['pod-1', 'alice', ['kubernetes.api']],
  ])
  const { record } = watched(1, 'MODIFIED')
  const { object } = record as { object: { spec: { containers: readonly object[] } } }
  const other = {
    ...object,
    spec: { ...object.spec, containers: [{ ...object.spec.containers[0], image: 'evil' }] },
  }
  const later = { stream: 'kubernetes:api:0', record: { ...record, object: other } }
  expect(await alertsOf([audited(1, 'alice'), watched(1), later])).toMatchObject([
    ['pod-1', 'alice', ['kubernetes.api']],
  ])
})

it('takes nobody’s word where two creators of one pod are told', async () => {
  const told = await alertsOf([audited(1, 'mallory'), audited(1, 'alice'), watched(1)])
  expect(told.map(([pod, creator]) => [pod, creator])).toContainEqual(['pod-1', undefined])
  expect(told.flat(2)).toContain('kubernetes.api')
})

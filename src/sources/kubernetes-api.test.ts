import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { clusterStream } from '../domain/cluster-stream.ts'
import { createStreamDecoder, sources } from './index.ts'
import type { DecodedBatch } from './stream.ts'

const STREAM = clusterStream('cluster', 0)
const NOON = Date.UTC(2026, 10, 20, 12)
const UID = '0a1b2c3d-1111-2222-3333-444455556666'

interface Line {
  readonly type?: string
  readonly object?: Readonly<Record<string, unknown>>
  readonly 'x-tallyman': Readonly<Record<string, unknown>>
}

function pod(parts: { readonly privileged?: boolean; readonly status?: object; readonly uid?: string } = {}) {
  const { privileged = false, status = { phase: 'Pending' }, uid = UID } = parts
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'tmp', namespace: 'shop', uid, creationTimestamp: '2026-11-20T11:59:00Z' },
    spec: { containers: [{ name: 'sh', image: 'alpine:3.20', securityContext: { privileged } }] },
    status,
  }
}

function told(type: string, object: object, list = 1, at = NOON): Line {
  return { type, object: object as Line['object'] & {}, 'x-tallyman': { list, at } }
}

function reader(stream = STREAM) {
  let [decoder, offset] = [createStreamDecoder(sources, stream, undefined, () => NOON), 0]
  return {
    read: (...lines: readonly object[]): DecodedBatch => {
      const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
      const batch = decoder.push({ stream, offset, bytes, messages: { zone: 'UTC' } })
      offset += bytes.length
      return batch
    },
    restart: (): void => {
      const { state } = decoder.checkpoint()
      decoder = createStreamDecoder(sources, stream, JSON.parse(JSON.stringify(state)), () => NOON)
    },
  }
}

const eventsOf = ({ items }: DecodedBatch) => items.flatMap(({ decoded }) => decoded.events)
const factsOf = ({ items }: DecodedBatch) => items.flatMap(({ decoded }) => decoded.facts)

describe('a watched cluster', () => {
  it('tells a specification once, however often its status changes, also over a restart', () => {
    const { read, restart } = reader()
    expect(eventsOf(read(told('ADDED', pod()))).map(({ time }) => time)).toEqual([
      NOON - 60_000,
      NOON - 60_000,
    ])
    expect(
      eventsOf(read(told('MODIFIED', pod({ status: { phase: 'Running', podIP: '10.1.0.7' } })))),
    ).toEqual([])
    restart()
    expect(eventsOf(read(told('ADDED', pod())))).toEqual([])
    const changed = eventsOf(read(told('MODIFIED', pod({ privileged: true }), 1, NOON + 5)))
    expect(changed.map(({ time, logsource }) => [time, logsource.category ?? logsource.service])).toEqual([
      [NOON + 5, 'api'],
      [NOON + 5, 'container_create'],
    ])
  })

  it('tells what a list lacks that was there before, with what the pod had', () => {
    const { read, restart } = reader()
    const running = {
      phase: 'Running',
      containerStatuses: [
        { name: 'sh', containerID: `containerd://${'1'.repeat(64)}`, state: { running: {} } },
      ],
    }
    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'deny', namespace: 'shop', uid: '2'.repeat(36) },
      spec: { podSelector: {} },
    }
    read(
      told('ADDED', pod({ status: running })),
      told('ADDED', policy),
      told('ADDED', pod({ uid: '3'.repeat(36) })),
    )
    restart()
    const later = { at: NOON + 60_000 }
    const batch = read(
      told('ADDED', pod({ uid: '3'.repeat(36) }), 2),
      { 'x-tallyman': { listed: 'Pod', list: 2, ...later } },
      { 'x-tallyman': { listed: 'NetworkPolicy', list: 1, ...later } },
    )
    expect(eventsOf(batch)).toMatchObject([
      {
        time: NOON + 60_000,
        resource: { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'tmp', 'k8s.pod.uid': UID },
        record: { type: 'DELETED', object: { kind: 'Pod', metadata: { name: 'tmp', uid: UID } } },
      },
    ])
    expect(factsOf(batch).filter(({ kind }) => kind === 'container-gone')).toMatchObject([
      { id: UID.replaceAll('-', '') },
      { id: '1'.repeat(64) },
    ])
    // once
    expect(eventsOf(read({ 'x-tallyman': { listed: 'Pod', list: 2, ...later } }))).toEqual([])
  })

  it('knows a static pod by its mirror and by what the kubelet calls it', () => {
    const { read } = reader()
    const hash = 'a'.repeat(32)
    const mirror = pod()
    const metadata = {
      ...mirror.metadata,
      annotations: { 'kubernetes.io/config.hash': hash },
      ownerReferences: [{ kind: 'Node', name: 'node-a', controller: true }],
    }
    expect(factsOf(read(told('ADDED', { ...mirror, metadata })))).toMatchObject([
      { id: UID.replaceAll('-', ''), resource: { 'k8s.pod.uid': UID } },
      { id: hash, resource: { 'k8s.pod.uid': hash, 'k8s.pod.name': 'tmp' } },
    ])
    expect(factsOf(read(told('DELETED', { ...mirror, metadata })))).toMatchObject([
      { kind: 'container-gone', id: UID.replaceAll('-', '') },
      { kind: 'container-gone', id: hash },
    ])
  })

  it('takes the word that all was told from the input alone', () => {
    const look = { 'x-tallyman': { looked: 30_000, at: NOON } }
    expect(factsOf(reader().read(look))).toEqual([
      { kind: 'orchestrator-look', time: NOON, interval: 30_000 },
    ])
    expect(reader('file:x').read(look).failures).toHaveLength(1)
  })

  it('keeps nothing of what Secrets hold, nor of the values of the environment', () => {
    const lines = readFileSync(join(import.meta.dirname, 'fixtures/kubernetes.api/documented.jsonl'), 'utf8')
    expect(lines).toContain('not-to-be-kept')
    const { read } = reader()
    const records = lines.trimEnd().split('\n')
    const text = JSON.stringify(eventsOf(read(...records.map((line) => JSON.parse(line) as object))))
    expect(text).toContain('DB_PASSWORD')
    expect(text).not.toMatch(/not-to-be-kept|bm90LXRvLWJlLWtlcHQ|managedFields/)
  })
})

describe('files', () => {
  it('may hold what kubectl prints: lists, objects and watch events', () => {
    const { read } = reader('file:x')
    const { apiVersion: _version, kind: _kind, ...item } = pod({ privileged: true })
    const batch = read(
      { apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: '7' }, items: [item] },
      { apiVersion: 'v1', kind: 'List', items: [pod({ uid: '4'.repeat(36) })] },
      pod({ uid: '5'.repeat(36) }),
      { type: 'DELETED', object: pod({ uid: '5'.repeat(36) }) },
    )
    expect(batch.failures).toEqual([])
    expect(
      eventsOf(batch)
        .filter(({ logsource }) => logsource.category === 'container_create')
        .map(({ record }) => (record as Record<string, unknown>)['container.privileged']),
    ).toEqual([true, false, false])
  })

  it('say nothing as the input: neither what is gone nor what was there', () => {
    const { read } = reader('file:x')
    const batch = read(told('ADDED', pod()), {
      ...told('ADDED', pod({ privileged: true })),
      'x-tallyman': { inventory: true, at: 1, list: 1 },
    })
    expect(eventsOf(batch).every(({ inventory }) => inventory !== true)).toBe(true)
    expect(eventsOf(batch)[0]?.time).toBe(NOON - 60_000)
    expect(read({ 'x-tallyman': { listed: 'Pod', list: 2, at: NOON } }).failures).toHaveLength(1)
  })

  it('of manifests are refused: nothing shows that they were ever applied', () => {
    const { read } = reader('file:x')
    const { uid: _uid, ...metadata } = pod().metadata
    expect(read({ ...pod(), metadata }).failures).toMatchObject([
      { reason: 'Kubernetes object is not an audit record' },
    ])
  })
})

describe('the workload of a pod', () => {
  it('is the same as the audit log says, so that both are one entity', () => {
    const { read } = reader()
    const owned = (kind: string, name: string, labels = {}) => ({
      ...pod({ uid: `${name}-${kind}` }),
      metadata: {
        ...pod().metadata,
        uid: `${name}-${kind}`,
        labels,
        ownerReferences: [{ kind, name, controller: true }],
      },
    })
    const minutes = Math.floor(NOON / 60_000)
    const audited = (object: ReturnType<typeof owned>) => ({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      auditID: object.metadata.uid,
      stage: 'ResponseComplete',
      verb: 'create',
      stageTimestamp: '2026-11-20T12:00:00Z',
      objectRef: { resource: 'pods', namespace: 'shop', name: 'tmp' },
      responseObject: object,
      responseStatus: { code: 201 },
    })
    const workloadOf = (object: ReturnType<typeof owned>) =>
      [read(told('ADDED', object)), reader('file:audit').read(audited(object))].map((batch) => {
        const { resource = {} } =
          eventsOf(batch).find(({ logsource }) => logsource.category !== undefined) ?? {}
        return Object.entries(resource).filter(
          ([name]) => /k8s\.\w+\.name/.test(name) && !/container/.test(name),
        )
      })
    const cases = [
      owned('ReplicaSet', 'web-7c9d', { 'pod-template-hash': '7c9d' }),
      owned('Job', `backup-${minutes}`),
      owned('Job', 'migrate-00000001'),
      owned('DaemonSet', 'agent'),
      owned('Node', 'node-a'),
    ]
    const both = cases.map((each) => workloadOf(each).map((pairs) => Object.fromEntries(pairs)))
    expect(both.map(([api]) => api)).toEqual([
      { 'k8s.deployment.name': 'web', 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'tmp' },
      { 'k8s.cronjob.name': 'backup', 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'tmp' },
      { 'k8s.job.name': 'migrate-00000001', 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'tmp' },
      { 'k8s.daemonset.name': 'agent', 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'tmp' },
      { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'tmp' },
    ])
    expect(both.map(([, audit]) => audit)).toEqual(both.map(([api]) => api))
  })
})

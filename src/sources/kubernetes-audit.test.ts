import { describe, expect, test } from 'vitest'
import type { Event } from '../domain/event.ts'
import { createStreamDecoder, sources } from './index.ts'
import { isObject, objectOf } from './json.ts'

const POD = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { containers: [{ name: 'main', image: 'nginx', securityContext: { privileged: true } }] },
}
const DEPLOYMENT = {
  kind: 'Deployment',
  apiVersion: 'apps/v1',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { replicas: 1, template: { metadata: {}, spec: POD.spec } },
}

function auditEvent(over: object): object {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: 'a-1',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/shop/pods/web',
    verb: 'patch',
    user: { username: 'alice' },
    objectRef: { resource: 'pods', namespace: 'shop', name: 'web' },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: '2026-11-21T07:00:00.100000Z',
    stageTimestamp: '2026-11-21T07:00:00.200000Z',
    ...over,
  }
}

function eventsOf(over: object): readonly Event[] {
  const bytes = Buffer.from(`${JSON.stringify(auditEvent(over))}\n`)
  const decoder = createStreamDecoder(sources, 's')
  const { items, failures } = decoder.push({ stream: 's', offset: 0, bytes, end: true })
  expect(failures).toEqual([])
  return items.flatMap(({ decoded }) => decoded.events)
}

/** Images of privileged containers that the record tells of. */
function privileged(over: object): readonly unknown[] {
  return eventsOf(over)
    .filter(({ logsource, record }) => logsource.category === 'container_create' && isObject(record))
    .filter(({ record }) => objectOf(record)['container.privileged'] === true)
    .map(({ resource }) => resource['container.image.name'])
}

describe('a pod', () => {
  test.each<[string, object, boolean]>([
    [
      'applied by the server',
      { responseStatus: { code: 201 }, requestObject: POD, responseObject: POD },
      true,
    ],
    ['applied, at level Request', { responseStatus: { code: 201 }, requestObject: POD }, true],
    [
      'whose image is patched',
      { requestObject: { spec: { containers: [{ name: 'main', image: 'nginx' }] } }, responseObject: POD },
      true,
    ],
    [
      'whose image is patched by operations',
      {
        requestObject: [{ op: 'replace', path: '/spec/containers/0/image', value: 'nginx' }],
        responseObject: POD,
      },
      true,
    ],
    [
      'whose document is replaced by an operation',
      { requestObject: [{ op: 'replace', path: '', value: POD }], responseObject: POD },
      true,
    ],
    ['that is updated', { verb: 'update', requestObject: POD, responseObject: POD }, true],
    [
      'whose metadata is patched',
      { requestObject: { metadata: { labels: { a: 'b' } } }, responseObject: POD },
      false,
    ],
    [
      'whose metadata is patched by operations',
      { requestObject: [{ op: 'remove', path: '/metadata/finalizers/0' }], responseObject: POD },
      false,
    ],
    ['whose other member is patched', { requestObject: [{ path: '/specx' }], responseObject: POD }, false],
    [
      'whose status is patched',
      {
        objectRef: { resource: 'pods', subresource: 'status', name: 'web' },
        requestObject: POD,
        responseObject: POD,
      },
      false,
    ],
    ['whose patch was refused', { responseStatus: { code: 403 }, requestObject: POD }, false],
  ])('%s', (_name, over, expected) => {
    expect(privileged(over)).toEqual(expected ? ['nginx'] : [])
  })
})

test('a body that was cut down to what the pod may do is judged by that', () => {
  const trimmed = {
    verb: 'create',
    responseStatus: { code: 201 },
    requestObject: { spec: { hostNetwork: true, hostPID: true } },
  }
  const created = eventsOf(trimmed).filter(({ logsource }) => logsource.category === 'container_create')
  expect(created.map(({ record }) => objectOf(record))).toEqual([
    expect.objectContaining({ 'container.network_mode': 'host', 'container.pid_mode': 'host' }),
  ])
})

test('a container’s command writes below its workingDir', () => {
  const containers = [{ name: 'main', image: 'nginx', workingDir: '/h', args: ['tee', 'motd'] }]
  const requestObject = { ...POD, spec: { containers } }
  const exec = eventsOf({ verb: 'create', requestObject }).at(-1)
  expect(objectOf(exec?.record)['process.writes']).toEqual(['/h/motd'])
})

describe('a dry run', () => {
  test.each<[string, boolean]>([
    ['?dryRun=All', true],
    ['?fieldManager=a&dryRun=All&x=1', true],
    ['?dry%52un=%41ll', true],
    ['?dryRun=%zz', false],
    ['?dryRun=a;b', false],
    ['?dryRun=All;b', false],
    ['?dryRun=', false],
    ['?dryRun=all', false],
    ['?x=dryRun=All', false],
    ['?dryRun=%ff', false],
    ['&dryRun=All', false],
    ['', false],
  ])('is what the API server takes for one: %s', (query, dry) => {
    const over = { requestURI: `/api/v1/namespaces/shop/pods${query}`, verb: 'create', requestObject: POD }
    expect(privileged(over)).toEqual(dry ? [] : ['nginx'])
  })
})

describe('a workload at level Request', () => {
  const objectRef = { apiGroup: 'apps', resource: 'deployments', namespace: 'shop', name: 'web' }

  test('is judged by an apply patch, which is a whole object', () => {
    expect(privileged({ objectRef, requestObject: DEPLOYMENT })).toEqual(['nginx'])
  })

  test('is judged by the containers that a merge patch names', () => {
    const requestObject = { spec: { template: { spec: POD.spec } } }
    expect(privileged({ objectRef, requestObject })).toEqual(['nginx'])
  })

  test.each([
    ['a patch of its scale', { spec: { replicas: 3 } }],
    ['a restart', { spec: { template: { metadata: { annotations: { restartedAt: 'now' } } } } }],
    ['operations', [{ op: 'replace', path: '/spec/template/spec', value: POD.spec }]],
  ])('says nothing of its containers in %s', (_name, requestObject) => {
    expect(privileged({ objectRef, requestObject })).toEqual([])
  })
})

describe('an exec', () => {
  const exec = {
    verb: 'create',
    requestURI: '/api/v1/namespaces/shop/pods/web/exec?command=sh&command=-c&command=id%3B+ls&container=main',
    objectRef: { resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web' },
    responseStatus: { code: 101 },
  }
  const commands = (over: object) =>
    eventsOf({ ...exec, ...over }).filter(({ logsource }) => logsource.category === 'container_exec')

  test('has the same identity at its beginning and its end, one for each of its commands', () => {
    const begun = commands({ stage: 'ResponseStarted' })
    const ended = commands({ stage: 'ResponseComplete', stageTimestamp: '2026-11-21T08:00:00Z' })
    expect(begun.map(({ record }) => objectOf(record)['CommandLine'])).toEqual(['sh -c id; ls', 'id', 'ls'])
    expect(new Set(begun.map(({ once }) => once)).size).toBe(3)
    expect(ended.map(({ once }) => once)).toEqual(begun.map(({ once }) => once))
    expect(ended.map(({ id }) => id)).not.toEqual(begun.map(({ id }) => id))
  })

  test('is another one under the same audit id, which its client may choose', () => {
    const ids = [
      commands({}),
      commands({ requestReceivedTimestamp: '2026-11-21T07:00:01Z' }),
      commands({ user: { username: 'bob' } }),
      commands({ requestURI: exec.requestURI.replace('ls', 'rm') }),
    ].map(([first]) => first?.once)
    expect(new Set(ids).size).toBe(4)
  })

  test('is not told of before it was answered', () => {
    expect(commands({ stage: 'RequestReceived', responseStatus: undefined })).toEqual([])
  })
})

describe('a pod’s addresses', () => {
  const uid = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'
  const running = {
    ...POD,
    metadata: { ...POD.metadata, uid, ownerReferences: [{ controller: true, kind: 'Job', name: 'nightly' }] },
    status: { podIP: '10.1.0.7', podIPs: [{ ip: '10.1.0.7' }, { ip: '2001:db8::7' }] },
  }
  const status = { resource: 'pods', namespace: 'shop', name: 'web', subresource: 'status' }
  const factsOf = (over: object): unknown => {
    const bytes = Buffer.from(`${JSON.stringify(auditEvent(over))}\n`)
    const { items } = createStreamDecoder(sources, 's').push({ stream: 's', offset: 0, bytes, end: true })
    return items.flatMap(({ decoded }) => decoded.facts)
  }

  test('are in the status that its kubelet writes', () => {
    expect(factsOf({ objectRef: status, responseObject: running })).toEqual([
      {
        kind: 'container',
        id: uid.replaceAll('-', ''),
        time: Date.UTC(2026, 10, 21, 7, 0, 0, 200),
        resource: { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'web', 'k8s.job.name': 'nightly' },
        mounts: [],
        addresses: ['10.1.0.7', '2001:db8::7'],
      },
    ])
  })

  test('are its node’s, and so not told, on the node’s network', () => {
    const responseObject = { ...running, spec: { ...running.spec, hostNetwork: true } }
    expect(factsOf({ objectRef: status, responseObject })).toEqual([])
  })

  test('are free once its node has deleted it', () => {
    const deleted = (seconds: number): unknown =>
      factsOf({
        verb: 'delete',
        responseObject: {
          ...running,
          metadata: { ...running.metadata, deletionGracePeriodSeconds: seconds },
        },
      })
    expect(deleted(30)).toEqual([])
    expect(deleted(0)).toMatchObject([{ kind: 'container-gone', id: uid.replaceAll('-', '') }])
  })

  test('are not taken from a request that failed', () => {
    expect(factsOf({ objectRef: status, responseObject: running, responseStatus: { code: 403 } })).toEqual([])
  })
})

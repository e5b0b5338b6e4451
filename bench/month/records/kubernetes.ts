import type { Instance } from '../instance.ts'
import type { Random } from '../random.ts'

/** What somebody asked the API server. */
export interface Request {
  readonly verb: string
  readonly user: string
  readonly agent?: string
  readonly resource: string
  readonly group?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly query?: string
  readonly code?: number
  readonly asked?: unknown
  readonly answered?: unknown
  readonly source?: string
}

/** An audit Event of the API server, at RequestResponse where it has bodies: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
export function auditLine(time: number, random: Random, request: Request): string {
  const { verb, user, resource, group, subresource, namespace, name, query, asked, answered } = request
  const stamp = new Date(time).toISOString().replace('Z', '000Z')
  const path = [
    group === undefined ? '/api/v1' : `/apis/${group}/v1`,
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    resource,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ].join('/')
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: asked === undefined && answered === undefined ? 'Metadata' : 'RequestResponse',
    auditID: random.uuid(),
    stage: 'ResponseComplete',
    requestURI: query === undefined ? path : `${path}?${query}`,
    verb,
    user: { username: user, groups: ['system:authenticated'] },
    sourceIPs: [request.source ?? '10.0.0.10'],
    userAgent: request.agent ?? 'controller/v1.34',
    objectRef: {
      resource,
      ...(namespace !== undefined && { namespace }),
      ...(name !== undefined && { name }),
      ...(group !== undefined && { apiGroup: group }),
      apiVersion: 'v1',
      ...(subresource !== undefined && { subresource }),
    },
    responseStatus: { metadata: {}, code: request.code ?? (verb === 'create' ? 201 : 200) },
    ...(asked !== undefined && { requestObject: asked }),
    ...(answered !== undefined && { responseObject: answered }),
    requestReceivedTimestamp: stamp,
    stageTimestamp: stamp,
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  })
}

/** What the site says of a pod beyond its image. */
export interface PodShape {
  readonly containers?: readonly string[]
  readonly volumes?: readonly { readonly name: string; readonly claim: string; readonly path: string }[]
  readonly runtimeClass?: string
}

/** Who owns the pod: a ReplicaSet, a StatefulSet or a Job. */
export function podObject(one: Instance, shape: PodShape = {}): Readonly<Record<string, unknown>> {
  const { workload, name, uid, release } = one
  const kind =
    workload.role === 'cron' || workload.role === 'ci'
      ? 'Job'
      : workload.role === 'database'
        ? 'StatefulSet'
        : 'ReplicaSet'
  const owner =
    kind === 'ReplicaSet'
      ? `${workload.name}-${release.hash}`
      : kind === 'Job'
        ? name.slice(0, -6)
        : workload.name
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace: workload.namespace,
      uid,
      creationTimestamp: new Date(one.started).toISOString(),
      labels: { app: workload.name, ...(kind === 'ReplicaSet' && { 'pod-template-hash': release.hash }) },
      ownerReferences: [
        { apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1', kind, name: owner, uid, controller: true },
      ],
    },
    spec: podSpec(one, shape),
  }
}

export function podSpec(
  { workload, release, node }: Pick<Instance, 'workload' | 'release' | 'node'>,
  { containers = [], volumes = [], runtimeClass }: PodShape = {},
): Readonly<Record<string, unknown>> {
  const main = workload.role === 'ci' ? 'job' : 'main'
  return {
    containers: [
      {
        name: main,
        image: `${workload.image}:${release.tag}@${release.digest}`,
        resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '2Gi' } },
        securityContext: { allowPrivilegeEscalation: false },
        ...(volumes.length > 0 && {
          volumeMounts: volumes.map(({ name, path }) => ({ name, mountPath: path })),
        }),
      },
      ...containers.map((name) => ({
        name,
        image: `registry.corp.example/platform/${name}:1.0@${release.digest}`,
      })),
    ],
    ...(volumes.length > 0 && {
      volumes: volumes.map(({ name, claim }) => ({ name, persistentVolumeClaim: { claimName: claim } })),
    }),
    ...(runtimeClass !== undefined && { runtimeClassName: runtimeClass }),
    restartPolicy: 'Always',
    serviceAccountName: workload.name,
    nodeName: node,
  }
}

/** The object of what makes a workload's pods: a StatefulSet for a database. */
export function deploymentObject(
  one: Pick<Instance, 'workload' | 'release' | 'node'>,
  shape: PodShape = {},
): Readonly<Record<string, unknown>> {
  const { workload, release } = one
  const { nodeName: _node, ...spec } = podSpec(one, shape)
  return {
    kind: workload.role === 'database' ? 'StatefulSet' : 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { name: workload.name, namespace: workload.namespace },
    spec: {
      replicas: workload.replicas,
      selector: { matchLabels: { app: workload.name } },
      template: { metadata: { labels: { app: workload.name, version: release.tag } }, spec },
    },
  }
}

/** The user name of a workload's service account. */
export function accountOf({
  namespace,
  name,
}: {
  readonly namespace: string
  readonly name: string
}): string {
  return `system:serviceaccount:${namespace}:${name}`
}

/**
 * Kubernetes audit records as a busy cluster writes them: mostly reads by controllers at level Metadata, some
 * writes with bodies, one pod creation in a hundred, one privileged pod in `everyPrivileged`.
 */
export function auditLine(n: number, everyPrivileged = 100_000): string {
  const time = new Date(1_795_000_000_000 + n * 3).toISOString()
  const common = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: `${hex(n, 8)}-0000-4000-8000-${hex(n, 12)}`,
    stage: 'ResponseComplete',
    sourceIPs: [`10.0.${n % 250}.${(n * 7) % 250}`],
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason': 'RBAC: allowed by ClusterRoleBinding "system:controller"',
    },
  }
  if (n % 100 === 7) return JSON.stringify({ ...common, ...podCreation(n, n % everyPrivileged === 7) })
  const resource = RESOURCES[n % RESOURCES.length] ?? 'leases'
  const namespace = `team-${n % 40}`
  const name = `${resource}-${n % 900}`
  return JSON.stringify({
    ...common,
    level: 'Metadata',
    verb: VERBS[n % VERBS.length],
    requestURI: `/api/v1/namespaces/${namespace}/${resource}/${name}?timeout=5s`,
    user: { username: `system:node:node-${n % 60}`, groups: ['system:nodes', 'system:authenticated'] },
    userAgent: 'kubelet/v1.33.4 (linux/amd64) kubernetes/8adc0f0',
    objectRef: { resource, namespace, name, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
  })
}

const RESOURCES = ['leases', 'pods', 'configmaps', 'nodes', 'endpoints', 'services', 'events', 'replicasets']
const VERBS = ['get', 'watch', 'list', 'update', 'get', 'patch']

function podCreation(n: number, privileged: boolean): object {
  const pod = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: `web-${hex(n, 5)}`,
      namespace: `team-${n % 40}`,
      labels: { app: 'web' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-6d4b', controller: true }],
    },
    spec: {
      containers: [
        {
          name: 'web',
          image: 'registry.example/web:1.4.2',
          resources: { limits: { memory: '256Mi' } },
          volumeMounts: [
            { name: 'token', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
          ],
          securityContext: { privileged },
        },
      ],
      volumes: [{ name: 'token', secret: { secretName: 'web-token' } }],
      serviceAccountName: 'web',
    },
  }
  return {
    level: 'RequestResponse',
    verb: 'create',
    requestURI: `/api/v1/namespaces/team-${n % 40}/pods`,
    user: {
      username: 'system:serviceaccount:kube-system:replicaset-controller',
      groups: ['system:serviceaccounts'],
    },
    userAgent: 'kube-controller-manager/v1.33.4',
    objectRef: { resource: 'pods', namespace: `team-${n % 40}`, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: pod,
    responseObject: { ...pod, status: { phase: 'Pending' } },
  }
}

function hex(n: number, digits: number): string {
  return n.toString(16).padStart(digits, '0').slice(-digits)
}

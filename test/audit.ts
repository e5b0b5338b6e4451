/** One Kubernetes audit record, as an API server writes it at level RequestResponse for a created pod. */
export function podCreated(options: {
  readonly name: string
  readonly auditID: string
  readonly time: number
  readonly privileged?: boolean
  readonly user?: string
}): string {
  const time = new Date(options.time).toISOString()
  const pod = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: options.name, namespace: 'shop' },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'registry.example/web@sha256:' + 'd'.repeat(64),
          securityContext: { privileged: options.privileged === true },
        },
      ],
    },
  }
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: options.auditID,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/shop/pods',
    verb: 'create',
    user: { username: options.user ?? 'alice', groups: ['system:authenticated'] },
    sourceIPs: ['10.1.2.3'],
    userAgent: 'kubectl/v1.33.4',
    objectRef: { resource: 'pods', namespace: 'shop', name: options.name, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: pod,
    responseObject: pod,
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  })
}

type Json = Readonly<Record<string, unknown>>

export const PODS = '/api/v1/pods'
export const SECRETS = '/api/v1/secrets'
export const POLICIES = '/apis/networking.k8s.io/v1/networkpolicies'

export function uidOf(n: number): string {
  return `${((n * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')}-5b1e-4c0a-9a6e-${n.toString(16).padStart(12, '0')}`
}

/** A pod as an API server has it. */
export function aPod(
  n: number,
  parts: {
    readonly name?: string
    readonly privileged?: boolean
    readonly status?: Json
    readonly created?: string
  } = {},
): Json {
  const { name = `pod-${n}`, privileged = false, status = { phase: 'Pending' }, created } = parts
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: uidOf(n),
      creationTimestamp: created ?? new Date().toISOString(),
      labels: { app: name },
    },
    spec: {
      containers: [
        {
          name: 'app',
          image: 'registry.example.org/app:1',
          command: ['sleep', '9'],
          env: [{ name: 'TOKEN', value: 'not-to-be-kept' }],
          securityContext: { privileged },
        },
      ],
      restartPolicy: 'Always',
    },
    status,
  }
}

/** The status of a pod that runs. */
export function running(container: string, address: string): Json {
  return {
    phase: 'Running',
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: new Date().toISOString(),
    containerStatuses: [
      {
        name: 'app',
        containerID: `containerd://${container}`,
        imageID: `registry.example.org/app@sha256:${'a1'.repeat(32)}`,
        state: { running: { startedAt: new Date().toISOString() } },
      },
    ],
  }
}

export function aSecret(n: number): Json {
  const copy = JSON.stringify({ data: { password: 'bm90LXRvLWJlLWtlcHQ=' } })
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `secret-${n}`,
      namespace: 'shop',
      uid: uidOf(1_000_000 + n),
      creationTimestamp: new Date().toISOString(),
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': copy },
    },
    data: { password: 'bm90LXRvLWJlLWtlcHQ=' },
  }
}

export function aPolicy(n: number): Json {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: `policy-${n}`,
      namespace: 'shop',
      uid: uidOf(2_000_000 + n),
      creationTimestamp: new Date().toISOString(),
    },
    spec: { podSelector: {} },
  }
}

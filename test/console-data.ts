import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Names as an adversary chooses them: markup, escapes, what reorders and hides, what is too long. */
export const HOSTILE_NAMES = [
  '<img src=x onerror="window.owned=1">',
  '"><script>window.owned=1</script>',
  'javascript:window.owned=1',
  '\u001b[2J\u001b[31mred\u0007',
  'invoice\u202efdp.exe',
  'zero\u200bwidth\ufeff',
  `z${'\u0300'.repeat(40)}algo`,
  '{{constructor.constructor("window.owned=1")()}}',
  'https://evil.example/x.png',
  'x'.repeat(3_000),
] as const

const NAMESPACES = ['shop', 'payments', 'ci', 'monitoring', 'kube-system', 'data', 'edge']
const WORKLOADS = ['web', 'worker', 'cart', 'ledger', 'runner', 'agent', 'ingest', 'cache', 'mailer', 'batch']
const IMAGES = [
  'registry.example/web',
  'docker.io/library/nginx',
  'ghcr.io/acme/tools',
  'registry.example/base/debian',
]
const USERS = [
  'alice',
  'bob',
  'system:serviceaccount:ci:deployer',
  'system:serviceaccount:kube-system:job-controller',
]

/** What is set on the container; each hits rules of another level. */
const SETTINGS: readonly Readonly<Record<string, unknown>>[] = [
  { container: { securityContext: { capabilities: { add: ['NET_ADMIN'] } } } },
  { container: { securityContext: { capabilities: { add: ['NET_RAW'] } } } },
  { pod: { hostNetwork: true } },
  { container: { securityContext: { capabilities: { add: ['SYS_PTRACE'] } } }, pod: { hostPID: true } },
  { container: { securityContext: { privileged: true } } },
  {
    pod: { volumes: [{ name: 'host', hostPath: { path: '/' } }] },
    container: { volumeMounts: [{ name: 'host', mountPath: '/host' }] },
  },
]

/** One audit record of a created pod that hits at least one rule: what happens to pod number `n`. */
export function podRecord(n: number, time: number, name = `${pick(WORKLOADS, n)}-${n.toString(36)}`): string {
  const { container = {}, pod = {} } = pick(SETTINGS, Math.floor(n * 2.7)) as {
    container?: object
    pod?: object
  }
  const namespace = pick(NAMESPACES, Math.floor(n / 3))
  const at = new Date(time).toISOString()
  const object = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, namespace, uid: `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` },
    spec: {
      nodeName: `node-${n % 40}`,
      ...pod,
      containers: [
        {
          name: 'main',
          image: `${pick(IMAGES, n)}@sha256:${(n % 97).toString(16).padStart(64, 'a')}`,
          ...container,
        },
      ],
    },
  }
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `10000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/${namespace}/pods`,
    verb: 'create',
    user: { username: pick(USERS, n), groups: ['system:authenticated'] },
    sourceIPs: ['10.1.2.3'],
    userAgent: 'kubectl/v1.33.4',
    objectRef: { resource: 'pods', namespace, name, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: object,
    responseObject: object,
    requestReceivedTimestamp: at,
    stageTimestamp: at,
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  })
}

/**
 * Writes an audit log of `pods` created pods, evenly over the day before `until`, with hostile names among them
 * where asked for, and a configuration that reads it. Real records for the real engine: nothing is put into a
 * store by hand. Returns the configuration's file.
 */
export function writeConsoleData(
  folder: string,
  {
    pods,
    until,
    hostile = false,
  }: { readonly pods: number; readonly until: number; readonly hostile?: boolean },
): { readonly config: string; readonly log: string } {
  mkdirSync(folder, { recursive: true })
  const log = join(folder, 'audit.log')
  const step = 86_400_000 / Math.max(1, pods)
  // Uneven, as days are: more towards the end.
  const timeOf = (n: number): number =>
    Math.round(until - 86_400_000 * (1 - Math.sqrt(((n + 1) * step) / 86_400_000)))
  const lines = Array.from({ length: pods }, (_, n) =>
    podRecord(n, timeOf(n), hostile ? HOSTILE_NAMES[pods - 1 - n] : undefined),
  )
  writeFileSync(log, lines.map((line) => `${line}\n`).join(''))
  const config = join(folder, 'tallyman.yaml')
  writeFileSync(config, `inputs:\n  - { type: file, name: audit, paths: [${JSON.stringify(log)}] }\n`)
  return { config, log }
}

/** Something that happens now: one more record. */
export function appendPod(log: string, n: number, time: number, name?: string): void {
  appendFileSync(log, `${podRecord(n, time, name)}\n`)
}

function pick<T>(from: readonly T[], n: number): T {
  return from[n % from.length] as T
}

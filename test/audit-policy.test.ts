import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { firedBy } from '../src/engine/fired-by.ts'
import { CLUSTER_RESOURCES } from '../src/inputs/kubernetes-resources.ts'
import { readEvents } from '../src/read-events.ts'
import { compilePredicate, compileRules } from '../src/sigma/sigma.ts'
import { kubernetesAudit } from '../src/sources/kubernetes-audit.ts'
import { createStreamDecoder } from '../src/sources/stream.ts'
import { loadStrategies } from '../src/strategy/load.ts'
import { runStrategyTests } from '../src/strategy/run-tests.ts'
import { auditLevel, auditPolicy, type AuditLevel } from './audit-policy.ts'

type Json = Readonly<Record<string, unknown>>

const { rules, omitStages } = auditPolicy()
const { strategies } = await loadStrategies(resolve(import.meta.dirname, '../strategies'))

/** Groups of the resources that rules and recordings are about; those of one name are told apart by nobody here. */
const GROUPS: Readonly<Record<string, string>> = {
  networkpolicies: 'networking.k8s.io',
  ingresses: 'networking.k8s.io',
  adminnetworkpolicies: 'policy.networking.k8s.io',
  baselineadminnetworkpolicies: 'policy.networking.k8s.io',
  ciliumnetworkpolicies: 'cilium.io',
  ciliumclusterwidenetworkpolicies: 'cilium.io',
  globalnetworkpolicies: 'projectcalico.org',
  envoyfilters: 'networking.istio.io',
  sidecars: 'networking.istio.io',
  destinationrules: 'networking.istio.io',
  clusterroles: 'rbac.authorization.k8s.io',
  roles: 'rbac.authorization.k8s.io',
  clusterrolebindings: 'rbac.authorization.k8s.io',
  rolebindings: 'rbac.authorization.k8s.io',
  certificatesigningrequests: 'certificates.k8s.io',
  peerauthentications: 'security.istio.io',
  deployments: 'apps',
  daemonsets: 'apps',
  statefulsets: 'apps',
  replicasets: 'apps',
  jobs: 'batch',
  cronjobs: 'batch',
}

function memberOf(event: Json, path: string): string | undefined {
  const [head = '', ...rest] = path.split('.')
  const flat = event[path]
  const nested = (event[head] as Json | undefined)?.[rest.join('.')]
  const value = flat ?? nested
  return typeof value === 'string' ? value : undefined
}

/** The groups that an API server gives a service account. */
function groupsOf(user: string): readonly string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(user) ?? []
  return namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}

function levelOf(event: Json): AuditLevel {
  const resource = memberOf(event, 'objectRef.resource') ?? ''
  const subresource = memberOf(event, 'objectRef.subresource')
  return auditLevel(rules, {
    user: memberOf(event, 'user.username') ?? '',
    verb: String(event['verb']),
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    group: memberOf(event, 'objectRef.apiGroup') ?? GROUPS[resource] ?? '',
    groups: groupsOf(memberOf(event, 'user.username') ?? ''),
  })
}

/** What an API server with this policy would have written of a request, if anything. */
function written(event: Json): readonly Json[] {
  const level = levelOf(event)
  const left: readonly string[] = {
    None: [],
    Metadata: ['requestObject', 'responseObject'],
    Request: ['responseObject'],
    RequestResponse: [],
  }[level]
  if (level === 'None' || omitStages.includes(String(event['stage']))) return []
  const kept = Object.fromEntries(
    Object.entries(event).filter(
      ([name]) => !left.some((body) => name === body || name.startsWith(`${body}.`)),
    ),
  )
  return [kept]
}

const isAudit = (event: Json): boolean => event['source'] === 'kubernetes.audit'

it('lets every rule on the audit log fire that fires in its own tests', async () => {
  let ran = 0
  const failed: string[] = []
  for (const strategy of strategies) {
    const tests = strategy.tests.filter(
      ({ expect: outcome, events }) => outcome === 'fire' && events.some((event) => isAudit(event)),
    )
    const asWritten = tests.map((test) => ({
      ...test,
      events: test.events.flatMap((event): readonly Json[] => (isAudit(event) ? written(event) : [event])),
    }))
    const parts = { compile: compileRules, predicate: compilePredicate, readEvents, correlate: firedBy }
    const results = await runStrategyTests({ ...strategy, tests: asWritten, filters: [] }, parts)
    ran += results.length
    failed.push(...results.flatMap(({ pass, id }) => (pass ? [] : [`${strategy.id} ${id}`])))
  }
  expect(ran).toBeGreaterThan(20)
  expect(failed).toEqual([])
})

it('writes all that specifications, execs and ephemeral containers are made of', () => {
  const lines = readFileSync(
    resolve(import.meta.dirname, '../src/sources/fixtures/kubernetes.audit/plain.jsonl'),
    'utf8',
  )
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
  const derived = (events: readonly Json[]): readonly unknown[] => {
    const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    const { items } = createStreamDecoder([kubernetesAudit], 'audit', undefined, () => 0).push({
      stream: 'audit',
      offset: 0,
      bytes,
      end: true,
    })
    return items.flatMap(({ decoded }) =>
      decoded.events.flatMap(({ logsource, record, resource }) =>
        logsource.category === undefined ? [] : [[logsource.category, record, resource]],
      ),
    )
  }
  const all = derived(lines)
  expect(all.length).toBeGreaterThan(10)
  expect(derived(lines.flatMap(written))).toEqual(all)
})

it('writes nothing of what Secrets and tokens hold, and leaves out what is loud', () => {
  const level = (verb: string, resource: string, group = '', user = 'alice'): AuditLevel =>
    auditLevel(rules, { user, verb, resource, group })
  for (const verb of ['get', 'list', 'create', 'update', 'patch', 'delete'])
    expect(level(verb, 'secrets')).toBe('Metadata')
  expect(level('create', 'serviceaccounts/token')).toBe('Metadata')
  expect(level('patch', 'pods/status', '', 'system:node:n1')).toBe('None')
  expect(level('update', 'leases', 'coordination.k8s.io')).toBe('None')
  expect(level('create', 'events')).toBe('None')
  expect(level('get', 'pods')).toBe('None')
  expect(level('create', 'widgets', 'example.org')).toBe('Metadata')
  // by nobody's name
  expect(level('get', 'pods/exec', '', 'system:kube-controller-manager')).toBe('Metadata')
})

it('grants what the input reads, and nothing more', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../sensors/kubernetes/rbac.yaml'), 'utf8')
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Json)
  const role = documents.find(
    ({ kind, metadata }) => kind === 'ClusterRole' && (metadata as Json)['name'] === 'tallyman-reader',
  )
  const granted = ((role?.['rules'] ?? []) as readonly Record<string, readonly string[]>[]).flatMap(
    ({ apiGroups = [], resources = [], verbs = [] }) =>
      apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource} ${verbs.join()}`)),
  )
  const read = CLUSTER_RESOURCES.map(({ apiVersion, name }) => {
    const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['']
    return `${group}/${name} list,watch`
  })
  expect(granted.toSorted()).toEqual(read.toSorted())
})

it('has a webhook that a kubeconfig reader can read', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../sensors/kubernetes/audit-webhook.yaml'), 'utf8')
  expect(parse(text)).toMatchObject({ kind: 'Config', 'current-context': 'tallyman' })
})

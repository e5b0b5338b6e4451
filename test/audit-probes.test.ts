import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { AUDIT_PROBES } from '../src/domain/audit-probe.ts'
import { compileRules } from '../src/sigma/sigma.ts'
import { kubernetesAudit } from '../src/sources/kubernetes-audit.ts'
import { createStreamDecoder } from '../src/sources/stream.ts'
import { loadStrategies } from '../src/strategy/load.ts'
import { auditLevel, auditPolicy } from './audit-policy.ts'
import { eventually, startDaemon } from './daemon.ts'
import { startKubernetesServer, statusOf, type Asked, type KubernetesServer } from './kubernetes-server.ts'

/** A daemon may be slow to start on a machine that does other things as well, ms. */
const PATIENCE = 60_000
vi.setConfig({ testTimeout: 3 * PATIENCE })

const USER = 'system:serviceaccount:tallyman:tallyman'
const VERBS: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PATCH: 'patch' }
type Json = Readonly<Record<string, unknown>>

/** What a request is about, as an API server tells it from the URI. */
function referred(path: string): { resource: string; group: string; name: string | undefined } {
  const [bare = ''] = path.split('?')
  const parts = bare.split('/').slice(1)
  const group = parts[0] === 'api' ? '' : (parts[1] ?? '')
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3)
  const [resource = '', name, subresource] =
    rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest
  return { resource: subresource === undefined ? resource : `${resource}/${subresource}`, group, name }
}

/** The record of a request under the project's audit policy; none where it leaves it out. */
function audited({ method, path, body }: Asked, uncovered: string): readonly Json[] {
  const { resource, group, name } = referred(path)
  const verb = VERBS[method] ?? ''
  const { rules } = auditPolicy()
  const level = auditLevel(rules, { user: USER, verb, resource, group })
  if (level === 'None' || resource === uncovered) return []
  const [kind, subresource] = resource.split('/')
  const now = new Date().toISOString()
  return [
    {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level,
      auditID: `probe-${path}`,
      stage: 'ResponseComplete',
      requestURI: path,
      verb,
      user: { username: USER },
      objectRef: { resource: kind, subresource, namespace: 'tallyman-probes', name, apiGroup: group },
      responseStatus: { code: 404, status: 'Failure' },
      ...(level !== 'Metadata' && body !== '' && { requestObject: JSON.parse(body) as Json }),
      requestReceivedTimestamp: now,
      stageTimestamp: now,
    },
  ]
}

let folder: string
let server: KubernetesServer
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyman-probes-'))
  server = await startKubernetesServer(folder)
  server.tokens.add('secret')
})
afterEach(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

it('an audit log that leaves a kind of requests out is told, with the line that its policy lacks', async () => {
  mkdirSync(join(folder, 'logs'))
  const log = join(folder, 'logs', 'audit.log')
  let uncovered = 'pods/exec'
  server.answer = (asked) => {
    if (asked.path.includes('selfsubjectreviews'))
      return { status: 201, json: { status: { userInfo: { username: USER } } } }
    if (asked.method === 'GET' && !asked.path.includes('tallyman-probe-')) return undefined
    for (const record of audited(asked, uncovered)) appendFileSync(log, `${JSON.stringify(record)}\n`)
    return statusOf(404, 'NotFound', 'not found')
  }
  const config = join(folder, 'tallyman.yaml')
  const { file } = server.kubeconfig(folder, 'secret')
  writeFileSync(
    config,
    `inputs:
  - { type: kubernetes, name: cluster, kubeconfig: ${file}, resources: [nodes], probes: { every: 2s, within: 8s } }
  - { type: file, name: logs, paths: [${join(folder, 'logs')}], sources: [kubernetes.audit] }
`,
  )
  const daemon = startDaemon(join(folder, 'data'), config)
  try {
    await daemon.url()
    const lacking = async (): Promise<readonly string[]> => {
      const { body } = await daemon.ask('/api/limits')
      const { items } = body as { items: readonly { kind: string; message: string }[] }
      return items.flatMap(({ kind, message }) =>
        kind === 'blind' && message.includes('its policy lacks') ? [message] : [],
      )
    }
    const [told] = await eventually(async () => {
      const found = await lacking()
      return found.length > 0 ? found : undefined
    }, PATIENCE)
    expect(told).toContain(
      'the audit log does not show get of pods/exec; its policy lacks - { level: Metadata',
    )
    expect(told).toContain('t1608.003-install-digital-certificate')
    expect(await lacking()).toHaveLength(1)
    const { body } = await daemon.ask('/api/findings')
    expect(JSON.stringify(body)).toContain('coverage-lost')
    expect((await daemon.ask('/api/alerts')).body).toMatchObject({ items: [] })
    uncovered = ''
    await eventually(async () => ((await lacking()).length === 0 ? true : undefined), PATIENCE)
  } finally {
    await daemon.kill('SIGKILL')
  }
  // every request names what nobody can guess, in the namespace of the probes or nowhere
  const probes = server.asked.filter(({ path }) => path.includes('tallyman-probe-'))
  expect(new Set(probes.map(({ path }) => /tallyman-probe-([0-9a-f]{32})/.exec(path)?.[1])).size).toBe(
    new Set(probes.map(({ path }) => path)).size,
  )
  for (const { path, method } of probes) if (method !== 'GET') expect(path).toContain('dryRun=All')
})

it('no probe would raise an alert, though nobody knew it for one', async () => {
  const { strategies } = await loadStrategies(resolve(import.meta.dirname, '../strategies'))
  const { ruleset } = compileRules(
    strategies.flatMap((strategy) => strategy.rules),
    { lists: new Map() },
  )
  // what only correlations and baselines look at raises no alert itself
  const signals = new Set(ruleset.rules.filter(({ signalOf }) => signalOf !== undefined).map(({ id }) => id))
  const fired: string[] = []
  let events = 0
  for (const probe of AUDIT_PROBES) {
    const { path, body = {} } = probe.request('tallyman-probe-x', 'tallyman-probes')
    for (const code of [200, 201, 403, 404]) {
      const [record = {}] = audited(
        { method: probe.method, path, body: JSON.stringify(body), accept: '', token: '' },
        '',
      )
      const answered = { ...record, responseStatus: { code }, ...(code < 300 && { responseObject: body }) }
      const bytes = Buffer.from(`${JSON.stringify(answered)}\n`)
      const decoder = createStreamDecoder([kubernetesAudit], 'log', undefined, () => 0)
      const { items } = decoder.push({ stream: 'log', offset: 0, bytes, end: true })
      const some = items.flatMap(({ decoded }) => decoded.events)
      events += some.length
      // only what is to be made can succeed, and as a dry run: nothing of the names is there
      if (probe.method !== 'POST' && code < 300) continue
      fired.push(
        ...some
          .flatMap((event) => ruleset.match(event))
          .filter(({ rule }) => !signals.has(rule.id))
          .map(({ rule }) => `${probe.id}: ${rule.title}`),
      )
    }
  }
  expect(events).toBeGreaterThanOrEqual(4 * AUDIT_PROBES.length)
  expect(fired).toEqual([])
})

it('the shipped policy covers every probe, and its line is one of a policy', () => {
  const { rules } = auditPolicy()
  for (const { id, verb, level, policy, request } of AUDIT_PROBES) {
    const { resource, group } = referred(request('n', 's').path)
    expect(resource).toBe(id)
    expect(auditLevel(rules, { user: USER, verb, resource, group })).toBe(level)
    const [line] = parseAllDocuments(policy).map((document) => document.toJS() as readonly Json[])
    expect(auditLevel(line as unknown as typeof rules, { user: USER, verb, resource, group })).toBe(level)
  }
})

it('the probes may ask for what they ask, in a namespace in which nothing can be made', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../sensors/kubernetes/probes.yaml'), 'utf8')
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Json)
  const role = documents.find(({ kind }) => kind === 'Role') as {
    rules: readonly { apiGroups: readonly string[]; resources: readonly string[]; verbs: readonly string[] }[]
  }
  const granted = role.rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((each) => verbs.map((verb) => `${group}/${each} ${verb}`)),
    ),
  )
  const asked = AUDIT_PROBES.filter(({ method }) => method !== 'GET').map(({ request, verb }) => {
    const { resource, group } = referred(request('n', 's').path)
    return `${group}/${resource} ${verb}`
  })
  expect(granted.filter((right) => !asked.includes(right))).toEqual([])
  // what would make something is asked for with the right to it, so that it is logged with what was asked for
  const made = AUDIT_PROBES.filter(({ method, id }) => method === 'POST' && id !== 'serviceaccounts/token')
  for (const { request, verb } of made) {
    const { resource, group } = referred(request('n', 's').path)
    expect(granted).toContain(`${group}/${resource} ${verb}`)
  }
  const quota = documents.find(({ kind }) => kind === 'ResourceQuota') as { spec: { hard: Json } }
  expect(Object.values(quota.spec.hard).every((bound) => bound === '0')).toBe(true)
})
